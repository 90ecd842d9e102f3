import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import type { SessionView } from "../../core/api/session.ts";
import { audit } from "../../store/audit.ts";
import { listSessions, sessionById, type SessionRow } from "../../store/sessions.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Hidden, Refused } from "../problem.ts";
import { readBody, readQuery } from "../read.ts";
import { holdsRole } from "../roles.ts";
import { revoke } from "../sessions.ts";

export const sessions = new Hono<App>();

/**
 * Auditors and admins see everybody's, others their own: two people may share a name, never an id.
 */
sessions.get(ROUTES.sessions.path, signedIn, async (c) => {
  const { limit, state, ...asked } = readQuery(c, ROUTES.sessions.query);
  const all = await holdsRole(c, "auditor", "admin");
  const rows = await listSessions(c.var.db, {
    ...asked,
    live: state === undefined ? undefined : state === "live",
    owner: all ? undefined : c.var.identity.principal.id,
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  return c.json({ items: page.map(viewOf), next });
});

sessions.get(ROUTES.session.path, signedIn, async (c) =>
  c.json(viewOf(await sessionFor(c, "auditor", "admin"))),
);

sessions.post(ROUTES.kill.path, signedIn, async (c) => {
  const row = await sessionFor(c, "admin");
  const { db, now, identity } = c.var;
  const { reason } = await readBody(c, ROUTES.kill.body);
  if (row.endedAt !== null) throw new Refused("conflict", "This session has ended already.");
  const by = `${identity.principal.name} ended this session`;
  const why = reason === undefined || reason === "" ? `${by}.` : `${by}: ${reason}`;
  await revoke(c.env, db, [row.id], { code: "killed", reason: why }, now);
  const event = { actor: identity.principal, action: "session.kill", outcome: "done" } as const;
  await audit(db, { ...event, subject: row.id }, now);
  return c.json(viewOf((await sessionById(db, row.id)) ?? row));
});

/**
 * The session, if it is the caller's own or she holds one of the roles; else nobody learns of it.
 */
export async function sessionFor(
  c: Context<App>,
  ...roles: readonly ("auditor" | "admin")[]
): Promise<SessionRow> {
  const row = await sessionById(c.var.db, c.req.param("id") ?? "");
  const own = row?.principal === c.var.identity.principal.id;
  if (row !== null && (own || (await holdsRole(c, ...roles)))) return row;
  const mayKnow = row !== null && (await holdsRole(c, "auditor"));
  if (mayKnow) throw new Refused("forbidden", `This needs the role ${roles.join(" or ")}.`);
  throw new Hidden("There is no such session for you.");
}

const viewOf = (row: SessionRow): SessionView => ({
  id: row.id as SessionView["id"],
  state: row.endedAt === null ? "live" : "ended",
  principal: { id: row.principal, name: row.principalName, kind: row.principalKind },
  onBehalfOf: row.onBehalfOf,
  resource: { id: row.resource, name: row.resourceName, type: row.resourceType },
  policy: row.policy,
  recording: row.recording,
  reason: row.reason,
  ticket: row.ticket,
  openedAt: toInstant(row.openedAt),
  endsAt: row.endsAt === null ? null : toInstant(row.endsAt),
  endedAt: row.endedAt === null ? null : toInstant(row.endedAt),
  endCode: row.endCode,
  endMessage: row.endMessage,
  commands: row.commands,
});
