import { desc, lt } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";
import { newId } from "./ids.ts";

/** What happened to Sluice itself: every change, denial, approval and reading of a recording. */
export const auditEvents = sqliteTable(
  "audit_events",
  {
    /** Sorts by time (UUIDv7). */
    id: text().primaryKey(),
    at: integer().notNull(),
    /** Principal's id and name as then; empty when nobody was signed in. */
    actor: text().notNull(),
    actorName: text().notNull(),
    action: text().notNull(),
    /** What it was done to: an id or a name. */
    subject: text().notNull(),
    outcome: text({ enum: ["done", "denied"] }).notNull(),
    /** A problem's code, a reason, a version: never a secret, never a statement. */
    detail: text({ mode: "json" }).$type<Readonly<Record<string, string | number | null>>>(),
  },
  (table) => [
    index("audit_by_actor").on(table.actor, table.id),
    index("audit_by_subject").on(table.subject, table.id),
  ],
);

/** Never renamed: people search for them. */
export type AuditAction =
  | "sign-in"
  | "sign-out"
  | "sign-in.ended"
  | "token.reused"
  | "service.exchange"
  | "policy.apply"
  | "secret.put"
  | "session.open"
  | "session.kill"
  | "review.approve"
  | "review.reject"
  | "access.request"
  | "access.withdraw"
  | "catalog.read"
  | "recording.read"
  | "recording.unseal"
  | "api-token.make"
  | "api-token.revoke"
  | "api.denied";

/** `actor` null: nobody was signed in. */
export type AuditEvent = {
  readonly actor: { readonly id: string; readonly name: string } | null;
  readonly action: AuditAction;
  readonly subject: string;
  readonly outcome: "done" | "denied";
  readonly detail?: Readonly<Record<string, string | number | null>>;
};

/** Awaited by whoever causes the event: no trace, no effect told to the caller. */
export async function audit(db: Database, event: AuditEvent, now: number): Promise<void> {
  await db.insert(auditEvents).values({
    id: newId("aud", now),
    at: now,
    actor: event.actor?.id ?? "",
    actorName: event.actor?.name ?? "",
    action: event.action,
    subject: event.subject,
    outcome: event.outcome,
    detail: event.detail ?? null,
  });
}

/** Newest first. `after` is the id of the last one seen. */
export async function auditTrail(db: Database, page: { limit: number; after: string | null }) {
  return db
    .select()
    .from(auditEvents)
    .where(page.after === null ? undefined : lt(auditEvents.id, page.after))
    .orderBy(desc(auditEvents.id))
    .limit(page.limit);
}
