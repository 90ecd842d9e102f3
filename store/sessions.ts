import {
  and,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNull,
  lt,
  min,
  ne,
  or,
  sql,
  type SQL,
} from "drizzle-orm";
import { index, integer, type SQLiteColumn, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RecordingLevel } from "../core/decision.ts";
import type { PrincipalKind, SessionSpec } from "../core/session.ts";
import type { Database } from "./db.ts";
import { leastId } from "./ids.ts";
import { expressionOf, found, isSearch, type Range, type Wanted } from "./search.ts";

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
    index("sessions_by_owner_and_resource").on(table.principal, table.resourceName, table.id),
    index("sessions_by_principal_and_resource").on(
      table.principalName,
      table.resourceName,
      table.id,
    ),
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

export type SessionFilter = Wanted & {
  readonly live?: boolean | undefined;
  /** Opened from then on, and before then: UnixMs. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  /** The id of the last one seen. */
  readonly after?: string | undefined;
};

/**
 * Newest first. Whatever is asked for, ids come from an index in their order, so that a page costs
 * about the same whether a thousand sessions fit or a million.
 */
export async function listSessions(db: Database, filter: SessionFilter): Promise<SessionRow[]> {
  const ids = isSearch(filter) ? await searched(db, filter) : listed(db, filter);
  if (ids === null) return [];
  return db
    .select()
    .from(sessions)
    .where(inArray(sessions.id, ids))
    .orderBy(desc(sessions.id))
    .limit(filter.limit);
}

function rangeOf({ from, to, after }: SessionFilter): Range {
  const end = to === undefined ? undefined : leastId("ses", to);
  return {
    from: from === undefined ? undefined : leastId("ses", from),
    before: [end, after].filter((id) => id !== undefined).toSorted()[0],
  };
}

/** Null: nothing fits. */
async function searched(db: Database, filter: SessionFilter): Promise<SQL | null> {
  const expression = expressionOf(filter);
  if (expression === null) return null;
  const { live, limit } = filter;
  const { from = "", before } = rangeOf(filter);
  if (live !== true) return found(expression, rangeOf(filter), limit, live);
  // Those that live are among the newest: what is older need not be looked at.
  const [row] = await db
    .select({ oldest: min(sessions.id) })
    .from(sessions)
    .where(isNull(sessions.endedAt));
  const oldest = row?.oldest ?? null;
  if (oldest === null) return null;
  return found(expression, { from: from > oldest ? from : oldest, before }, limit, live);
}

/**
 * By the columns of `sessions` alone. A name and an id are two questions, each in the order of its
 * own index.
 */
function listed(db: Database, filter: SessionFilter): SQL {
  const { live, owner, principal, limit } = filter;
  const isOne = live === true || owner !== undefined || principal === undefined;
  const questions = isOne
    ? [conditions(filter)]
    : [sessions.principal, sessions.principalName].map((who) => [
        eq(who, principal),
        ...conditions({ ...filter, principal: undefined }),
      ]);
  const parts = questions.map((all) => {
    const ids = db.select({ id: sessions.id }).from(sessions);
    const newest = ids.where(and(...all)).orderBy(desc(sessions.id));
    return sql`select id from (${newest.limit(limit)})`;
  });
  return sql`(${sql.join(parts, sql` union all `)})`;
}

/** One index leads, by the columns that stand bare; "+" keeps the others from being chosen. */
function conditions(filter: SessionFilter): SQL[] {
  const { live, owner, principal, resource } = filter;
  const { from, before } = rangeOf(filter);
  const { id, endedAt, principal: whose, principalName, resourceName } = sessions;
  const leads = (column: SQLiteColumn, value: string): SQL =>
    live === true ? sql`+${column} = ${value}` : eq(column, value);
  const who = sql`(+${whose} = ${principal} or +${principalName} = ${principal})`;
  return [
    ...(live === undefined ? [] : [live ? isNull(endedAt) : sql`+${endedAt} is not null`]),
    ...(owner === undefined ? [] : [leads(whose, owner)]),
    ...(principal === undefined ? [] : [who]),
    ...(resource === undefined ? [] : [leads(resourceName, resource)]),
    ...(from === undefined ? [] : [gte(id, from)]),
    ...(before === undefined ? [] : [lt(id, before)]),
  ];
}

export type Window = {
  /** UnixMs. */
  readonly from: number;
  readonly to: number;
  /** By name; null: of any. */
  readonly resource: string | null;
};

/** Somebody's sessions that were live at some time in the window, oldest first, from `first` on. */
export async function sessionsIn(
  db: Database,
  window: Window,
  page: { readonly first: string | null; readonly limit: number },
): Promise<SessionRow[]> {
  return db
    .select()
    .from(sessions)
    .where(within(window, page.first))
    .orderBy(sessions.id)
    .limit(page.limit);
}

/** How many there are from `first` on. */
export const countSessionsIn = (db: Database, window: Window, first: string | null) =>
  db.$count(sessions, within(window, first));

/** The gateway's own are not anybody's. */
function within({ from, to, resource }: Window, first: string | null): SQL | undefined {
  return and(
    lt(sessions.id, leastId("ses", to)),
    or(
      gte(sessions.id, leastId("ses", from)),
      gte(sessions.endedAt, from),
      isNull(sessions.endedAt),
    ),
    ne(sessions.principalKind, "sluice"),
    resource === null ? undefined : eq(sessions.resourceName, resource),
    first === null ? undefined : gte(sessions.id, first),
  );
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
