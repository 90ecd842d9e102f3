import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { type WebSocket, WebSocketServer } from "ws";
import type { Me } from "../../core/api/me.ts";
import type { SessionView } from "../../core/api/session.ts";
import type { RecordView } from "../../core/api/record.ts";
import { PROBLEMS, type ProblemCode } from "../../core/api/problem.ts";
import { openApi } from "../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import type { ResourceView } from "../../core/api/resource.ts";
import type { ApiTokenView } from "../../core/api/token.ts";
import { DASHBOARD } from "../../scripts/build-dashboard.ts";
import * as samples from "./dashboard-samples.ts";
import * as oversight from "./oversight-samples.ts";

/** The pages as the Worker's assets serve them, over a gateway that a test holds in its hand. */
export type Stub = {
  readonly url: string;
  /** Every request but those for files: "POST /api/reviews/…/approve {…}". */
  readonly asked: string[];
  reviews: samples.SeenReview[];
  /** Newest first; of the filters the stub knows the state alone. */
  sessions: readonly SessionView[];
  /** False: nobody is signed in. */
  signedIn: boolean;
  me: Me;
  /** Of every session. */
  records: RecordView[];
  /** Appends to them, and tells whoever watches a session. */
  record(...more: readonly RecordView[]): void;
  tokens: ApiTokenView[];
  resources: readonly ResourceView[];
  /** Answers the next request of that method and path with a problem, once. */
  refuseNext(request: string, code: ProblemCode): void;
  /** Tells every browser, as the review desk does. */
  tell(review: samples.SeenReview): void;
  /** True: a live line that is asked for gets no answer at all. */
  silent: boolean;
  /** Cuts every live line. */
  cut(): void;
  stop(): Promise<void>;
};

const PING = Buffer.from("ping");

type Answer = { readonly status: number; readonly json?: unknown };
type State = Pick<
  Stub,
  | "reviews"
  | "sessions"
  | "signedIn"
  | "silent"
  | "me"
  | "asked"
  | "records"
  | "tokens"
  | "resources"
>;

export async function startStub(): Promise<Stub> {
  const refusals = new Map<string, ProblemCode>();
  const state: State = {
    reviews: [...samples.REVIEWS],
    sessions: samples.SESSIONS,
    signedIn: true,
    silent: false,
    me: samples.ME,
    asked: [],
    records: [...samples.RECORDS],
    tokens: [...samples.TOKENS],
    resources: samples.RESOURCES,
  };
  const server = createServer((request, response) => void serve(request, response));
  const last = () => state.records.at(-1)?.seq ?? 0;
  const live = listening(() => ({ on: "hello" }));
  const watching = listening(() => ({ on: "hello", watch: "w1", last: last() }));
  const unanswered: Duplex[] = [];
  server.on("upgrade", (request, socket, head) => {
    if (state.silent) return void unanswered.push(socket);
    const of = request.url?.startsWith("/api/sessions/") === true ? watching : live;
    if (of === watching) state.asked.push(`WATCH ${request.url}`);
    of.handleUpgrade(request, socket, head, (opened) => of.emit("connection", opened));
  });
  const record = (...more: readonly RecordView[]) => {
    const before = last();
    state.records.push(...more.map((one, index) => ({ ...one, seq: before + index + 1 })));
    const isOver = more.some(({ kind }) => kind === "end");
    const told = isOver ? { on: "ended" } : { on: "more", last: last() };
    for (const socket of watching.clients) socket.send(JSON.stringify(told));
  };
  const tell = (review: samples.SeenReview) => {
    state.reviews = [...state.reviews.filter(({ id }) => id !== review.id), review];
    for (const socket of live.clients) socket.send(JSON.stringify({ on: "review", review }));
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!/^\/(api|auth)\//.test(url.pathname)) return sendFile(url.pathname, response);
    const body = await text(request);
    const line = `${request.method} ${url.pathname}`;
    state.asked.push(`${line}${url.search} ${body}`.trim());
    const refused = refusals.get(line);
    refusals.delete(line);
    const answer = refused === undefined ? answerTo(state, line, url, body) : problem(refused);
    if (answer.status === 200 && /(approve|reject)$/.test(line)) {
      tell(answer.json as samples.SeenReview);
    }
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.json === undefined ? "" : JSON.stringify(answer.json));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of [...live.clients, ...watching.clients]) socket.terminate();
      for (const socket of unanswered) socket.destroy();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(state, {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    refuseNext: (request: string, code: ProblemCode) => void refusals.set(request, code),
    cut: () => {
      for (const socket of [...live.clients, ...watching.clients]) socket.terminate();
    },
    record,
    tell,
    stop,
  });
}

/** A line that says that it is open, and answers pings. */
function listening(hello: () => object): WebSocketServer {
  const line = new WebSocketServer({ noServer: true });
  line.on("connection", (socket: WebSocket) => {
    socket.send(JSON.stringify(hello()));
    socket.on("message", (data: Buffer) => data.equals(PING) && socket.send("pong"));
  });
  return line;
}

const problem = (code: ProblemCode): Answer => ({
  status: PROBLEMS[code],
  json: {
    type: `urn:sluice:problem:${code}`,
    title: code,
    status: PROBLEMS[code],
    code,
    detail: code,
  },
});

