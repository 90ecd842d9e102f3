import { and, eq, inArray, isNull } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";

/**
 * Which sign-in opened which session: written before the session is prepared, so that the end of a
 * sign-in finds every session that hangs on it.
 */
export const openings = sqliteTable(
  "openings",
  {
    session: text().primaryKey(),
    signIn: text().notNull(),
    principal: text().notNull(),
    resource: text().notNull(),
    openedAt: integer().notNull(),
    closedAt: integer(),
  },
  (table) => [
    index("openings_by_sign_in").on(table.signIn, table.closedAt),
    index("openings_by_principal").on(table.principal, table.closedAt),
    index("openings_open").on(table.closedAt, table.openedAt),
  ],
);

export async function addOpening(
  db: Database,
  opening: Omit<typeof openings.$inferInsert, "closedAt">,
): Promise<void> {
  await db.insert(openings).values(opening);
}

/** Called when the session is over; sessions that nobody closed are closed by `closeOpenings`. */
export async function closeOpenings(
  db: Database,
  sessions: readonly string[],
  now: number,
): Promise<void> {
  if (sessions.length === 0) return;
  const these = and(inArray(openings.session, [...sessions]), isNull(openings.closedAt));
  await db.update(openings).set({ closedAt: now }).where(these);
}

export async function openOf(db: Database, whose: { signIn: string } | { principal: string }) {
  const owner =
    "signIn" in whose ? eq(openings.signIn, whose.signIn) : eq(openings.principal, whose.principal);
  const rows = await db
    .select({ session: openings.session })
    .from(openings)
    .where(and(owner, isNull(openings.closedAt)));
  return rows.map((row) => row.session);
}

export async function allOpen(db: Database): Promise<readonly string[]> {
  const rows = await db
    .select({ session: openings.session })
    .from(openings)
    .where(isNull(openings.closedAt));
  return rows.map((row) => row.session);
}
