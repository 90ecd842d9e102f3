import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import type { Catalog } from "../../core/catalog.ts";
import type { TokenAnswer } from "../../core/api/oauth.ts";
import {
  accessEndsAt,
  type Ballot,
  openReview,
  type Question,
  type Review,
  vote,
  type Voter,
  withdraw,
} from "../../core/review/review.ts";
import type { SessionSpec } from "../../core/session.ts";
import { judging, type Scene } from "../../core/rehearsal/judged.ts";
import type { Answers, Why } from "../../durable-objects/catalog.ts";
import { nodeCrypto } from "../../durable-objects/crypto.ts";
import type { Arrival } from "../../store/health.ts";
import { newId } from "../../store/ids.ts";
import { app } from "../../worker/app.ts";
import type { Notice } from "../../worker/sessions.ts";
import { loadGrammar } from "../support/grammar.ts";
import { mustConform } from "./conformance.ts";
import { memoryD1 } from "./d1.ts";
import { FakeIssuer, ISSUER } from "./issuer.ts";

export const PUBLIC_URL = "https://gate.test";
export const key = (letter: string): string => Buffer.alloc(32, letter).toString("base64");

/** The real app over D1's tables, with an issuer and objects that write down what they are told. */
export class Gateway {
  readonly issuer = new FakeIssuer();
  readonly prepared: SessionSpec[] = [];
  readonly notices: { session: string; notice: Notice }[] = [];
  /** Recordings: what R2 holds, and what is still in the object. */
  readonly store = new Map<string, { body: Uint8Array; arrayBuffer(): Promise<ArrayBuffer> }>();
  readonly unshipped: Uint8Array[] = [];
  unshippedFrom = 1;
  /** A watch that is open, and the reading that it was opened for. */
  watch: { readonly id: string; readonly principal: string; readonly from: number } | null = null;
  /** What a session's object answers to who wants to watch; null: it opens the watch. */
  refusesWatch: number | null = null;
  readonly desk = new FakeDesk();
  readonly catalogs = new FakeCatalogs();
  readonly consoles = new FakeConsoles();
  readonly env: Env;
  readonly #later: Promise<unknown>[] = [];

  private constructor(db: D1Database) {
    vi.stubGlobal("fetch", this.issuer.fetch);
    this.env = {
      DB: db,
      DESK: { idFromName: (name: string) => name, get: () => this.desk },
      RECORDINGS: { get: async (key: string) => this.store.get(key) ?? null },
      CONSOLES: { idFromName: (name: string) => name, get: this.consoles.get },
      CALLERS: { idFromName: (name: string) => name, get: () => new FakeCaller() },
      CATALOGS: { idFromName: (name: string) => name, get: () => this.catalogs },
      SESSIONS: { idFromName: (name: string) => name, get: (id: string) => this.#session(id) },
      PUBLIC_URL,
      OIDC_ISSUER: ISSUER,
      OIDC_CLIENT_ID: "sluice",
      OIDC_CLIENT_SECRET: "client secret",
      OIDC_GROUPS_CLAIM: "groups",
      ADMIN_GROUPS: "admins",
      SIGNING_KEYS: `s1:${key("s")}`,
      SEALING_KEYS: `e1:${key("e")}`,
    } as unknown as Env;
  }

  static async start(): Promise<Gateway> {
    const db = memoryD1();
    for (const statement of migrations()) await db.prepare(statement).run();
    return new Gateway(db);
  }

  /** What went on after an answer. */
  async settled(): Promise<void> {
    await Promise.all(this.#later.splice(0));
  }

  async stop(): Promise<void> {
    for (const answer of this.issuer.waiting) answer();
    await this.settled();
    vi.unstubAllGlobals();
  }

  /** Every answer of every test is as the API's description says. */
  async request(path: string, init?: RequestInit): Promise<Response> {
    const url = path.startsWith("https:") ? path : `${PUBLIC_URL}${path}`;
    const context = { waitUntil: (work: Promise<unknown>) => void this.#later.push(work) };
    const answer = await app.request(url, init, this.env, context as ExecutionContext);
    await mustConform(init?.method ?? "GET", url, answer);
    return answer;
  }

  post(path: string, fields: Record<string, string>, headers = {}): Promise<Response> {
    return this.request(path, { method: "POST", body: new URLSearchParams(fields), headers });
  }

  get(path: string, token: string): Promise<Response> {
    return this.request(path, { headers: { authorization: `Bearer ${token}` } });
  }

  apply(source: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
    const known = "cookie" in headers ? {} : { authorization: `Bearer ${token}` };
    const all = { ...known, "content-type": "application/yaml", ...headers };
    return this.request("/api/policy", { method: "PUT", body: source, headers: all });
  }

  putSecret(name: string, value: string, token: string): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ value });
    return this.request(`/api/secrets/${name}`, { method: "PUT", body, headers });
  }

