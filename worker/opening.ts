import type { Context } from "hono";
import { grantFor, requestableGrants } from "../core/policy/grants.ts";
import type { ResourceRule } from "../core/policy/schema.ts";
import type { CredentialRef, Granted, Resource, SessionSpec } from "../core/session.ts";
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
    credential: await credentialOf(c, rule),
    policy: { version, source },
    literalTexts: null,
    recording: document.recording.default,
    openedAt: now,
    endsAt,
    granted,
    reason: said(c, "sluice-reason"),
    ticket: said(c, "sluice-ticket"),
    publicUrl: settings.publicUrl,
  };
}

/** Before the object hears of it: whoever ends the sign-in finds what hangs on it. */
export async function writeOpening(c: Context<App>, spec: SessionSpec): Promise<void> {
  const { db, now, identity } = c.var;
  const { principal, signIn } = identity;
  await addOpening(db, { session: spec.id, signIn, principal: principal.id, openedAt: now });
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

function resourceOf(rule: ResourceRule, id: string): Resource {
  const { name, type, host, port, database, user, tls, network, labels } = rule;
  return { id, name, type, host, port, database, user, tls, network, labels };
}

/** Still sealed: the object opens it at dial. */
async function credentialOf(c: Context<App>, rule: ResourceRule): Promise<CredentialRef> {
  if (rule.password === undefined) return null;
  if ("env" in rule.password) return { env: rule.password.env };
  const name = rule.password.secret;
  const sealed = await sealedSecret(c.var.db, name);
  if (sealed !== null) return { sealed, name };
  throw new Refused("misconfigured", `The secret ${name} of ${rule.name} has not been set.`);
}

/** What the client says of why it comes: the two `sluice-*` headers that exist for clients. */
function said(c: Context<App>, header: "sluice-reason" | "sluice-ticket"): string | null {
  const text = c.req.header(header)?.trim() ?? "";
  return text === "" ? null : text.slice(0, 500);
}
