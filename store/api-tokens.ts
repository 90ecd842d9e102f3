import { and, count, desc, eq, gt, isNull, lt, lte, or, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Scope } from "../core/api/scope.ts";
import type { Database } from "./db.ts";
import { principals } from "./principals.ts";
import { signIns } from "./tokens.ts";

/** Tokens for automation. The secret is known to whoever made it alone. */
export const apiTokens = sqliteTable(
  "api_tokens",
  {
    /** Sorts by time (UUIDv7); it is the token's own first part. */
    id: text().primaryKey(),
    hash: text().notNull(),
    /** Principal's id, and the name as then. */
    owner: text().notNull(),
    ownerName: text().notNull(),
    /** The sign-in that made it: where that was stolen, the token goes with it. */
    signIn: text().notNull(),
    name: text().notNull(),
    scopes: text({ mode: "json" }).$type<readonly Scope[]>().notNull(),
    createdAt: integer().notNull(),
    expiresAt: integer().notNull(),
    /** Written at most once a minute. */
    lastUsedAt: integer(),
    revokedAt: integer(),
  },
  (table) => [
    index("api_tokens_by_owner").on(table.owner, table.id),
    index("api_tokens_by_sign_in").on(table.signIn),
  ],
);
export type ApiToken = typeof apiTokens.$inferSelect;

export async function addApiToken(
  db: Database,
  row: Omit<ApiToken, "lastUsedAt" | "revokedAt">,
): Promise<void> {
  await db.insert(apiTokens).values(row);
}

/**
 * A token with all that it hangs on: what the issuer last said of its owner, whether she is signed
 * in anywhere, and whether the issuer's last word was no. Null: nobody knows the token.
 */
export async function apiTokenStanding(db: Database, id: string, now: number) {
  const signedIn = and(
    eq(signIns.principal, apiTokens.owner),
    isNull(signIns.endedAt),
    gt(signIns.endsAt, now),
  );
  const refused = sql<number>`exists (
    select 1 from sign_ins as refused where refused.principal = ${apiTokens.owner}
    and refused.end_reason = 'issuer-refused' and refused.ended_at >= ${principals.groupsReadAt})`;
  const [row] = await db
    .select({ token: apiTokens, owner: principals, signIn: signIns.id, refused })
    .from(apiTokens)
    .innerJoin(principals, eq(principals.id, apiTokens.owner))
    .leftJoin(signIns, signedIn)
    .where(eq(apiTokens.id, id))
    .limit(1);
  return row ?? null;
}

const usedEveryMs = 60_000;

/** For the list. */
export async function noteUse(db: Database, { id, lastUsedAt }: ApiToken, now: number) {
  if (lastUsedAt !== null && now - lastUsedAt < usedEveryMs) return;
  await db.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, id));
}

/** Newest first. `owner` null: everybody's. */
export async function listApiTokens(
  db: Database,
  page: { readonly owner: string | null; readonly limit: number; readonly after: string | null },
): Promise<ApiToken[]> {
  return db
    .select()
    .from(apiTokens)
    .where(
      and(
        page.owner === null ? undefined : eq(apiTokens.owner, page.owner),
        page.after === null ? undefined : lt(apiTokens.id, page.after),
      ),
    )
    .orderBy(desc(apiTokens.id))
    .limit(page.limit);
}

export async function apiTokenById(db: Database, id: string): Promise<ApiToken | null> {
  const [row] = await db.select().from(apiTokens).where(eq(apiTokens.id, id));
  return row ?? null;
}

export async function liveApiTokens(db: Database, owner: string, now: number): Promise<number> {
  const live = and(
    eq(apiTokens.owner, owner),
    isNull(apiTokens.revokedAt),
    gt(apiTokens.expiresAt, now),
  );
  const [row] = await db.select({ tokens: count() }).from(apiTokens).where(live);
  return row?.tokens ?? 0;
}

/** Once: answers the ids of those that this call revoked. */
export async function revokeApiTokens(
  db: Database,
  which: { readonly id: string } | { readonly signIn: string },
  now: number,
): Promise<readonly string[]> {
  const those = "id" in which ? eq(apiTokens.id, which.id) : eq(apiTokens.signIn, which.signIn);
  const rows = await db
    .update(apiTokens)
    .set({ revokedAt: now })
    .where(and(those, isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return rows.map(({ id }) => id);
}

/** Removes what has been over since before `until`. Called by the hourly schedule. */
export async function forgetOldApiTokens(db: Database, until: number): Promise<void> {
  await db
    .delete(apiTokens)
    .where(or(lte(apiTokens.expiresAt, until), lte(apiTokens.revokedAt, until)));
}
