import type { Resource, SecretRule } from "../session.ts";
import { hostOf } from "./http-resource.ts";
import type { ResourceRule } from "./schema.ts";

/** As a session has it: without what only the document needs. */
export function resourceOf(rule: ResourceRule, id: string): Resource {
  if (rule.type === "postgres") return { ...rule, id, password: rule.password ?? null };
  return { ...rule, id, host: hostOf(rule.url), credential: rule.credential ?? null };
}

/** Name or address of what is dialled. */
export const dialledHost = (rule: ResourceRule): string =>
  rule.type === "postgres" ? rule.host : hostOf(rule.url);

/** Where the secrets lie that a session of the resource needs. */
export function secretRulesOf(rule: ResourceRule): readonly SecretRule[] {
  if (rule.type === "postgres") return rule.password === undefined ? [] : [rule.password];
  const { credential } = rule;
  if (credential === undefined) return [];
  if ("bearer" in credential) return [credential.bearer];
  if ("basic" in credential) return [credential.basic.password];
  return [credential.value];
}

/** Names of those that are sealed, each once. */
export const secretNamesOf = (rule: ResourceRule): readonly string[] => [
  ...new Set(secretRulesOf(rule).flatMap((one) => ("secret" in one ? [one.secret] : []))),
];
