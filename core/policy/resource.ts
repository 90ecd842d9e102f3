import type { Credential, Resource, SecretRule } from "../session.ts";
import { hostOf, secretsOf } from "./http-resource.ts";
import type { ResourceRule } from "./schema.ts";

const NONE: Credential = { way: null, mtls: null };

/** As a session has it: without what only the document needs. */
export function resourceOf(rule: ResourceRule, id: string): Resource {
  if (rule.type === "postgres") return { ...rule, id, password: rule.password ?? null };
  const { timeout: timeoutSeconds, ...rest } = rule;
  const { url, credential = NONE, openapi = null } = rest;
  return { ...rest, id, host: hostOf(url), timeoutSeconds, credential, openapi };
}

/** Name or address of what is dialled. */
export const dialledHost = (rule: ResourceRule): string =>
  rule.type === "postgres" ? rule.host : hostOf(rule.url);

/** Every name or address that is dialled for it: an issuer of tokens is one, too. */
export function dialledHosts(rule: ResourceRule): readonly string[] {
  const host = dialledHost(rule);
  const way = rule.type === "http" ? rule.credential?.way : undefined;
  return way?.kind === "oauth" ? [host, hostOf(way.tokenUrl)] : [host];
}

/** Where the secrets lie that a session of the resource needs. */
export function secretRulesOf(rule: ResourceRule): readonly SecretRule[] {
  if (rule.type === "postgres") return rule.password === undefined ? [] : [rule.password];
  return rule.credential === undefined ? [] : secretsOf(rule.credential);
}

/** Names of those that are sealed, each once. */
export const secretNamesOf = (rule: ResourceRule): readonly string[] => [
  ...new Set(secretRulesOf(rule).flatMap((one) => ("secret" in one ? [one.secret] : []))),
];
