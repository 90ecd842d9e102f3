import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AuditAction } from "../core/api/audit.ts";
import type { Database } from "./db.ts";
import { leastId, newId } from "./ids.ts";

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
    index("audit_by_action").on(table.action, table.id),
    index("audit_denied")
      .on(table.id)
      .where(sql`outcome = 'denied'`),
  ],
);

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

/** Resources on whose hosts a browser was signed in by that sign-in. */
export async function hostsOfSignIn(db: Database, signIn: string): Promise<readonly string[]> {
  const { subject, action, detail } = auditEvents;
  const begun = and(eq(subject, signIn), eq(action, "host.sign-in"));
  const rows = await db.selectDistinct({ detail }).from(auditEvents).where(begun);
  return rows.map((row) => String(row.detail?.["resource"])).toSorted();
}

export type AuditFilter = {
  /** Ids; null: everybody. */
  readonly actors: readonly string[] | null;
  readonly action: string | null;
  readonly subject: string | null;
  readonly outcome: AuditEvent["outcome"] | null;
  readonly from: number | null;
  /** Before this instant. */
  readonly to: number | null;
  readonly limit: number;
  /** The id of the last one seen. */
  readonly after: string | null;
};

/** Newest first. Ids sort by their time, so instants are places among them. */
export async function auditTrail(db: Database, filter: AuditFilter) {
  const { id, actor, action, subject, outcome } = auditEvents;
  const { actors, from, to, after, limit } = filter;
  // To the letter, so that SQLite sees that the index of the denied ones has them all.
  const denied = sql`outcome = 'denied'`;
  return db
    .select()
    .from(auditEvents)
    .where(
      and(
        actors === null ? undefined : inArray(actor, [...actors]),
        filter.action === null ? undefined : eq(action, filter.action),
        filter.subject === null ? undefined : eq(subject, filter.subject),
        filter.outcome === "denied" ? denied : undefined,
        filter.outcome === "done" ? eq(outcome, "done") : undefined,
        from === null ? undefined : gte(id, leastId("aud", from)),
        to === null ? undefined : lt(id, leastId("aud", to)),
        after === null ? undefined : lt(id, after),
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}
