import { hex } from "../../core/bytes.ts";
import type { Outgoing } from "../../core/exchange.ts";
import { dialSeconds } from "../../core/limits.ts";
import { credited, secretsIn } from "../../core/protocols/http/credential.ts";
import type { ExchangeSpec } from "../../core/session.ts";
import type { Arrival } from "../../store/health.ts";
import type { ObjectsEnv } from "../env.ts";
import { nodeCrypto } from "../crypto.ts";
import { fetcherOf, openCredential, tokensOf } from "./http-credential.ts";
import type { ClientCredentials } from "./oauth.ts";
import { mustReach, Unreachable } from "./reach.ts";

export type Sending = {
  /** As it leaves; null: none. */
  readonly body: BodyInit | null;
  readonly tokens: ClientCredentials | null;
  readonly signal: AbortSignal;
  /** Hears, before anything is sent, what the answer must not hold. */
  readonly hides?: (secrets: readonly string[]) => void;
  /** It was sent before, with a token that the service did not take: this is the last time. */
  readonly again?: boolean;
};

/**
 * Sends it to the service, with the service's credential, and hands back its answer as it came: no
 * redirect is followed, no coding taken off. Throws an Unreachable.
 */
export async function requestOf(
  env: ObjectsEnv,
  spec: ExchangeSpec,
  outgoing: Outgoing,
  sending: Sending,
): Promise<Response> {
  const { resource } = spec;
  const { body, tokens, signal, hides } = sending;
  mustReach(resource.host, resource.network);
  const fetcher = fetcherOf(env, resource.credential.mtls);
  const { search, headers, token, secrets } = await sent(env, spec, outgoing, tokens);
  const url = `${resource.url}${outgoing.path}${search}`;
  requireExact(url);
  hides?.(secrets);
  const answer = await fetcher(url, {
    method: outgoing.method,
    headers: headers.map(([name, value]) => [name, value]),
    body,
    signal,
    redirect: "manual",
    encodeResponseBody: "manual",
  }).catch(() => {
    throw new Unreachable(`${resource.host} cannot be reached, or broke off.`);
  });
  const may = sending.again !== true && !(body instanceof ReadableStream);
  const again = answer.status === 401 && may;
  if (!again || token === null || tokens?.forget(token) !== true) {
    return withoutSecrets(answer, secrets);
  }
  await answer.body?.cancel();
  return requestOf(env, spec, outgoing, { ...sending, again: true });
}

async function sent(
  env: ObjectsEnv,
  spec: ExchangeSpec,
  { method, path, search, headers, body, cookie = null }: Outgoing,
  tokens: ClientCredentials | null,
) {
  const { url } = spec.resource;
  const host = url.slice(url.indexOf("//") + 2).split("/", 1)[0] as string;
  const base = url.slice(url.indexOf(host) + host.length);
  const credential = await openCredential(env, spec, tokens);
  const signs = spec.resource.credential.way?.kind === "aws";
  const hash = body === null || !signs ? "UNSIGNED-PAYLOAD" : hex(nodeCrypto.sha256(body));
  const head = { method, path: `${base}${path}`, search, host, headers };
  const ready = credited(head, hash, credential, Date.now(), nodeCrypto);
  if ("wrong" in ready) throw new Unreachable(ready.wrong);
  const token = tokens !== null && credential?.kind === "bearer" ? credential.token : null;
  const credits = ready.headers.some(([name]) => name === "cookie");
  const own = cookie === null || credits ? [] : [["cookie", cookie] as const];
  const all = [...ready.headers, ...own];
  const secrets = credential === null ? [] : secretsIn(credential);
  return { search: ready.search, headers: all, token, secrets };
}

/** A service that sends its credential back, in a redirect mostly, tells it to nobody here. */
function withoutSecrets(answer: Response, secrets: readonly string[]): Response {
  if (secrets.length === 0) return answer;
  const given = [...answer.headers];
  const told = (value: string) => secrets.some((secret) => value.includes(secret));
  if (!given.some(([, value]) => told(value))) return answer;
  const hide = (value: string) =>
    secrets.reduce((shown, secret) => shown.replaceAll(secret, "[redacted]"), value);
  const headers = given.map(([name, value]): [string, string] => [name, hide(value)]);
  const { status, body, webSocket } = answer;
  return new Response(body, { status, headers, webSocket, encodeBody: "manual" });
}

/** The platform parses the address again: a change there would ask for something else. */
function requireExact(url: string): void {
  let parsed: string;
  try {
    parsed = new URL(url).href;
  } catch {
    parsed = "";
  }
  if (parsed !== url) throw new Unreachable("The platform would change this address on its way.");
}

/** Asks for the service's root. Any answer says that it is there, 401 and 403 that it refuses. */
export async function probe(env: ObjectsEnv, spec: ExchangeSpec): Promise<Arrival> {
  const from = Date.now();
  const outgoing = { method: "GET", path: "/", search: "", headers: [], body: null };
  const signal = AbortSignal.timeout(dialSeconds * 1000);
  try {
    const { status, body } = await requestOf(env, spec, outgoing, {
      body: null,
      tokens: tokensOf(env, spec),
      signal,
    });
    await body?.cancel();
    const at = Date.now();
    if (status !== 401 && status !== 403) {
      return { is: "reached", at, dialMs: at - from, loginMs: 0 };
    }
    return { is: "failed", at, why: `${spec.resource.host} refused the gateway (${status}).` };
  } catch (error) {
    return { is: "failed", at: Date.now(), why: (error as Error).message };
  }
}
