import { type Context, Hono } from "hono";
import { PROBLEMS } from "../core/api/problem.ts";
import { concat, EMPTY } from "../core/bytes.ts";
import { exchangesIdleSeconds, requestBytesMax } from "../core/limits.ts";
import { strangeBody } from "../core/protocols/http/body.ts";
import { readPrefer } from "../core/protocols/http/prefer.ts";
import { refusalOf } from "../core/protocols/http/refusal.ts";
import type { ExchangeSpec } from "../core/session.ts";
import { hashSecret } from "../store/hash.ts";
import { database } from "../store/db.ts";
import { callerStub } from "./caller.ts";
import type { App } from "./context.ts";
import { allow, listedOrigin, preflight } from "./cors.ts";
import { settingsOf } from "./env.ts";
import { failure } from "./failure.ts";
import { hostOf, isOnHost } from "./hosts.ts";
import {
  arrive,
  isArrival,
  isReserved,
  isVisit,
  leave,
  requireOwnRequest,
} from "./identity/host-sign-in.ts";
import { hostTokenOf, identityOnHost } from "./identity/host-token.ts";
import { requireHttpScope } from "./http-scope.ts";
import { identify } from "./identity/signed-in.ts";
import { requireExchanges, said, specFor, writeOpening } from "./opening.ts";
import { Refused } from "./problem.ts";
import { results } from "./results.ts";
import { sessionStub } from "./sessions.ts";

/*
 * Requests to services: `/http/NAME/…` with a bearer token, where no cookie is ever looked at and
 * what a service answers has no part in the origin of our own pages; and hosts that are one
 * service's alone (hosts.ts), where a browser's cookie of that host is good too.
 */

const HEADERS = Object.entries({
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
});

const BELOW_PREFIX = [
  ...HEADERS,
  ["content-security-policy", "sandbox"],
  ["referrer-policy", "no-referrer"],
] as const;

const PREFIX = "/http/";

/** Whether a request is for a service. */
export const isExchange = ({ url }: Request, env: Env): boolean =>
  isOnHost(url, env) || targetOf(url).startsWith(PREFIX);

/** As it was sent, from the first slash on. The URL parser has no say in it. */
function targetOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("://") + 3);
  return at < 0 ? "/" : url.slice(at);
}

export const exchanges = new Hono<App>();

exchanges.use(async (c, next) => {
  c.set("settings", settingsOf(c.env));
  c.set("db", database(c.env));
  c.set("now", Date.now());
  await next();
  const { status, body, webSocket } = c.res;
  const headers = new Headers(c.res.headers);
  const { host = null, listed = null, renewed } = c.var as Partial<App["Variables"]>;
  const set = host === null ? BELOW_PREFIX : HEADERS;
  for (const [name, value] of set) headers.set(name, value);
  // Never `no-referrer` of ours: forms of the service's own pages would lose their origin.
  if (!headers.has("referrer-policy")) headers.set("referrer-policy", "same-origin");
  if (c.req.header("origin") !== undefined) allow(headers, listed);
  if (renewed !== undefined) headers.append("set-cookie", renewed);
  c.res = undefined;
  c.res =
    status !== 101
      ? new Response(body, { status, headers, encodeBody: "manual" })
      : new Response(null, { status, headers, webSocket });
});

exchanges.onError((error, c) =>
  error instanceof TooMany ? error.answer(c.var.settings.publicUrl) : failure(error, c),
);

exchanges.route("/", results);

exchanges.all("*", async (c) => {
  const { name, target } = placeOf(c);
  const { host } = c.var;
  const own = host !== null && c.req.header("origin") === host.origin;
  if (!own) c.set("listed", await listedOrigin(c, name));
  const asked = c.var.listed === undefined || c.var.listed === null ? null : preflight(c);
  if (asked !== null) return asked;
  if (host === null) return passed(c, name, target);
  if (isArrival(target) && c.req.method === "GET") return arrive(c, host);
  if (isReserved(target)) throw new Refused("unknown", "There is nothing under this address.");
  try {
    return await passed(c, name, target);
  } catch (error) {
    if (error instanceof Refused && mustSignIn(c, error)) return leave(c, host, target);
    throw error;
  }
});

