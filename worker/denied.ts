import type { Context } from "hono";
import { audit } from "../store/audit.ts";
import type { App } from "./context.ts";
import { Hidden, type Refused } from "./problem.ts";

/** A signed-in principal who was told no leaves a trace; strangers do not fill the table. */
export async function auditDenied(c: Context<App>, refused: Refused): Promise<void> {
  const identity = c.var.identity as App["Variables"]["identity"] | undefined;
  const denied = refused instanceof Hidden || DENIALS.has(refused.code);
  if (identity === undefined || !denied) return;
  const { db, now } = c.var;
  const subject = `${c.req.method} ${c.req.path}`.slice(0, 200);
  const detail = { code: refused.code };
  const event = { actor: identity.principal, action: "api.denied", outcome: "denied" } as const;
  await audit(db, { ...event, subject, detail }, now);
}

const DENIALS: ReadonlySet<string> = new Set([
  "forbidden",
  "no_grant",
  "own_command",
  "not_a_person",
  "stale_groups",
  "foreign_origin",
  "insufficient_scope",
]);
