import type { Context } from "hono";
import { grantFor, requestableGrants } from "../core/policy/grants.ts";
import { resourceOf, secretNamesOf } from "../core/policy/resource.ts";
import type { ResourceRule } from "../core/policy/schema.ts";
import {
  type ExchangeSpec,
  type Granted,
  isExchanges,
  isStream,
  type SessionSpec,
  type StreamSpec,
} from "../core/session.ts";
import { audit } from "../store/audit.ts";
import { newId } from "../store/ids.ts";
import { addOpening } from "../store/openings.ts";
import { idsOfResources } from "../store/policies.ts";
import { sealedSecret } from "../store/secrets.ts";
import { addressRefusal } from "./applying.ts";
import { type Applied, appliedPolicy } from "./applied.ts";
import type { App } from "./context.ts";
import { deskStub } from "./desk.ts";
import { Hidden, Refused } from "./problem.ts";

/**
 * Everything that a session of the caller on `name` needs. Throws Refused: `unknown` where the
 * caller may not even know the resource, `no_grant` where she may ask for it.
 */
export async function specFor(c: Context<App>, name: string): Promise<SessionSpec> {
  const { now, identity } = c.var;
  const { principal } = identity;
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find((resource) => resource.name === name);
  if (applied === null || rule === undefined) throw unknownResource(name);
  const { document } = applied;
  const [first] = requestableGrants(document, principal, rule);
  const granted = first === undefined ? [] : await grantedOn(c, name);
  const grant = grantFor(document, principal, rule, now, granted);
  if (grant !== null) return specOf(c, applied, rule, grant.endsAt, granted);
  if (first === undefined) throw unknownResource(name);
  throw new Refused("no_grant", `You may ask for ${name} by ${first.id}; nothing opens it now.`);
}

/**
 * The same whoever's grant lets the caller in, until `endsAt`. Throws Refused where the target may
 * not be dialled.
 */
export async function specOf(
  c: Context<App>,
  { document, version, source }: Applied,
  rule: ResourceRule,
  endsAt: number | null,
  granted: readonly Granted[] = [],
): Promise<SessionSpec> {
  const { now, identity, settings } = c.var;
  const refusal = await addressRefusal(c, rule);
  if (refusal !== null) throw new Refused("address_refused", refusal);
  return {
    id: newId("ses", now),
    principal: identity.principal,
    onBehalfOf: null,
    resource: resourceOf(rule, await idOf(c, rule.name)),
    sealed: await sealedFor(c, rule),
    policy: { version, source },
    literalTexts: null,
    recording: document.recording.default,
    openedAt: now,
    endsAt,
    tokenEndsAt: identity.token === null ? null : identity.expiresAt,
    granted,
    reason: said(c, "sluice-reason"),
    ticket: said(c, "sluice-ticket"),
    publicUrl: settings.publicUrl,
  };
}

/** Throws Refused where the resource is no database. */
export function requireStream(spec: SessionSpec): StreamSpec {
  if (isStream(spec)) return spec;
  const { name } = spec.resource;
  throw new Refused("bad_request", `${name} is spoken to in HTTP, under /http/${name}/.`);
}

/** Throws Refused where the resource is not spoken to in HTTP. */
export function requireExchanges(spec: SessionSpec): ExchangeSpec {
  if (isExchanges(spec)) return spec;
  throw new Refused("bad_request", `${spec.resource.name} is a database: open it by a tunnel.`);
}

/** Before the object hears of it: whoever ends the sign-in finds what hangs on it. */
export async function writeOpening(c: Context<App>, spec: SessionSpec): Promise<void> {
  const { db, now, identity } = c.var;
  const { principal, signIn, token } = identity;
  const apiToken = token?.id ?? null;
  const of = { signIn, apiToken, principal: principal.id };
  await addOpening(db, { session: spec.id, ...of, openedAt: now });
  const event = { actor: principal, action: "session.open", outcome: "done" } as const;
  const detail = { resource: spec.resource.name, policy: spec.policy.version };
  await audit(db, { ...event, subject: spec.id, detail }, now);
}

async function grantedOn(c: Context<App>, name: string): Promise<readonly Granted[]> {
  const all = await deskStub(c.env).granted(c.var.identity.principal.id);
  return all.flatMap(({ resource, grant, endsAt }) =>
    resource === name ? [{ grant, endsAt }] : [],
  );
}

export const unknownResource = (name: string) =>
  new Hidden(`There is no resource ${name.slice(0, 63)} that you may open.`);

async function idOf(c: Context<App>, name: string): Promise<string> {
  const id = (await idsOfResources(c.var.db, [name])).get(name);
  if (id === undefined) throw unknownResource(name);
  return id;
}

/** Still sealed: the object opens them where it uses them. */
async function sealedFor(c: Context<App>, rule: ResourceRule): Promise<Record<string, string>> {
  const names = secretNamesOf(rule);
  const found = await Promise.all(names.map((name) => sealedSecret(c.var.db, name)));
  const missing = names[found.indexOf(null)];
  if (missing !== undefined) {
    throw new Refused("misconfigured", `The secret ${missing} of ${rule.name} has not been set.`);
  }
  return Object.fromEntries(names.map((name, i) => [name, found[i] as string]));
}

/** What the client says of why it comes: the two `sluice-*` headers that exist for clients. */
export function said(c: Context<App>, header: "sluice-reason" | "sluice-ticket"): string | null {
  const text = c.req.header(header)?.trim() ?? "";
  return text === "" ? null : text.slice(0, 500);
}
