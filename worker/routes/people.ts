import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { PersonView, SignInView, StandingView } from "../../core/api/person.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { explainAccess } from "../../core/policy/explain.ts";
import { grantFor, requestableGrants, sharesGroup } from "../../core/policy/grants.ts";
import { rolesOf } from "../../core/policy/roles.ts";
import type { Document, ResourceRule } from "../../core/policy/schema.ts";
import type { Role } from "../../core/session.ts";
import { audit } from "../../store/audit.ts";
import { listPrincipals, principalById } from "../../store/principals.ts";
import { liveCounts } from "../../store/sessions.ts";
import { listSignIns } from "../../store/tokens.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { endSignInAndSessions } from "../identity/ending.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readQuery } from "../read.ts";
import { requireRole } from "../roles.ts";
import { guardrailView, maskView, rulesOn } from "../rules.ts";

/** Who has signed in, what the policy gives each of them, and where they are signed in. */
export const people = new Hono<App>();

type Row = NonNullable<Awaited<ReturnType<typeof principalById>>>;

people.get(ROUTES.people.path, signedIn, async (c) => {
  await requireRole(c, "auditor", "admin");
  const { limit, after, name } = readQuery(c, ROUTES.people.query);
  await auditReading(c, "everybody", "list");
  const filter = { name: name ?? null, limit: limit + 1, after: after ?? null };
  const rows = await listPrincipals(c.var.db, filter);
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  const [document, live] = [await documentOf(c), await liveOf(c)];
  const items = page.map((row) => viewOf(c, document, row, live));
  return c.json({ items, next });
});

people.get(ROUTES.person.path, signedIn, async (c) => {
  const row = await personFor(c, "access", "auditor", "admin");
  const document = await documentOf(c);
  const held = rolesIn(c, document, row);
  const groupsOf = (role: Role) => document?.roles[role] ?? c.var.settings.adminGroups;
  const why = held.map((role) => ({
    role,
    groups: row.groups.filter((group) => groupsOf(role).includes(group)),
  }));
  const given = await deskStub(c.env).granted(row.id);
  const standings = (document?.resources ?? []).map((rule) =>
    standingOf(c, document as Document, row, rule, given),
  );
  return c.json({ ...viewOf(c, document, row, await liveOf(c)), why, standings });
});

people.get(ROUTES.signIns.path, signedIn, async (c) => {
  const { id: principal } = await personFor(c, "sign-ins", "auditor", "admin");
  const { limit, after } = readQuery(c, ROUTES.signIns.query);
  const filter = { principal, id: null, limit: limit + 1, after: after ?? null };
  const rows = await listSignIns(c.var.db, filter);
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  return c.json({ items: page.map((row) => signInView(c, row)), next });
});

/** Ends the sign-in, and within a moment the live sessions that it opened. */
people.post(ROUTES.revokeSignIn.path, signedIn, async (c) => {
  const { db, now, identity } = c.var;
  const { id: principal, name } = await personFor(c, null, "admin");
  const row = await signInOf(c, principal);
  if (row.endedAt !== null) throw new Refused("conflict", "This sign-in has ended already.");
  const event = { actor: identity.principal, action: "sign-in.revoke", outcome: "done" } as const;
  await audit(db, { ...event, subject: row.id, detail: { principal, name } }, now);
  await endSignInAndSessions(c.env, db, row.id, "sign-in-revoked", now);
  return c.json(signInView(c, await signInOf(c, principal)));
});

/** Whoever the path names: for herself, and for the roles. Reading of others is written down. */
async function personFor(
  c: Context<App>,
  reads: "access" | "sign-ins" | null,
  ...roles: readonly ("auditor" | "admin")[]
): Promise<Row> {
  const id = c.req.param("id") ?? "";
  const own = id === c.var.identity.principal.id;
  if (!own) await requireRole(c, ...roles);
  const row = await principalById(c.var.db, id);
  if (row === null) throw new Refused("unknown", "Nobody with this id has signed in.");
  if (!own && reads !== null) await auditReading(c, row.id, reads);
  return row;
}

async function signInOf(c: Context<App>, principal: string) {
  const id = c.req.param("signIn") ?? "";
  const [row] = await listSignIns(c.var.db, { principal, id, limit: 1, after: null });
  if (row === undefined) throw new Refused("unknown", "There is no such sign-in of hers.");
  return row;
}

async function auditReading(c: Context<App>, subject: string, reads: string): Promise<void> {
  const { db, now, identity } = c.var;
  const event = { actor: identity.principal, action: "people.read", outcome: "done" } as const;
  await audit(db, { ...event, subject, detail: { reads } }, now);
}

const documentOf = async (c: Context<App>): Promise<Document | null> =>
  (await appliedPolicy(c))?.document ?? null;

/** Sessions that live now, by principal. */
async function liveOf(c: Context<App>): Promise<ReadonlyMap<string, number>> {
  const live = new Map<string, number>();
  for (const { principal, n } of await liveCounts(c.var.db)) {
    live.set(principal, (live.get(principal) ?? 0) + n);
  }
  return live;
}

const rolesIn = (c: Context<App>, document: Document | null, { groups }: Row) =>
  rolesOf(document, groups, c.var.settings.adminGroups);

const viewOf = (
  c: Context<App>,
  document: Document | null,
  row: Row,
  live: ReadonlyMap<string, number>,
): PersonView => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  groups: [...row.groups],
  groupsReadAt: toInstant(row.groupsReadAt),
  firstSeenAt: toInstant(row.firstSeenAt),
  roles: [...rolesIn(c, document, row)],
  live: live.get(row.id) ?? 0,
});

type Given = readonly { resource: string; grant: string; endsAt: number }[];

function standingOf(
  c: Context<App>,
  document: Document,
  who: Row,
  rule: ResourceRule,
  all: Given,
): StandingView {
  const given = all.filter(({ resource }) => resource === rule.name);
  const grant = grantFor(document, who, rule, c.var.now, given);
  const asking = requestableGrants(document, who, rule);
  const concerned = rulesOn(document, rule);
  const closed = asking.length === 0 ? "closed" : "request";
  return {
    resource: rule.name,
    state: grant === null ? closed : "open",
    access: [...(grant?.access ?? new Set(asking.flatMap(({ access }) => access)))],
    grants: [...(grant?.grants ?? asking.map(({ id }) => id))],
    why: explainAccess(document, who, rule, c.var.now, given),
    endsAt: grant === null || grant.endsAt === null ? null : toInstant(grant.endsAt),
    given: given.map(({ grant: id, endsAt }) => ({ grant: id, endsAt: toInstant(endsAt) })),
    masking: concerned.masking.map((mask) => ({
      ...maskView(mask),
      applies: !sharesGroup(mask.except ?? [], who.groups),
    })),
    guardrails: concerned.guardrails
      .filter(({ groups }) => groups === undefined || sharesGroup(groups, who.groups))
      .filter(({ except }) => !sharesGroup(except ?? [], who.groups))
      .map(guardrailView),
  };
}

type SignInRow = Awaited<ReturnType<typeof listSignIns>>[number];

const signInView = (c: Context<App>, row: SignInRow): SignInView => ({
  id: row.id as SignInView["id"],
  way: row.way,
  startedAt: toInstant(row.startedAt),
  usedAt: toInstant(row.issuedAt ?? row.startedAt),
  endsAt: toInstant(row.endsAt),
  endedAt: row.endedAt === null ? null : toInstant(row.endedAt),
  endReason: row.endReason,
  current: row.id === c.var.identity.signIn,
  live: row.live,
});
