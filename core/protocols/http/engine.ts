import {
  bodyIs,
  type Command,
  type CommandId,
  type HttpFacts,
  type Operation,
} from "../../command.ts";
import type {
  Answer,
  Authored,
  ExchangeEngine,
  Headers,
  Outgoing,
  OwnHost,
  Refusal,
  RequestHead,
  ResponseHead,
  SocketEngine,
} from "../../exchange.ts";
import { CODINGS } from "../../exchange.ts";
import type { Masker } from "../../masker.ts";
import type { HttpResource } from "../../session.ts";
import { type Body, readBody } from "./body.ts";
import { cookiesForService } from "./cookies.ts";
import { isUpgrade, readAccept, readUpgrade } from "./handshake.ts";
import { type Api, compileApi } from "./openapi.ts";
import { fromOwnPage } from "./own-page.ts";
import { refusalOf } from "./refusal.ts";
import { overridesMethod, readHeaders } from "./request-headers.ts";
import { answerOf } from "./response.ts";
import type { Matches } from "./schema-reading.ts";
import { noting, type Rules, sentBody, sentSearch } from "./sent.ts";
import { exactlyShown, shownBody, shownTarget } from "./shown.ts";
import { HttpSocket } from "./socket.ts";
import { OVERRIDDEN, unwatchable } from "./streamed-form.ts";
import { pathsOf, readTarget, type Target, type TargetForm } from "./target.ts";

const OPERATION: Readonly<Record<string, Operation>> = {
  GET: "get",
  HEAD: "head",
  OPTIONS: "options",
  POST: "post",
  PUT: "put",
  PATCH: "patch",
  DELETE: "delete",
};

/** They ask for a part, or whether what is there is the same: bytes that masks have changed. */
const OF_THE_VALUE = new Set(["range", "if-range", "if-match", "if-none-match"]);

type Described = ReturnType<ExchangeEngine["describe"]>;

/** HTTP semantics (RFC 9110). The versions and their framing are the platform's. */
export class HttpEngine implements ExchangeEngine {
  readonly #resource: HttpResource;
  #masker: Masker;
  /** What was asked for where a WebSocket was. */
  readonly #upgrades = new WeakMap<Outgoing, Command>();
  readonly #api: Api | null;

  /** `matches`: the patterns of the service's OpenAPI document. */
  constructor(resource: HttpResource, masker: Masker, matches: Matches) {
    this.#resource = resource;
    this.#masker = masker;
    const api = resource.openapi === null ? null : compileApi(resource.openapi, matches);
    this.#api = api !== null && "wrong" in api ? null : api;
  }

  adopt(masker: Masker): void {
    this.#masker = masker;
  }

  describe(id: CommandId, head: RequestHead, body: Uint8Array | null): Described {
    if (head.method === "TRACE") return refuse("bad_request", TRACED);
    const forms = this.#resource.forms as readonly TargetForm[];
    const { url, origins } = this.#resource;
    const met = new Set<string>();
    const rules = this.#masker.sent === null ? null : noting(this.#masker.sent, met);
    const { ownHost = null } = head;
    const own = fromOwnPage(head.headers, ownHost, url, rules);
    const headers = readHeaders(head.headers, own);
    if ("wrong" in headers) return refuse("bad_request", headers.wrong);
    const pages = ownHost === null ? origins : [...origins, ownHost.origin];
    const upgrade = readUpgrade(head.method, head.headers, body?.length !== 0, pages);
    if ("refuse" in upgrade) return upgrade;
    const { [TYPE]: type = null, "content-encoding": coding = null } = headers.facts;
    const asked = readTarget(head.target, forms);
    if ("wrong" in asked) return refuse("bad_request", asked.wrong);
    const target = readTarget(`${asked.path}${sentSearch(asked.search, rules)}`, forms);
    if ("wrong" in target) return refuse("bad_request", target.wrong);
    if (body === null && rules !== null) {
      return refuse("too_large", "A body of this size cannot be masked on its way.");
    }
    const unread = body === null ? unwatchable({ ...head, headers: headers.forward }) : null;
    if (unread !== null) return refuse(CODE[unread.status], unread.wrong);
    const sent = body === null ? null : sentBody(type, body, rules, this.#resource.unreadable);
    if (sent !== null && "wrong" in sent) return refuse("unsupported", sent.wrong);
    const read = sent === null ? STREAMS : readBody(type, coding, sent.body);
    if ("wrong" in read) return refuse(CODE[read.status], read.wrong);
    if (overridesMethod(target.query, read.value)) return refuse("bad_request", OVERRIDDEN);
    const forward = [...headers.forward, ...upgrade.forward];
    const outgoing = this.#outgoing(head, forward, target, sent?.body ?? null, rules);
    const described = this.#operation(head.method, target, type, read);
    const facts = { ...factsOf(head.method, target, headers, read), ...described.facts };
    const command = this.#command(id, outgoing, target, facts, described.misfit);
    if (isUpgrade(outgoing)) this.#upgrades.set(outgoing, command);
    return { command, outgoing, masked: [...new Set([...met, ...(sent?.rules ?? [])])] };
  }

  /** What the service's own document says of it. */
  #operation(method: string, { path, query }: Target, contentType: string | null, body: Body) {
    const operation = this.#api?.operation(method, path) ?? null;
    const paths = pathsOf(path).map((one) => ({ path: one }));
    if (operation === null) {
      const others = this.#api?.mayBe(method, path) ?? [];
      const otherwise = [...paths, ...others.map((id) => ({ operation: id }))];
      return { facts: { operation: "", conforms: false, otherwise }, misfit: null };
    }
    const misfit = this.#api?.conforms(operation, { query, contentType, body }) ?? null;
    const facts = { operation: operation.id, conforms: misfit === null, otherwise: paths };
    return { facts, misfit };
  }

