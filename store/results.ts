import { and, eq, gt, inArray, lte, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { resultSeconds, resultsForgottenMax } from "../core/limits.ts";
import type { Database } from "./db.ts";

/**
 * A held request whose client comes again for the answer. The answer itself lies sealed in R2; here
 * is the key to it.
 */
export const results = sqliteTable(
  "results",
  {
    id: text().primaryKey(),
    session: text().notNull(),
    /** Who may fetch it, and nobody else. */
    principal: text().notNull(),
    resource: text().notNull(),
    /** That decides, or has decided. */
    review: text().notNull(),
    /**
     * `unsent`, `lost`: whoever held the request is gone, and nothing more will come of it. What
     * was lost may have left for the service.
     */
    state: text({ enum: ["waiting", "done", "unsent", "lost"] }).notNull(),
    /** Sealed for `result:<id>`; null until it is done. */
    key: text(),
    /** When the review expires. */
    expiresAt: integer().notNull(),
    /** From then on nobody is told that it was there. */
    until: integer().notNull(),
  },
  (table) => [
    index("results_by_until").on(table.until),
    index("results_waiting")
      .on(table.session)
      .where(sql`state = 'waiting'`),
  ],
);
export type ResultRow = typeof results.$inferSelect;

export const resultKeyPurpose = (id: string): string => `result:${id}`;

/** Where in R2 it lies. */
export const resultPlace = (id: string): string => `results/${id}`;

const dayAfter = (at: number): number => at + resultSeconds * 1000;

export async function addResult(
  db: Database,
  row: Omit<ResultRow, "state" | "key" | "until">,
): Promise<void> {
  await db.insert(results).values({ ...row, state: "waiting", until: dayAfter(row.expiresAt) });
}

/** Another review decides now: the policy has changed meanwhile. */
export async function resultReviewed(
  db: Database,
  id: string,
  { review, expiresAt }: Pick<ResultRow, "review" | "expiresAt">,
): Promise<void> {
  await db
    .update(results)
    .set({ review, expiresAt, until: dayAfter(expiresAt) })
    .where(and(eq(results.id, id), eq(results.state, "waiting")));
}

/** The answer lies in R2, whole, and opens by `key`. False: nobody waits for it any more. */
export async function resultDone(
  db: Database,
  id: string,
  key: string,
  now: number,
): Promise<boolean> {
  const done = await db
    .update(results)
    .set({ state: "done", key, until: dayAfter(now) })
    .where(eq(results.id, id))
    .returning({ id: results.id });
  return done.length > 0;
}

export async function resultLost(
  db: Database,
  id: string,
  state: "unsent" | "lost",
): Promise<void> {
  await db
    .update(results)
    .set({ state })
    .where(and(eq(results.id, id), eq(results.state, "waiting")));
}

export async function resultOf(db: Database, id: string, now: number): Promise<ResultRow | null> {
  const known = and(eq(results.id, id), gt(results.until, now));
  const [row] = await db.select().from(results).where(known);
  return row ?? null;
}

/** Of a session, those that wait. */
export async function waitingResults(db: Database, session: string): Promise<ResultRow[]> {
  // To the letter, so that SQLite sees that the index of those that wait has them all.
  const waiting = and(eq(results.session, session), sql`state = 'waiting'`);
  return db.select().from(results).where(waiting);
}

/** The key goes first: without it nothing opens what may be left. */
export async function forgetResult(db: Database, bucket: R2Bucket, id: string): Promise<void> {
  await db.delete(results).where(eq(results.id, id));
  await bucket.delete(resultPlace(id));
}

/** Called by the hourly schedule. */
export async function forgetOldResults(db: Database, bucket: R2Bucket, now: number): Promise<void> {
  for (;;) {
    const old = await db
      .select({ id: results.id })
      .from(results)
      .where(lte(results.until, now))
      .orderBy(results.until)
      .limit(resultsForgottenMax);
    const ids = old.map(({ id }) => id);
    if (ids.length === 0) return;
    await bucket.delete(ids.map(resultPlace));
    for (let at = 0; at < ids.length; at += parametersMax) {
      await db.delete(results).where(inArray(results.id, ids.slice(at, at + parametersMax)));
    }
  }
}

/** D1 binds no more in one statement. */
const parametersMax = 100;
