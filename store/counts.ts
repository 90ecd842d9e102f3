import { and, desc, gte, lt, sql } from "drizzle-orm";
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type Count, type Counted } from "../core/recording/counts.ts";
import type { Database } from "./db.ts";
import { resourceIds } from "./policies.ts";

/** How much happened on a resource in an hour, added up from the recordings as they are shipped. */
export const hourlyCounts = sqliteTable(
  "hourly_counts",
  {
    /** Since 1970, in UTC. */
    hour: integer().notNull(),
    resource: text().notNull(),
    kind: text().$type<Counted>().notNull(),
    n: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.resource, table.kind] })],
);

/**
 * For the batch that puts a chunk's head, before it: adds what no earlier head of the same chunk
 * has counted. After a crash the chunk comes again, and may have grown.
 */
export function addCounts(
  db: Database,
  chunk: { readonly session: string; readonly first: number; readonly resource: string },
  counts: readonly Count[],
) {
  const rows = JSON.stringify(counts.map(({ seq, hour, kind, n }) => [seq, hour, kind, n]));
  const { session, first, resource } = chunk;
  const fresh = sql`
    select value ->> 1 as hour, ${resource}, value ->> 2 as kind, sum(value ->> 3)
    from json_each(${rows})
    where value ->> 0 > coalesce((select last from recording_chunks
      where session = ${session} and first = ${first}), 0)
    group by hour, kind`;
  const { hour, resource: on, kind } = hourlyCounts;
  return db
    .insert(hourlyCounts)
    .select(fresh)
    .onConflictDoUpdate({ target: [hour, on, kind], set: { n: sql`n + excluded.n` } });
}

export type HourlyCount = typeof hourlyCounts.$inferSelect & {
  /** Null: no policy names it any more under a name that is known. */
  readonly name: string | null;
};

/** Of the hours from `from` on and before `to`. */
export async function countsBetween(
  db: Database,
  from: number,
  to: number,
): Promise<readonly HourlyCount[]> {
  const { hour, resource, kind, n } = hourlyCounts;
  return db
    .select({ hour, resource, kind, n, name: resourceIds.name })
    .from(hourlyCounts)
    .leftJoin(resourceIds, sql`${resourceIds.id} = ${resource}`)
    .where(and(gte(hour, from), lt(hour, to)))
    .orderBy(desc(hour));
}
