import { asc, eq } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SignedHead } from "../core/recording/chunk.ts";
import type { Database } from "./db.ts";

/** The signed head of every chunk in the store; its bytes lie at `chunkKey(session, first)`. */
export const chunks = sqliteTable(
  "recording_chunks",
  {
    session: text().notNull(),
    first: integer().notNull(),
    last: integer().notNull(),
    h: text().notNull(),
    at: integer().notNull(),
    delivered: integer().notNull(),
    key: text().notNull(),
    signature: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.session, table.first] }),
    index("chunks_by_time").on(table.at, table.session, table.first),
  ],
);

/**
 * The same chunk again (a crash between the store and here) replaces what it said before. A query:
 * await it, or put it into a batch.
 */
export function putChunk(db: Database, head: SignedHead) {
  const { session, first, last, h, at, delivered, key, signature } = head;
  const fresh = { last, h, at, delivered, key, signature };
  return db
    .insert(chunks)
    .values({ session, first, ...fresh })
    .onConflictDoUpdate({ target: [chunks.session, chunks.first], set: fresh });
}

/** In the order of the recording. */
export async function chunksOf(db: Database, session: string): Promise<readonly SignedHead[]> {
  return db.select().from(chunks).where(eq(chunks.session, session)).orderBy(asc(chunks.first));
}
