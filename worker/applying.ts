import type { Context } from "hono";
import { reachOf } from "../core/address.ts";
import { checkDocument } from "../core/policy/check.ts";
import { isDocument } from "../core/policy/document.ts";
import { dialledHost, dialledHosts, secretNamesOf } from "../core/policy/resource.ts";
import { wouldLeaveNobodyAdmin } from "../core/policy/roles.ts";
import type { Document, ResourceRule } from "../core/policy/schema.ts";
import type { ConfigError } from "../core/errors.ts";
import { missingSecrets } from "../store/secrets.ts";
import type { App } from "./context.ts";
import { resolve, resolveSoon } from "./dns.ts";
import { Refused } from "./problem.ts";

/** Throws Refused with every error and its line, or the document that may come into force. */
export function checkedDocument(source: string): Document {
  const parsed = checkDocument(source);
  if (!isDocument(parsed)) throw invalid(parsed);
  const { document } = parsed;
  if (wouldLeaveNobodyAdmin(document)) {
    throw new Refused("nobody_admin", "roles.admin is empty: nobody could apply the next policy.");
  }
  for (const rule of document.resources) {
    const refusal = checkAddresses(rule);
    if (refusal !== null) throw new Refused("address_refused", refusal);
  }
  return document;
}

/** An error at its place, as JSON tells of it. */
export const errorView = ({ code, message, at }: ConfigError) => ({
  code,
  message,
  line: at?.line ?? null,
  column: at?.column ?? null,
});

function invalid(errors: readonly ConfigError[]): Refused {
  const shown = errors.map(errorView);
  return new Refused("invalid_policy", shown[0]?.message ?? "not a policy", { errors: shown });
}

/**
 * A sentence when the address may not be dialled for this resource (CONTRACTS §9). Names are not
 * looked up.
 */
export function checkAddress(rule: ResourceRule, host = dialledHost(rule)): string | null {
  const reach = reachOf(host);
  if (reach === "never") return `${rule.name}: ${host} is an address that is never dialled.`;
  if (reach !== "private" || rule.network === "private") return null;
  return `${rule.name}: ${host} is private; say "network: private" if that is meant.`;
}

const checkAddresses = (rule: ResourceRule): string | null =>
  firstRefusal(dialledHosts(rule).map((host) => checkAddress(rule, host)));

const firstRefusal = (said: readonly (string | null)[]): string | null =>
  said.find((refusal) => refusal !== null) ?? null;

/**
 * What does not stop an apply: secrets yet to be set, and names whose addresses look wrong today.
 */
export async function warningsOf(c: Context<App>, document: Document): Promise<string[]> {
  const named = document.resources.flatMap(secretNamesOf);
  const missing = await missingSecrets(c.var.db, [...new Set(named)]);
  const warnings = missing.map((name) => `The secret ${name} has not been set yet.`);
  const looked = await Promise.all(document.resources.slice(0, 20).map((rule) => lookedUp(rule)));
  return [...warnings, ...looked.flatMap((warning) => (warning === null ? [] : [warning]))];
}

/** A sentence when the resource may not be dialled, by its text or by where its name points now. */
export async function addressRefusal(c: Context<App>, rule: ResourceRule): Promise<string | null> {
  const going = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const look = (host: string) => resolveSoon(host, c.var.now, going);
  return checkAddresses(rule) ?? (await lookedUp(rule, look));
}

/**
 * Advisory: a name can point elsewhere a moment later, so a direct dial does not depend on this.
 */
async function lookedUp(rule: ResourceRule, look = resolve): Promise<string | null> {
  const said = await Promise.all(dialledHosts(rule).map((host) => hostLookedUp(rule, host, look)));
  return firstRefusal(said);
}

async function hostLookedUp(
  rule: ResourceRule,
  host: string,
  look: typeof resolve,
): Promise<string | null> {
  if (reachOf(host) !== "name") return null;
  for (const address of await look(host)) {
    const refusal = checkAddress(rule, address);
    if (refusal !== null) return `${host} resolves to ${address}. ${refusal}`;
  }
  return null;
}
