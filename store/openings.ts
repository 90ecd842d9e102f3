import { and, eq, inArray, isNull, lt, not, or, type SQL, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";
import { sessions } from "./sessions.ts";

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
    /** The API token that opened it, in the name of whose sign-in that is; null: none. */
    apiToken: text(),
    openedAt: integer().notNull(),
    /** Over, abandoned or revoked: a session that lives and finds this set has been revoked. */
    closedAt: integer(),
  },
  (table) => [
    index("openings_by_sign_in").on(table.signIn, table.closedAt),
    index("openings_by_principal").on(table.principal, table.closedAt),
    index("openings_by_api_token").on(table.apiToken, table.closedAt),
    index("openings_open").on(table.closedAt, table.openedAt),
  ],
);

/** Before `prepare`, so that no session is without its sign-in. */
export async function addOpening(
  db: Database,
  opening: Omit<typeof openings.$inferInsert, "closedAt">,
): Promise<void> {
  await db.insert(openings).values(opening);
}

/**
 * `prepare` is void after ten seconds: an opening without a session after this never became one.
 */
const beginningMs = 60_000;

const ended = sql`exists (select 1 from sessions where id = ${openings.session}
  and ended_at is not null)`;
const begun = sql`exists (select 1 from sessions where id = ${openings.session})`;

/**
 * Closes the openings of sessions that are over, and those that nobody picked up. Called by the
 * hourly schedule.
 */
export async function closeOpenings(db: Database, now: number): Promise<void> {
  const abandoned = and(lt(openings.openedAt, now - beginningMs), not(begun));
  const over = and(isNull(openings.closedAt), or(ended, abandoned));
  await db.update(openings).set({ closedAt: now }).where(over);
}

/** Sessions that are live, or about to be: of a sign-in, a principal, an API token, or all. */
export async function openSessions(db: Database, whose: Whose): Promise<readonly string[]> {
  const rows = await db
    .select({ session: openings.session })
    .from(openings)
    .where(and(owner(whose), isNull(openings.closedAt), not(ended)));
  return rows.map((row) => row.session);
}

export type Whose =
  | { readonly signIn: string }
  | { readonly principal: string }
  | { readonly apiToken: string }
  | "all";

function owner(whose: Whose): SQL | undefined {
  if (whose === "all") return undefined;
  if ("apiToken" in whose) return eq(openings.apiToken, whose.apiToken);
  return "signIn" in whose
    ? eq(openings.signIn, whose.signIn)
    : eq(openings.principal, whose.principal);
}

/**
 * What the sessions themselves ask for, at their opening and at each ping, should the notice not
 * reach them. One that has no row yet finds its opening closed.
 */
export async function markRevoked(
  db: Database,
  ids: readonly string[],
  reason: string,
  now: number,
): Promise<void> {
  for (let at = 0; at < ids.length; at += 90) {
    const part = ids.slice(at, at + 90);
    const live = and(inArray(sessions.id, part), isNull(sessions.revokedAt));
    const open = and(inArray(openings.session, part), isNull(openings.closedAt));
    await db.batch([
      db.update(sessions).set({ revokedAt: now, revokedReason: reason }).where(live),
      db.update(openings).set({ closedAt: now }).where(open),
    ]);
  }
}
