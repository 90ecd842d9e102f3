import { type Context, Hono } from "hono";
import type { AuditEventView } from "../../core/api/audit.ts";
import { toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { auditTrail } from "../../store/audit.ts";
import { idsNamed } from "../../store/principals.ts";
import { hoursAfter } from "../../store/hours.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { readQuery } from "../read.ts";
import { requireRole } from "../roles.ts";

export const auditing = new Hono<App>();

auditing.get(ROUTES.audit.path, signedIn, async (c) => {
  await requireRole(c, "auditor", "admin");
  const { limit, after, actor, from, to, ...rest } = readQuery(c, ROUTES.audit.query);
  const rows = await auditTrail(c.var.db, {
    actors: actor === undefined ? null : await actorsOf(c, actor),
    action: rest.action ?? null,
    subject: rest.subject ?? null,
    outcome: rest.outcome ?? null,
    from: from === undefined ? null : Date.parse(from),
    to: to === undefined ? null : Date.parse(to),
    limit: limit + 1,
    after: after ?? null,
  });
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  return c.json({ items: page.map(viewOf), next });
});

auditing.get(ROUTES.hours.path, signedIn, async (c) => {
  await requireRole(c, "auditor", "admin");
  const { limit, after } = readQuery(c, ROUTES.hours.query);
  const rows = await hoursAfter(c.var.db, { limit: limit + 1, after });
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? String(page.at(-1)?.number) : null;
  return c.json({
    items: page.map(({ body, key, signature }) => ({ body, key, signature })),
    next,
  });
});

/** Whoever has this id, and all who are called that. */
const actorsOf = async (c: Context<App>, actor: string): Promise<readonly string[]> => [
  actor,
  ...(await idsNamed(c.var.db, actor)),
];

type Row = Awaited<ReturnType<typeof auditTrail>>[number];

const viewOf = ({ id, at, actor, actorName, action, subject, outcome, detail }: Row) =>
  ({
    id,
    at: toInstant(at),
    actor: actor === "" ? null : { id: actor, name: actorName },
    action,
    subject,
    outcome,
    detail: detail ?? {},
  }) satisfies AuditEventView;