/** The resource, and the target from its root on. */
function placeOf(c: Context<App>): { readonly name: string; readonly target: string } {
  const { url } = c.req.raw;
  const whole = targetOf(url);
  if (isOnHost(url, c.env)) {
    const host = hostOf(url, c.var.settings);
    c.set("host", host);
    return { name: host.name, target: whole };
  }
  c.set("host", null);
  const [, name = "", rest = ""] = /^\/http\/([^/?]*)(.*)$/s.exec(whole) ?? [];
  return { name, target: rest.startsWith("/") ? rest : `/${rest}` };
}

/** Somebody opens a page whose sign-in here is over, or has yet to begin. */
const mustSignIn = (c: Context<App>, { code }: Refused): boolean =>
  PROBLEMS[code] === 401 && c.req.header("authorization") === undefined && isVisit(c);

async function passed(c: Context<App>, name: string, target: string): Promise<Response> {
  const way = await wayTo(c, name);
  const body = await heldBody(c.req.raw);
  const answer = await ask(c, way, target, body);
  if (answer !== null) return answer;
  await forget(c, way);
  const again = await ask(c, await wayTo(c, name), target, body);
  if (again === null)
    throw new Refused("internal", "No session could be opened; nothing was let through.");
  return again;
}

/** A request's body as far as it is held; `rest` streams behind it. */
type Body = { readonly bytes: Uint8Array | null; readonly rest: ReadableStream | null };

/**
 * Read once, and after the caller is known: a session that is over can be followed by another.
 * Throws Refused where the body does not come as its framing says, or cannot be handed on.
 */
async function heldBody({ method, headers, body }: Request): Promise<Body> {
  if (body === null) return { bytes: null, rest: null };
  const value = await firstOf(body, Number(headers.get("content-length") ?? unknownBytes));
  const strange = strangeBody(method, value.length);
  if (strange !== null) throw new Refused("bad_request", strange);
  if (value.length > requestBytesMax) return { bytes: value, rest: body };
  return { bytes: value.length === 0 ? null : value, rest: null };
}

/** Room for a body that does not say how long it is; it doubles. */
const unknownBytes = 8 * 1024;

/** As much as is held, and a byte more if there is one. `told`: as long as it is said to be. */
async function firstOf(body: ReadableStream, told: number): Promise<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let room = Math.min(told, requestBytesMax) + 1; room > 0;) {
    const { value = EMPTY } = await reader.readAtLeast(room, new Uint8Array(room)).catch(() => {
      throw new Refused("bad_request", "The request's body broke off, or is badly framed.");
    });
    pieces.push(value);
    length += value.length;
    room = value.length < room ? 0 : Math.min(length, requestBytesMax + 1 - length);
  }
  reader.releaseLock();
  return concat(pieces);
}

/** A session, and the key under which its like are found. */
type Way = { readonly session: string; readonly key: string; readonly caller: string };
type Known = Way & { readonly until: number };

/**
 * What this isolate knows of tokens that it has let in: a session that is ended, for whatever
 * reason, answers so by itself, and then everything is asked again.
 */
const known = new Map<string, Known>();
const knownMax = 10_000;

const askedBy = (c: Context<App>, name: string, cookie: string | undefined): string =>
  [c.req.header("authorization"), said(c, "sluice-reason"), said(c, "sluice-ticket"), name, cookie]
    .map((part) => part ?? "")
    .join("\n");

async function wayTo(c: Context<App>, name: string): Promise<Way> {
  const { host } = c.var;
  const byCookie = host !== null && c.req.header("authorization") === undefined;
  const cookie = byCookie ? hostTokenOf(c, host) : undefined;
  if (byCookie && cookie !== undefined) requireOwnRequest(c, host);
  const asked = askedBy(c, name, cookie);
  const before = known.get(asked);
  if (before !== undefined && before.until > c.var.now) return before;
  const { identity, until } = byCookie
    ? await identityOnHost(c, host, cookie)
    : await identify(c).then((one) => ({ identity: one, until: one.expiresAt }));
  c.set("identity", identity);
  requireHttpScope(c);
  const spec = requireExchanges(await specFor(c, name));
  const way = await joined(c, spec);
  if (known.size >= knownMax) known.delete(known.keys().next().value ?? "");
  const idle = c.var.now + (exchangesIdleSeconds * 1000) / 2;
  known.set(asked, { ...way, until: Math.min(until, idle) });
  return way;
}