  send(
    method: string,
    path: string,
    token: string | null,
    json?: unknown,
    by: "header" | "cookie" = "header",
  ): Promise<Response> {
    const own = { cookie: `__Host-sluice=${token}`, origin: PUBLIC_URL };
    const known = by === "cookie" ? own : { authorization: `Bearer ${token}` };
    const headers = new Headers(token === null ? {} : known);
    if (json === undefined) return this.request(path, { method, headers });
    headers.set("content-type", "application/json");
    return this.request(path, { method, headers, body: JSON.stringify(json) });
  }

  /** A service's token of the issuer, exchanged. */
  async service(name: string, groups: readonly string[]): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const claims = { iss: ISSUER, aud: PUBLIC_URL, sub: name, client_id: name, groups, exp };
    const answer = await this.post("/oauth/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: await this.issuer.sign({ ...claims, groups: [...groups] }),
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    });
    return (await answer.json<TokenAnswer>()).access_token;
  }

  /** The whole walk of `sluice login`. */
  async signIn(person: string): Promise<TokenAnswer> {
    const { code, verifier } = await this.codeFor(person);
    const answer = await this.redeem(code, verifier);
    if (!answer.ok) throw new Error(`sign-in failed: ${await answer.text()}`);
    return (await answer.json()) as TokenAnswer;
  }

  /** Up to the code that the loopback address receives. */
  async codeFor(person: string): Promise<{ code: string; verifier: string; back: URL }> {
    const verifier = "v".repeat(64);
    const begun = await this.request(authorizePath({ code_challenge: s256(verifier) }));
    const callback = this.issuer.signIn(new URL(begun.headers.get("location") ?? ""), person);
    const done = await this.request(callback.href, { headers: { cookie: cookieOf(begun) } });
    const back = new URL(done.headers.get("location") ?? "");
    return { code: back.searchParams.get("code") ?? "", verifier, back };
  }

  redeem(code: string, verifier: string, more: Record<string, string> = {}): Promise<Response> {
    const grant = { grant_type: "authorization_code", client_id: "sluice-cli" };
    const fields = { ...grant, code, code_verifier: verifier, redirect_uri: REDIRECT, ...more };
    return this.post("/oauth/token", fields);
  }

  refresh(refreshToken: string | undefined): Promise<Response> {
    const grant = { grant_type: "refresh_token", client_id: "sluice-cli" };
    return this.post("/oauth/token", { ...grant, refresh_token: refreshToken ?? "" });
  }

  #session(id: string) {
    return {
      prepare: async (spec: SessionSpec) => void this.prepared.push(spec),
      notify: async (notice: Notice) => void this.notices.push({ session: id, notice }),
      records: async (from: number) => ({
        first: Math.max(from, this.unshippedFrom),
        records: this.unshipped.slice(Math.max(from - this.unshippedFrom, 0)),
      }),
      watches: async (watch: string, { principal, from }: { principal: string; from: number }) =>
        this.watch?.id === watch && this.watch.principal === principal && this.watch.from <= from,
      fetch: async (request: Request) =>
        this.refusesWatch !== null
          ? new Response(null, { status: this.refusesWatch })
          : Response.json({ session: id, headers: Object.fromEntries(request.headers) }),
    };
  }
}

/** Opens nothing: it says whose object was asked, and for which session. */
class FakeConsoles {
  readonly prepared: SessionSpec[] = [];

  readonly get = (person: string) => ({
    prepare: async (spec: SessionSpec) => void this.prepared.push(spec),
    fetch: async ({ url }: Request) => Response.json({ person, url }),
  });
}