function answerTo(state: State, line: string, url: URL, body: string): Answer {
  const json = (value: unknown): Answer => ({ status: 200, json: value });
  if (line === "POST /auth/refresh") return { status: state.signedIn ? 204 : 401 };
  if (line === "POST /auth/logout") {
    state.signedIn = false;
    return { status: 204 };
  }
  if (!state.signedIn) return problem("unauthenticated");
  const overseen = oversight.answerTo(line, url);
  if (overseen !== null) return json(overseen.json);
  const [, , resource, id = "", part] = url.pathname.split("/");
  switch (resource) {
    case "me":
      return json(state.me);
    case "resources":
      return json({ items: state.resources });
    case "reviews":
      return id === "" ? reviewPage(state, url) : oneReview(state, id, part, body);
    case "tokens":
      return tokensAnswer(state, line, id, body);
    case "openapi.json":
      return json(openApi({ routes: ROUTES, streams: STREAMS }, url.origin, "0"));
    case "sessions":
      return id === "" ? sessionPage(state, url) : oneSession(state, url, id, part);
    default:
      return problem("unknown");
  }
}

function reviewPage({ reviews }: State, url: URL): Answer {
  const wanted = url.searchParams.get("state");
  const after = url.searchParams.get("after");
  const limit = Number(url.searchParams.get("limit") ?? pageLength);
  const all = reviews
    .filter(({ state, id }) => (wanted === null || state === wanted) && (after ?? "~") > id)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const items = all.slice(0, limit);
  return { status: 200, json: { items, next: all.length > limit ? items.at(-1)?.id : null } };
}

function oneReview(state: State, id: string, verdict: string | undefined, body: string): Answer {
  const review = state.reviews.find((review) => review.id === id);
  if (review === undefined) return problem("unknown");
  if (verdict === undefined) return { status: 200, json: review };
  const at = new Date().toISOString();
  const { comment = null } = JSON.parse(body) as { comment?: string };
  const vote = { by: "Rui", verdict, comment, at } as samples.SeenReview["votes"][number];
  const votes = [...review.votes, vote];
  const isDone = verdict === "reject" || votes.length >= review.approvalsNeeded;
  const settled = { state: verdict === "reject" ? "rejected" : "approved", settledAt: at } as const;
  return { status: 200, json: { ...review, votes, mayVote: false, ...(isDone && settled) } };
}

function tokensAnswer(state: State, line: string, id: string, body: string): Answer {
  if (line.startsWith("GET")) return { status: 200, json: { items: state.tokens, next: null } };
  const now = new Date().toISOString();
  if (id === "") {
    const { name, scopes } = JSON.parse(body) as Pick<ApiTokenView, "name" | "scopes">;
    const made = samples.aToken(9, { name, scopes, lastUsedAt: null, createdAt: now });
    state.tokens = [made, ...state.tokens];
    return { status: 201, json: { ...made, token: `${made.id}${"0v".repeat(29)}0` } };
  }
  const before = state.tokens.find((token) => token.id === id);
  if (before === undefined) return problem("unknown");
  const after = { ...before, revokedAt: now };
  state.tokens = state.tokens.map((token) => (token.id === id ? after : token));
  return { status: 200, json: after };
}

const pageLength = 50;

function sessionPage({ sessions }: State, url: URL): Answer {
  const state = url.searchParams.get("state");
  const after = Number(url.searchParams.get("after") ?? 0);
  const all = sessions.filter((session) => state === null || session.state === state);
  const next = after + pageLength < all.length ? String(after + pageLength) : null;
  return { status: 200, json: { items: all.slice(after, after + pageLength), next } };
}

function recordPage({ records }: State, url: URL): Answer {
  const from = Number(url.searchParams.get("from"));
  const limit = Number(url.searchParams.get("limit"));
  const items = records.filter(({ seq }) => seq >= from).slice(0, limit);
  const last = items.at(-1);
  const next = last === undefined || last.kind === "end" ? null : last.seq + 1;
  return { status: 200, json: { items, next } };
}

function oneSession(state: State, url: URL, id: string, part: string | undefined): Answer {
  const session = state.sessions.find((session) => session.id === id);
  if (session === undefined) return problem("unknown");
  if (part === "records") return recordPage(state, url);
  if (part !== "kill") return { status: 200, json: session };
  const at = new Date().toISOString();
  const ended = { state: "ended", endedAt: at, endCode: "killed", endMessage: "Rui ended it." };
  return { status: 200, json: { ...session, ...ended } };
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** With the headers of `_headers`, and where `_redirects` leads to it, the page itself. */
function sendFile(path: string, response: ServerResponse): void {
  const lines = readFileSync(join(DASHBOARD, "_redirects"), "utf8").trim().split("\n");
  const leads = lines.some((line) => {
    const [from = ""] = line.split(" ");
    return from.endsWith("/*") ? path.startsWith(from.slice(0, -1)) : path === from;
  });
  const file = join(DASHBOARD, path === "/" || leads ? "index.html" : path);
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { ...pageHeaders(), "content-type": TYPES[extname(file)] ?? "" });
  response.end(readFileSync(file));
}

/** HSTS aside, for a stub speaks plain HTTP. */
function pageHeaders(): Record<string, string> {
  const [all = ""] = readFileSync(join(DASHBOARD, "_headers"), "utf8").split(/\n(?=\/)/);
  const named = [...all.matchAll(/^ {2}([\w-]+): (.*)$/gm)].map(([, name = "", value = ""]) => [
    name.toLowerCase(),
    value,
  ]);
  const { "strict-transport-security": _, ...headers } = Object.fromEntries(named) as Record<
    string,
    string
  >;
  return headers;
}
