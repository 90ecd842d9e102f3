import { drizzle } from "drizzle-orm/d1";

/** D1 through drizzle. Columns are snake_case in SQL, camelCase here. */
export const database = (env: { readonly DB: D1Database }) =>
  drizzle(env.DB, { casing: "snake_case" });

export type Database = ReturnType<typeof database>;
