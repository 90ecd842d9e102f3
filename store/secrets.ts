import { asc, eq, inArray } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";

/** Credentials of targets, sealed for `secret:<name>` (store/seal.ts). */
export const secrets = sqliteTable("secrets", {
  name: text().primaryKey(),
  sealed: text().notNull(),
  author: text().notNull(),
  updatedAt: integer().notNull(),
});

/** What a secret is sealed for. */
export const secretPurpose = (name: string): string => `secret:${name}`;

/** Replaces what was there. */
export async function putSecret(db: Database, row: typeof secrets.$inferInsert): Promise<void> {
  const { name, ...fresh } = row;
  await db
    .insert(secrets)
    .values({ name, ...fresh })
    .onConflictDoUpdate({ target: secrets.name, set: fresh });
}

/** Null: nobody has set it. */
export async function sealedSecret(db: Database, name: string): Promise<string | null> {
  const [row] = await db.select().from(secrets).where(eq(secrets.name, name));
  return row?.sealed ?? null;
}

/** Never the sealed value. */
export async function listSecrets(db: Database) {
  const { name, author, updatedAt } = secrets;
  return db.select({ name, author, updatedAt }).from(secrets).orderBy(asc(name));
}

/** Those of the names that nobody has set. */
export async function missingSecrets(
  db: Database,
  names: readonly string[],
): Promise<readonly string[]> {
  const known = new Set<string>();
  for (let at = 0; at < names.length; at += 90) {
    const part = names.slice(at, at + 90);
    const rows = await db
      .select({ name: secrets.name })
      .from(secrets)
      .where(inArray(secrets.name, part));
    for (const row of rows) known.add(row.name);
  }
  return names.filter((name) => !known.has(name));
}
