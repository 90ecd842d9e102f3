import { base64, utf8 } from "../../core/bytes.ts";
import type { Headers as Pairs, Outgoing } from "../../core/exchange.ts";
import { dialSeconds } from "../../core/limits.ts";
import type { ExchangeSpec, HttpCredentialRule } from "../../core/session.ts";
import type { Arrival } from "../../store/health.ts";
import type { ObjectsEnv } from "../env.ts";
import { requireReach, secretOf, Unreachable } from "./dial.ts";

type Credited = { readonly search: string; readonly headers: Pairs };

/**
 * Sends it to the service, with the service's credential, and hands back its answer as it came: no
 * redirect is followed, no coding taken off. Throws an Unreachable.
 */
export async function requestOf(
  env: ObjectsEnv,
  spec: ExchangeSpec,
  outgoing: Outgoing,
  body: BodyInit | null,
  signal: AbortSignal,
): Promise<Response> {
  const { resource } = spec;
  requireReach(resource);
  const { search, headers } = await credited(env, spec, outgoing);
  const url = `${resource.url}${outgoing.path}${search}`;
  requireExact(url);
  try {
    return await fetch(url, {
      method: outgoing.method,
      headers: headers.map(([name, value]) => [name, value]),
      body,
      signal,
      redirect: "manual",
      encodeResponseBody: "manual",
    });
  } catch {
    throw new Unreachable(`${resource.host} cannot be reached, or broke off.`);
  }
}

/** The platform parses the address again: where that would change it, another one would be asked. */
function requireExact(url: string): void {
  let parsed: string;
  try {
    parsed = new URL(url).href;
  } catch {
    parsed = "";
  }
  if (parsed !== url) throw new Unreachable("The platform would change this address on its way.");
}

async function credited(
  env: ObjectsEnv,
  spec: ExchangeSpec,
  outgoing: Outgoing,
): Promise<Credited> {
  const { search, headers } = outgoing;
  const { credential } = spec.resource;
  if (credential === null) return { search, headers };
  const [name, value] = await headerOf(env, spec, credential);
  return { search, headers: [...headers.filter(([known]) => known !== name), [name, value]] };
}

async function headerOf(
  env: ObjectsEnv,
  { sealed }: ExchangeSpec,
  rule: HttpCredentialRule,
): Promise<readonly [string, string]> {
  if ("bearer" in rule) {
    return ["authorization", `Bearer ${await secretOf(env, rule.bearer, sealed)}`];
  }
  if ("basic" in rule) {
    const { user, password } = rule.basic;
    const pair = utf8(`${user}:${await secretOf(env, password, sealed)}`);
    return ["authorization", `Basic ${base64(pair)}`];
  }
  if ("header" in rule) {
    const secret = await secretOf(env, rule.value, sealed);
    return [rule.header.toLowerCase(), `${rule.prefix ?? ""}${secret}`];
  }
  throw new Unreachable("not served");
}

/** Asks for the service's own root. Any answer says that it is there; 401 and 403, that it refuses. */
export async function probe(env: ObjectsEnv, spec: ExchangeSpec): Promise<Arrival> {
  const from = Date.now();
  const outgoing = { method: "GET", path: "/", search: "", headers: [], body: null };
  const signal = AbortSignal.timeout(dialSeconds * 1000);
  try {
    const { status, body } = await requestOf(env, spec, outgoing, null, signal);
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
