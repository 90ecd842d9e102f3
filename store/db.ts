import { drizzle } from "drizzle-orm/d1";

const over = (d1: D1Database) => drizzle(d1, { casing: "snake_case" });

export type Database = ReturnType<typeof over>;

/** Every request asks for it, and it keeps nothing of one. */
const known = new WeakMap<D1Database, Database>();

/** D1 through drizzle. Columns are snake_case in SQL, camelCase here. */
export function database({ DB }: { readonly DB: D1Database }): Database {
  const made = known.get(DB) ?? over(DB);
  known.set(DB, made);
  return made;
}
