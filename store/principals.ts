import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Principal } from "../core/session.ts";
import type { Database } from "./db.ts";

/** Everybody whom the issuer has vouched for, as last seen. */
export const principals = sqliteTable(
  "principals",
  {
    /**
     * The issuer's subject; a service's has `service:` before it, so that no client id is a person.
     */
    id: text().primaryKey(),
    name: text().notNull(),
    kind: text({ enum: ["person", "service"] }).notNull(),
    groups: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    /** UnixMs at which the issuer said so. */
    groupsReadAt: integer().notNull(),
    firstSeenAt: integer().notNull(),
  },
  (table) => [index("principals_by_name").on(table.name)],
);

/**
 * What the issuer says now takes the place of what it said before. Answers whether somebody known
 * has other groups than then.
 */
export async function seen(db: Database, principal: Principal, now: number): Promise<boolean> {
  const before = await principalById(db, principal.id);
  const kind = principal.kind === "service" ? "service" : "person";
  const fresh = {
    name: principal.name,
    kind,
    groups: principal.groups,
    groupsReadAt: now,
  } as const;
  await db
    .insert(principals)
    .values({ id: principal.id, ...fresh, firstSeenAt: now })
    .onConflictDoUpdate({ target: principals.id, set: fresh });
  return before !== null && !sameGroups(before.groups, principal.groups);
}

/** Whatever their order. */
export const sameGroups = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());

/** Null: never seen. */
export async function principalById(db: Database, id: string) {
  const [row] = await db.select().from(principals).where(eq(principals.id, id));
  return row ?? null;
}

/** In the order of their names. `after` is the id of the last one seen. */
export async function listPrincipals(
  db: Database,
  filter: { readonly name: string | null; readonly limit: number; readonly after: string | null },
) {
  const { id, name } = principals;
  const { name: start, after, limit } = filter;
  const last = sql`(select name, id from principals where id = ${after})`;
  return db
    .select()
    .from(principals)
    .where(
      and(
        start === null ? undefined : gte(name, start),
        start === null ? undefined : lt(name, `${start}\u{10ffff}`),
        after === null ? undefined : sql`(name, id) > ${last}`,
      ),
    )
    .orderBy(asc(name), asc(id))
    .limit(limit);
}

/** Everybody who is called that today. */
export async function idsNamed(db: Database, name: string): Promise<readonly string[]> {
  const rows = await db
    .select({ id: principals.id })
    .from(principals)
    .where(eq(principals.name, name))
    .limit(50);
  return rows.map((row) => row.id);
}