  #outgoing(
    { method, headers: given, ownHost = null }: RequestHead,
    forward: Headers,
    { path, search }: Target,
    body: Uint8Array | null,
    rules: Rules | null,
  ): Outgoing {
    const accepted = given.find(([name]) => name === "accept-encoding")?.[1] ?? "";
    const kept = forward
      .filter(([name]) => this.#masker.idle || !OF_THE_VALUE.has(name))
      .map(([name, value]) => [name, rules?.header(name, value).text ?? value] as const);
    const headers: Headers = [...kept, ["accept-encoding", this.#codings(accepted)]];
    const cookie = ownHost === null ? null : this.#cookie(given, path, ownHost, rules);
    return { method, path, search, headers, body, ownHost, cookie };
  }

  #cookie(given: Headers, path: string, { secure }: OwnHost, rules: Rules | null): string | null {
    const came = given.find(([name]) => name === "cookie")?.[1] ?? "";
    const cookie = cookiesForService(came, path, secure);
    return cookie === null ? null : (rules?.header("cookie", cookie).text ?? cookie);
  }

  /** Of those that the client takes, the ones that can be taken off again. */
  #codings(accepted: string): string {
    if (this.#masker.idle) return accepted === "" ? "identity" : accepted;
    const taken = accepted
      .split(",")
      .map((one) => one.trim().toLowerCase())
      .filter((one) => !/;\s*q=0(?:\.0*)?$/.test(one))
      .map((one) => one.split(";", 1)[0]);
    const known = CODINGS.filter((coding) => taken.includes(coding) || taken.includes("*"));
    return known.length === 0 ? "identity" : known.join(", ");
  }

  #command(
    id: CommandId,
    outgoing: Outgoing,
    target: Target,
    http: HttpFacts,
    misfit: string | null,
  ): Command {
    const { method, body } = outgoing;
    const websocket = isUpgrade(outgoing);
    const operation = websocket ? "websocket" : (OPERATION[method] ?? "unknown");
    const masker = this.#masker;
    const type = http.headers[TYPE] ?? null;
    const said = shownBody(type, body, masker);
    return {
      id,
      protocol: "http",
      text: textOf(outgoing),
      shown: `${method} ${shownTarget(target, masker)}${said}`,
      parameters: body === null || body.length === 0 ? [] : [{ type: 0, format: 1, value: body }],
      clearParameters: [],
      operations: [operation],
      objects: [shownTarget({ ...target, query: [] }, masker)],
      columns: [],
      functions: [],
      unbounded: false,
      overwrites: null,
      risks: misfit === null ? [] : [misfit],
      questions: 0,
      changesNothing: false,
      holdsLocks: false,
      searchPath: null,
      http: { ...http, websocket },
      ...(!websocket && {
        shows: exactlyShown(target, { type, body, value: http.body }, said, masker),
      }),
    };
  }

  refusal(refusal: Refusal, publicUrl: string): Authored {
    return refusalOf(refusal, publicUrl);
  }

  response(outgoing: Outgoing, head: ResponseHead): Answer | { readonly refuse: Refusal } {
    return answerOf(outgoing, head, this.#masker, this.#resource);
  }

  socket(outgoing: Outgoing, head: ResponseHead): SocketEngine | { readonly wrong: string } {
    const accepted = readAccept(outgoing, head);
    if ("wrong" in accepted) return accepted;
    const opening = this.#upgrades.get(outgoing) as Command;
    return new HttpSocket(accepted.head, opening, this.#resource, () => this.#masker);
  }
}

const TYPE = "content-type";

/** It sends back what it came with, and so the service's credential. */
const TRACED = "TRACE is not served.";

const STREAMS: Body = { kind: "other", value: null, repeated: [] };

const CODE = { 400: "bad_request", 415: "unsupported" } as const;

const refuse = (code: Refusal["code"], message: string): Described => ({
  refuse: { code, message, review: null },
});

/** What leaves, but for body, credential and cookies: an approval is bound to it. */
const textOf = ({ method, path, search, headers }: Outgoing): string =>
  [`${method} ${path}${search}`, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\n");

function factsOf(
  method: string,
  { path, query }: Target,
  headers: Exclude<ReturnType<typeof readHeaders>, { wrong: string }>,
  body: Body,
): Omit<HttpFacts, "operation" | "conforms" | "otherwise"> {
  const values = new Map<string, string[]>();
  for (const [name, value] of query) values.set(name, [...(values.get(name) ?? []), value]);
  const several = [...values].filter(([, each]) => each.length > 1).map(([name]) => name);
  return {
    method,
    path,
    query: Object.fromEntries(
      [...values].map(([name, each]) => [name, each.length > 1 ? each : (each[0] as string)]),
    ),
    headers: headers.facts,
    body: body.value,
    bodyIs: body.kind === "none" ? "none" : bodyIs(body.value),
    repeated: [
      ...several.map((name) => `query.${name}`),
      ...headers.repeated.map((name) => `headers.${name}`),
      ...body.repeated.map((name) => `body.${name}`),
    ],
  };
}
