import { type Context, Hono } from "hono";
import type { RehearsedStep } from "../../core/api/rehearsal.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { rehearsalSessionsMax } from "../../core/limits.ts";
import { audit } from "../../store/audit.ts";
import { countSessionsIn, type SessionRow, sessionsIn, type Window } from "../../store/sessions.ts";
import { checkedDocument } from "../applying.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { readBody } from "../read.ts";
import { Rehearsal } from "../rehearsing.ts";
import { requireRole } from "../roles.ts";

/**
 * What a text would have made of the commands of a window. The gateway remembers nothing between
 * two steps; each names its sessions in the audit trail before it opens their recordings.
 */
export const rehearsal = new Hono<App>().post(ROUTES.rehearsal.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const body = await readBody(c, ROUTES.rehearsal.body);
  const document = checkedDocument(body.source);
  const window: Window = {
    from: Date.parse(body.from),
    to: Date.parse(body.to),
    resource: body.resource ?? null,
  };
  const first = body.after === undefined ? null : sessionOf(body.after);
  const seq = Number(body.after?.split(":")[1] ?? 1);
  const { db } = c.var;
  const page = { first, limit: rehearsalSessionsMax + 1 };
  const sessions = await sessionsIn(db, window, page);
  await auditStep(c, window, sessions.slice(0, rehearsalSessionsMax));
  const step = new Rehearsal(c, document, window);
  const next = await step.through(sessions, seq);
  const of = await countSessionsIn(db, window, null);
  const left = next === null ? 0 : await countSessionsIn(db, window, sessionOf(next));
  const { items, examined, unjudged } = step;
  const answer: RehearsedStep = {
    items,
    examined,
    unjudged,
    next,
    sessions: { done: of - left, of },
  };
  return c.json(answer);
});

const sessionOf = (cursor: string): string => cursor.split(":")[0] ?? "";

async function auditStep(
  c: Context<App>,
  { from, to, resource }: Window,
  sessions: readonly SessionRow[],
): Promise<void> {
  const actor = c.var.identity.principal;
  const event = { actor, action: "policy.rehearse", outcome: "done" } as const;
  const [first, last] = [sessions[0]?.id ?? null, sessions.at(-1)?.id ?? null];
  const detail = { from, to, sessions: sessions.length, first, last };
  await audit(c.var.db, { ...event, subject: resource ?? "all", detail }, c.var.now);
}
