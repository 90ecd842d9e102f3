import { desc, eq, inArray, lt } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";
import { newId } from "./ids.ts";

/** Every policy document that was ever applied; the one with the highest `number` is in force. */
export const policies = sqliteTable("policies", {
  version: text().primaryKey(),
  /** Counts from 1 without gaps. Unique, so that of two applies at once one loses. */
  number: integer().notNull().unique(),
  source: text().notNull(),
  sha256: text().notNull(),
  /** Principal's id and name. */
  author: text().notNull(),
  authorName: text().notNull(),
  appliedAt: integer().notNull(),
});
export type PolicyRow = typeof policies.$inferSelect;

/** A resource's id stays with its name for ever: recordings and approvals refer to it. */
export const resourceIds = sqliteTable("resource_ids", {
  name: text().primaryKey(),
  id: text().notNull().unique(),
});

/** Null: none has been applied yet. */
export async function currentPolicy(db: Database): Promise<PolicyRow | null> {
  const [row] = await db.select().from(policies).orderBy(desc(policies.number)).limit(1);
  return row ?? null;
}

/** The version alone: what a request asks to see whether what it holds is still in force. */
export async function currentVersion(db: Database): Promise<string | null> {
  const [row] = await db
    .select({ version: policies.version })
    .from(policies)
    .orderBy(desc(policies.number))
    .limit(1);
  return row?.version ?? null;
}

/** Any version that was ever in force. */
export async function policyByVersion(db: Database, version: string): Promise<PolicyRow | null> {
  const [row] = await db.select().from(policies).where(eq(policies.version, version));
  return row ?? null;
}

/** The newest version with that very text, if it was ever in force. */
export async function policyByText(db: Database, sha256: string): Promise<PolicyRow | null> {
  const same = eq(policies.sha256, sha256);
  const newest = desc(policies.number);
  const [row] = await db.select().from(policies).where(same).orderBy(newest).limit(1);
  return row ?? null;
}

/** Newest first. `after` is the number of the last one seen. */
export async function policyVersions(
  db: Database,
  page: { readonly limit: number; readonly after: number | null },
): Promise<PolicyRow[]> {
  return db
    .select()
    .from(policies)
    .where(page.after === null ? undefined : lt(policies.number, page.after))
    .orderBy(desc(policies.number))
    .limit(page.limit);
}

/** Null when another apply came between: `number` is taken. */
export async function addPolicy(db: Database, row: PolicyRow): Promise<PolicyRow | null> {
  const [added] = await db.insert(policies).values(row).onConflictDoNothing().returning();
  return added ?? null;
}

/** The id of each name, made where there is none. */
export async function idsOfResources(
  db: Database,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const known = await knownIds(db, names);
  const fresh = names.filter((name) => !known.has(name));
  if (fresh.length === 0) return known;
  for (let at = 0; at < fresh.length; at += 40) {
    const rows = fresh.slice(at, at + 40).map((name) => ({ name, id: newId("res") }));
    await db.insert(resourceIds).values(rows).onConflictDoNothing();
  }
  return knownIds(db, names);
}

/** D1 binds 100 parameters at most. */
async function knownIds(db: Database, names: readonly string[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (let at = 0; at < names.length; at += 90) {
    const part = inArray(resourceIds.name, names.slice(at, at + 90));
    const rows = await db.select().from(resourceIds).where(part);
    for (const { name, id } of rows) ids.set(name, id);
  }
  return ids;
}
