import { and, asc, desc, gt, lte } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ListedChunk } from "../core/recording/hours.ts";
import type { Database } from "./db.ts";
import { chunks } from "./recordings.ts";

/** The chained heads over all sessions (core/recording/hours.ts), one entry an hour or more. */
export const hours = sqliteTable("recording_hours", {
  number: integer().primaryKey(),
  body: text().notNull(),
  /** Hex of the entry's hash: what the next one names. */
  h: text().notNull(),
  until: integer().notNull(),
  key: text().notNull(),
  signature: text().notNull(),
});
export type HourRow = typeof hours.$inferSelect;

/** Null before the first. */
export async function lastHour(db: Database): Promise<HourRow | null> {
  const [row] = await db.select().from(hours).orderBy(desc(hours.number)).limit(1);
  return row ?? null;
}

/** All or none. Throws when somebody else has added the same number. */
export async function addHours(db: Database, rows: readonly HourRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) => db.insert(hours).values(row));
  if (first !== undefined) await db.batch([first, ...rest]);
}

/** Oldest first. `after` is the number of the last one seen. */
export async function hoursAfter(
  db: Database,
  page: { readonly limit: number; readonly after: number },
): Promise<readonly HourRow[]> {
  return db
    .select()
    .from(hours)
    .where(gt(hours.number, page.after))
    .orderBy(asc(hours.number))
    .limit(page.limit);
}

/** Chunks that were signed after `from`, up to `until`. */
export async function chunksSigned(
  db: Database,
  from: number,
  until: number,
): Promise<readonly ListedChunk[]> {
  const { session, first, last, h, at } = chunks;
  return db
    .select({ session, first, last, h })
    .from(chunks)
    .where(and(gt(at, from), lte(at, until)))
    .orderBy(asc(at), asc(session), asc(first));
}
