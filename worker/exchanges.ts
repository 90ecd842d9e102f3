import { type Context, Hono } from "hono";
import { exchangesIdleSeconds, requestBytesMax } from "../core/limits.ts";
import type { ExchangeSpec } from "../core/session.ts";
import { hashSecret } from "../store/hash.ts";
import { database } from "../store/db.ts";
import type { App } from "./context.ts";
import { settingsOf } from "./env.ts";
import { failure } from "./failure.ts";
import { identify } from "./identity/signed-in.ts";
import { requireExchanges, specFor, writeOpening } from "./opening.ts";
import { Refused } from "./problem.ts";
import { sessionStub } from "./sessions.ts";

/*
 * Requests to services: `/http/NAME/…` with a bearer token. No cookie is ever looked at here, and
 * what a service answers has no part in the origin of our own pages.
 */

const HEADERS = Object.entries({
  "content-security-policy": "sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
});

const PREFIX = "/http/";

/**
 * They lead to where the service is found here, from its root on: core/protocols/http/response.ts
 * has left the service's own origin away.
 */
const LINKS = ["location", "content-location"] as const;

/** Whether a request is for a service. */
export const isExchange = (request: Request): boolean => targetOf(request.url).startsWith(PREFIX);

/** As it was sent, from the first slash on. The URL parser has no say in it. */
function targetOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("://") + 3);
  return at < 0 ? "/" : url.slice(at);
}

/** Of the resource, between the prefix and the next slash. */
const nameIn = (url: string): string =>
  /^[^/?]*/.exec(targetOf(url).slice(PREFIX.length))?.[0] ?? "";

export const exchanges = new Hono<App>();

exchanges.use(async (c, next) => {
  c.set("settings", settingsOf(c.env));
  c.set("db", database(c.env));
  c.set("now", Date.now());
  await next();
  const { status, body } = c.res;
  const headers = new Headers(c.res.headers);
  for (const [name, value] of HEADERS) headers.set(name, value);
  for (const name of LINKS) {
    const link = headers.get(name) ?? "";
    if (/^\/(?!\/)/.test(link)) headers.set(name, `${PREFIX}${nameIn(c.req.raw.url)}${link}`);
  }
  c.res = undefined;
  c.res = new Response(body, { status, headers, encodeBody: "manual" });
});

exchanges.onError(failure);

exchanges.all("*", async (c) => {
  const name = nameIn(c.req.raw.url);
  const rest = targetOf(c.req.raw.url).slice(PREFIX.length + name.length);
  const target = rest.startsWith("/") ? rest : `/${rest}`;
  const body = await heldBody(c.req.raw);
  const way = await wayTo(c, name);
  const answer = await ask(c, way, target, body);
  if (answer !== null) return answer;
  await forget(c, way);
  const again = await ask(c, await wayTo(c, name), target, body);
  if (again === null) throw new Refused("conflict", "The session ended while it was opening.");
  return again;
});

/** A request's body as far as it is held; `rest` streams behind it. */
type Body = { readonly bytes: Uint8Array | null; readonly rest: ReadableStream | null };

/** Read before anything waits for it, so that a session that is over can be followed by another. */
async function heldBody({ body }: Request): Promise<Body> {
  if (body === null) return { bytes: null, rest: null };
  const reader = body.getReader({ mode: "byob" });
  const { value = new Uint8Array() } = await reader.readAtLeast(
    requestBytesMax + 1,
    new Uint8Array(requestBytesMax + 1),
  );
  reader.releaseLock();
  return value.length <= requestBytesMax
    ? { bytes: value, rest: null }
    : { bytes: value, rest: body };
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

const askedBy = (c: Context<App>, name: string): string =>
  ["authorization", "sluice-reason", "sluice-ticket"]
    .map((header) => c.req.raw.headers.get(header) ?? "")
    .concat(name)
    .join("\n");

async function wayTo(c: Context<App>, name: string): Promise<Way> {
  const asked = askedBy(c, name);
  const before = known.get(asked);
  if (before !== undefined && before.until > c.var.now) return before;
  const identity = await identify(c);
  c.set("identity", identity);
  requireHttpScope(c);
  const spec = requireExchanges(await specFor(c, name));
  const way = await joined(c, spec);
  if (known.size >= knownMax) known.delete(known.keys().next().value ?? "");
  const idle = c.var.now + (exchangesIdleSeconds * 1000) / 2;
  known.set(asked, { ...way, until: Math.min(identity.expiresAt, idle) });
  return way;
}

function requireHttpScope(c: Context<App>): void {
  const { token } = c.var.identity;
  if (token === null || token.scopes.includes("http:call")) return;
  throw new Refused("insufficient_scope", "This takes a token with http:call.", {
    scope: "http:call",
  });
}

/** The session that others of this token on this resource are in, or a new one. */
async function joined(c: Context<App>, spec: ExchangeSpec): Promise<Way> {
  const { token, signIn, principal } = c.var.identity;
  const of = [token?.id ?? signIn, spec.resource.name, spec.reason ?? "", spec.ticket ?? ""];
  const key = await hashSecret(of.join("\n"));
  const caller = callerStub(c.env, principal.id);
  const { session, mine } = await caller.join(key, spec.id);
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

const callerStub = (env: Env, principal: string) =>
  env.CALLERS.get(env.CALLERS.idFromName(principal));

/** The caller's own word to the gateway: it never passes. */
const OWN = /^(?:sluice-|authorization$|cookie$)/;

/** Null: that session is over, and has read nothing. */
async function ask(
  c: Context<App>,
  { session }: Way,
  target: string,
  { bytes, rest }: Body,
): Promise<Response | null> {
  const { method, headers: given, signal } = c.req.raw;
  const headers = new Headers(given);
  for (const name of given.keys()) if (OWN.test(name)) headers.delete(name);
  headers.set("accept-encoding", acceptedBy(c.req.raw));
  headers.set("sluice-exchange", JSON.stringify({ target, streams: rest !== null }));
  const body = rest === null ? bytes : joinedStream(bytes as Uint8Array, rest);
  const answer = await sessionStub(c.env, session).fetch("https://session/", {
    method,
    headers,
    body,
    signal,
    // The service's redirects and codings are the client's affair.
    redirect: "manual",
    encodeResponseBody: "manual",
  });
  return answer.headers.has("sluice-gone") ? null : answer;
}

/** What the client said: the platform puts its own codings in the place of it. */
const acceptedBy = ({ cf, headers }: Request): string =>
  (cf?.["clientAcceptEncoding"] as string | undefined) ?? headers.get("accept-encoding") ?? "";

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