/** In the words of a service's own budgets. */
class TooMany extends Error {
  readonly #retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  answer(publicUrl: string): Response {
    const retryAfterSeconds = this.#retryAfterSeconds;
    const refusal = { code: "too_many", message: this.message, review: null } as const;
    const { status, headers, body } = refusalOf({ ...refusal, retryAfterSeconds }, publicUrl);
    return new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) });
  }
}

/** The session that others of this token on this resource are in, or a new one. */
async function joined(c: Context<App>, spec: ExchangeSpec): Promise<Way> {
  const { token, signIn, principal } = c.var.identity;
  const of = [token?.id ?? signIn, spec.resource.name, spec.reason ?? "", spec.ticket ?? ""];
  const key = await hashSecret(of.join("\n"));
  const caller = callerStub(c.env, principal.id);
  const found = await caller.join(key, spec.id);
  if ("budget" in found) throw new TooMany(found.budget.message, found.retryAfterSeconds);
  const { session, mine } = found;
  if (mine) {
    try {
      await writeOpening(c, spec);
      await sessionStub(c.env, spec.id).prepare(spec);
      await caller.ready(key, session);
    } catch (error) {
      await caller.leave(key, session);
      throw error;
    }
  }
  return { session, key, caller: principal.id };
}

async function forget(c: Context<App>, { session, key, caller }: Way): Promise<void> {
  for (const [asked, way] of known) if (way.session === session) known.delete(asked);
  await callerStub(c.env, caller).leave(key, session);
}

/** Null: that session is over, and has read nothing. */
async function ask(
  c: Context<App>,
  { session }: Way,
  target: string,
  { bytes, rest }: Body,
): Promise<Response | null> {
  const { method, headers: given, signal } = c.req.raw;
  const { host } = c.var;
  const dropped = host === null ? /^(sluice-|authorization$|cookie$)/ : /^(sluice-|authorization$)/;
  const headers = new Headers(given);
  for (const name of given.keys()) if (dropped.test(name)) headers.delete(name);
  // Below the prefix the gate's own pages are no foreign ones.
  const gates = host === null && headers.get("origin") === c.var.settings.publicUrl;
  if (gates && headers.has("upgrade")) headers.delete("origin");
  const ownHost = host === null ? null : { origin: host.origin, secure: host.secure };
  headers.set("accept-encoding", acceptedBy(c.req.raw));
  const { laterSeconds, rest: others } = readPrefer(headers.get("prefer"));
  headers.delete("prefer");
  if (others !== null) headers.set("prefer", others);
  const enclosed = { target, streams: rest !== null, ownHost, laterSeconds };
  headers.set("sluice-exchange", JSON.stringify(enclosed));
  const body = rest === null ? bytes : joinedStream(bytes as Uint8Array, rest);
  // A redirect is the service's answer: followed, it would ask the session once more. Bytes stay in
  // their coding, for they are handed on as they are.
  const how = { redirect: "manual", encodeResponseBody: "manual" } as const;
  const stub = sessionStub(c.env, session);
  const answer = await stub.fetch("https://session/", { method, headers, body, signal, ...how });
  return answer.headers.has("sluice-gone") ? null : answer;
}

/** What the client itself takes: the platform asks for more, and tells what it had asked for. */
function acceptedBy({ headers, cf }: Request): string {
  const { clientAcceptEncoding: own } = (cf ?? {}) as { clientAcceptEncoding?: string };
  return own ?? headers.get("accept-encoding") ?? "";
}

/** The bytes that were read, and what is still to come. */
function joinedStream(first: Uint8Array, rest: ReadableStream): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  void (async () => {
    const writer = writable.getWriter();
    await writer.write(first);
    writer.releaseLock();
    await rest.pipeTo(writable);
  })().catch(() => {});
  return readable;
}