/** Nobody else is ever asking. */
class FakeCaller {
  async turn(): Promise<void> {}
  async leave(): Promise<void> {}
}

/** Reads no target: it answers what a test gives it, and null is a target that does not answer. */
class FakeCatalogs {
  answer: object | null = EMPTY;
  readonly asked: { spec: SessionSpec; why: Why; known: string | null }[] = [];

  async catalog(spec: SessionSpec, why: Why, known: string | null): Promise<string> {
    this.asked.push({ spec, why, known });
    if (this.answer === null) throw new Error("connect ECONNREFUSED 10.0.0.5:5432");
    return JSON.stringify(this.answer);
  }

  /** By core's own code, as the object does it. */
  async judge(spec: SessionSpec | null, scenes: readonly Scene[]): Promise<Answers> {
    const grammar = await loadGrammar();
    const catalog = spec === null ? null : (this.answer as Catalog | null);
    const answers = scenes.map((scene) =>
      scene.asked.map(judging(scene, catalog, grammar, nodeCrypto)),
    );
    return { answers, known: catalog !== null };
  }

  async check(spec: SessionSpec): Promise<Arrival> {
    this.asked.push({ spec, why: "changed", known: null });
    const at = Date.now();
    if (this.answer !== null) return { is: "reached", at, dialMs: 3, loginMs: 12 };
    return { is: "failed", at, why: "10.0.0.5:5432 refused the connection." };
  }
}

const EMPTY: Catalog = {
  version: "v1",
  relations: [],
  pureFunctions: [],
  userOperators: [],
  userTypes: [],
  systemColumns: {},
  searchPath: ["public"],
};

/** The desk's table without its object: who may vote is core's own code. */
export class FakeDesk {
  readonly reviews = new Map<string, Review>();

  list = async (filter: { state: string | null; limit: number; after: string | null }) =>
    [...this.reviews.values()]
      .filter((review) => filter.state === null || review.state === filter.state)
      .filter((review) => filter.after === null || review.id < filter.after)
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, filter.limit);

  get = async (id: string) => this.reviews.get(id) ?? null;

  vote = async (id: string, voter: Voter, ballot: Ballot) => {
    const review = this.reviews.get(id);
    if (review === undefined) return null;
    const outcome = vote(review, voter, ballot, Date.now());
    if (outcome.is === "review") this.reviews.set(id, outcome.review);
    return outcome;
  };

  ask = async (question: Question) => {
    const review = openReview(newId("rev"), question);
    this.reviews.set(review.id, review);
    return { is: "asked", review } as const;
  };

  withdraw = async (id: string) => {
    const review = this.reviews.get(id);
    if (review === undefined) return null;
    const after = withdraw(review, Date.now());
    this.reviews.set(id, after);
    return after;
  };

  granted = async (principal: string) =>
    [...this.reviews.values()].flatMap((review) => {
      const endsAt = accessEndsAt(review);
      if (review.access === null || endsAt === null || review.principal.id !== principal) return [];
      return [{ resource: review.resource, grant: review.access.grant, endsAt }];
    });

  slowest = async (from: number, to: number, limit: number) =>
    [...this.reviews.values()]
      .filter(({ askedAt, settledAt }) => askedAt >= from && askedAt < to && settledAt !== null)
      .slice(0, limit);

  /** An inbox would be opened for whom the worker says. */
  fetch = async (request: Request) => Response.json(request.headers.get("sluice-viewer"));
}

export const REDIRECT = "http://127.0.0.1:49152/callback";

export function authorizePath(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "sluice-cli",
    redirect_uri: REDIRECT,
    state: "state-of-the-cli",
    code_challenge: s256("v".repeat(64)),
    code_challenge_method: "S256",
    ...more,
  });
  return `/oauth/authorize?${query.toString()}`;
}

export const s256 = (verifier: string): string =>
  createHash("sha256").update(verifier).digest("base64url");

/** What the browser sends back of what it was given. */
export const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

function migrations(): string[] {
  const folder = join(import.meta.dirname, "../../migrations");
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), "utf8"));
  return texts.flatMap((text) => text.split("--> statement-breakpoint"));
}
