import { and, count, desc, eq, isNull, lt, or, type SQL } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RecordingLevel } from "../core/decision.ts";
import type { PrincipalKind, SessionSpec } from "../core/session.ts";
import type { Database } from "./db.ts";

/** Every session that was ever opened. The live ones (CONTRACTS §4) are those without `endedAt`. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text().primaryKey(),
    principal: text().notNull(),
    principalName: text().notNull(),
    principalKind: text().$type<PrincipalKind>().notNull(),
    onBehalfOf: text(),
    resource: text().notNull(),
    resourceName: text().notNull(),
    resourceType: text().notNull(),
    policy: text().notNull(),
    recording: text().$type<RecordingLevel>().notNull(),
    reason: text(),
    ticket: text(),
    /** The header's JSON, to the byte: h(0) of the recording hashes it. */
    header: text().notNull(),
    /** The data key of the recording's secrets, sealed for `recording:<id>` (store/seal.ts). */
    dataKey: text().notNull(),
    openedAt: integer().notNull(),
    endsAt: integer(),
    /** Somebody ended it; the session learns it by notice, or at its next ping. */
    revokedAt: integer(),
    revokedReason: text(),
    endedAt: integer(),
    endCode: text(),
    endMessage: text(),
    commands: integer(),
  },
  (table) => [
    index("sessions_by_owner").on(table.principal, table.id),
    index("sessions_by_principal").on(table.principalName, table.id),
    index("sessions_by_resource").on(table.resourceName, table.id),
    index("sessions_live").on(table.endedAt, table.id),
  ],
);
export type SessionRow = typeof sessions.$inferSelect;

export const dataKeyPurpose = (session: string): string => `recording:${session}`;

/** Awaited before the target is dialled. */
export async function addSession(
  db: Database,
  spec: SessionSpec,
  recording: { readonly header: string; readonly dataKey: string },
): Promise<void> {
  const { principal, resource } = spec;
  await db.insert(sessions).values({
    id: spec.id,
    principal: principal.id,
    principalName: principal.name,
    principalKind: principal.kind,
    onBehalfOf: spec.onBehalfOf,
    resource: resource.id,
    resourceName: resource.name,
    resourceType: resource.type,
    policy: spec.policy.version,
    recording: spec.recording,
    reason: spec.reason,
    ticket: spec.ticket,
    openedAt: spec.openedAt,
    endsAt: spec.endsAt,
    ...recording,
  });
}

export type Ending = {
  readonly code: string;
  readonly message: string;
  /** Null: nobody knows, for the gateway was lost. */
  readonly commands: number | null;
};

/** The first ending stands. */
export async function endSession(
  db: Database,
  id: string,
  ending: Ending,
  now: number,
): Promise<void> {
  const { code, message, commands } = ending;
  await db
    .update(sessions)
    .set({ endedAt: now, endCode: code, endMessage: message, commands })
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)));
}

export async function sessionById(db: Database, id: string): Promise<SessionRow | null> {
  const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
  return row ?? null;
}

export type SessionFilter = {
  readonly live: boolean | null;
  /** Only this principal's own, by id: two people may share a name. */
  readonly owner: string | null;
  /** Of whoever has this id or this name. */
  readonly principal: string | null;
  readonly resource: string | null;
  readonly limit: number;
  /** The id of the last one seen. */
  readonly after: string | null;
};

/** Newest first. */
export async function listSessions(db: Database, filter: SessionFilter): Promise<SessionRow[]> {
  const { live, owner, principal, resource, limit, after } = filter;
  const only: (SQL | undefined)[] = [
    live === true ? isNull(sessions.endedAt) : undefined,
    live === false ? lt(sessions.endedAt, Number.MAX_SAFE_INTEGER) : undefined,
    owner === null ? undefined : eq(sessions.principal, owner),
    principal === null
      ? undefined
      : or(eq(sessions.principal, principal), eq(sessions.principalName, principal)),
    resource === null ? undefined : eq(sessions.resourceName, resource),
    after === null ? undefined : lt(sessions.id, after),
  ];
  return db
    .select()
    .from(sessions)
    .where(and(...only))
    .orderBy(desc(sessions.id))
    .limit(limit);
}

/** How many live now, for each principal and resource. */
export async function liveCounts(db: Database) {
  const { principal, resource, endedAt } = sessions;
  return db
    .select({ principal, resource, n: count() })
    .from(sessions)
    .where(isNull(endedAt))
    .groupBy(principal, resource);
}
