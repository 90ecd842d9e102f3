import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";

/** How the last sessions came to each target: what a session sees by itself, not a probe. */
export const resourceHealth = sqliteTable("resource_health", {
  resource: text().primaryKey(),
  reachedAt: integer(),
  /** Of the connection, and of the login after it. */
  dialMs: integer(),
  loginMs: integer(),
  failedAt: integer(),
  failure: text(),
});
export type HealthRow = typeof resourceHealth.$inferSelect;

/** How one session came to its target, or why it did not. */
export type Arrival =
  | {
      readonly is: "reached";
      readonly at: number;
      readonly dialMs: number;
      readonly loginMs: number;
    }
  | { readonly is: "failed"; readonly at: number; readonly why: string };

/** A sentence of the target's own may be long. */
const whyCharactersMax = 500;

/** The last one of each kind stays. */
export async function noteArrival(db: Database, resource: string, how: Arrival): Promise<void> {
  const fresh =
    how.is === "reached"
      ? { reachedAt: how.at, dialMs: how.dialMs, loginMs: how.loginMs }
      : { failedAt: how.at, failure: how.why.slice(0, whyCharactersMax) };
  await db
    .insert(resourceHealth)
    .values({ resource, ...fresh })
    .onConflictDoUpdate({ target: resourceHealth.resource, set: fresh });
}

/** By the resource's id. */
export async function healthOfAll(db: Database): Promise<ReadonlyMap<string, HealthRow>> {
  const rows = await db.select().from(resourceHealth);
  return new Map(rows.map((row) => [row.resource, row]));
}
