import { and, desc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";

/** One sign-in of one principal: the family that all its refresh tokens belong to. */
export const signIns = sqliteTable(
  "sign_ins",
  {
    id: text().primaryKey(),
    principal: text().notNull(),
    /** How it came about: `browser`, `device`, `exchange`. */
    way: text({ enum: ["browser", "device", "exchange"] }).notNull(),
    /** The issuer's refresh token, sealed for `sign-in:<id>`; null when the issuer gave none. */
    issuerToken: text(),
    startedAt: integer().notNull(),
    /** When the issuer last asked who it is, and how (`auth_time`, `acr`); null: it did not say. */
    authenticatedAt: integer(),
    acr: text(),
    /** Absolute: no refresh moves it. */
    endsAt: integer().notNull(),
    endedAt: integer(),
    endReason: text(),
  },
  (table) => [index("sign_ins_by_principal").on(table.principal, table.endedAt)],
);
export type SignIn = typeof signIns.$inferSelect;

/** Refresh tokens by hash. A used one stays until its family ends: seen again, it was stolen. */
export const refreshTokens = sqliteTable(
  "refresh_tokens",
  {
    hash: text().primaryKey(),
    signIn: text().notNull(),
    issuedAt: integer().notNull(),
    usedAt: integer(),
  },
  (table) => [index("refresh_tokens_by_sign_in").on(table.signIn, table.issuedAt)],
);

/** Authorization codes by hash: one use, 60 seconds (RFC 6749 section 4.1.2). */
export const authCodes = sqliteTable("auth_codes", {
  hash: text().primaryKey(),
  signIn: text().notNull(),
  redirectUri: text().notNull(),
  challenge: text().notNull(),
  expiresAt: integer().notNull(),
  usedAt: integer(),
});

/** Its tokens are added once they are given out. */
export async function startSignIn(
  db: Database,
  signIn: Omit<SignIn, "endedAt" | "endReason">,
): Promise<void> {
  await db.insert(signIns).values(signIn);
}

/** Null when it has ended, for whatever reason. */
export async function liveSignIn(db: Database, id: string, now: number): Promise<SignIn | null> {
  const alive = and(eq(signIns.id, id), isNull(signIns.endedAt), gt(signIns.endsAt, now));
  const [row] = await db.select().from(signIns).where(alive);
  return row ?? null;
}

/**
 * The issuer's newest refresh token takes the place of the one before; a sign-in that ended
 * meanwhile keeps none.
 */
export async function keepIssuerToken(db: Database, id: string, sealed: string): Promise<void> {
  const alive = and(eq(signIns.id, id), isNull(signIns.endedAt));
  await db.update(signIns).set({ issuerToken: sealed }).where(alive);
}

/** Ends a sign-in once and forgets what could revive it. Null when it had ended before. */
export async function endSignIn(
  db: Database,
  id: string,
  reason: string,
  now: number,
): Promise<{ readonly principal: string } | null> {
  const [ended] = await db
    .update(signIns)
    .set({ endedAt: now, endReason: reason, issuerToken: null })
    .where(and(eq(signIns.id, id), isNull(signIns.endedAt)))
    .returning({ principal: signIns.principal });
  return ended ?? null;
}

/** The token itself is known to the client alone. */
export async function addRefreshToken(
  db: Database,
  token: { readonly hash: string; readonly signIn: string; readonly issuedAt: number },
): Promise<void> {
  await db.insert(refreshTokens).values(token);
}

/**
 * `spent`: it was used before, so somebody else holds a copy. Compare-and-set: of two uses one
 * wins.
 */
export async function useRefreshToken(
  db: Database,
  hash: string,
  now: number,
): Promise<{ readonly state: "fresh" | "spent"; readonly signIn: string } | null> {
  const [won] = await db
    .update(refreshTokens)
    .set({ usedAt: now })
    .where(and(eq(refreshTokens.hash, hash), isNull(refreshTokens.usedAt)))
    .returning({ signIn: refreshTokens.signIn });
  if (won !== undefined) return { state: "fresh", signIn: won.signIn };
  const known = await refreshTokenOwner(db, hash);
  return known === null ? null : { state: "spent", signIn: known };
}

/** The issuer could not be asked: the token is as good as before. */
export async function unuseRefreshToken(db: Database, hash: string): Promise<void> {
  await db.update(refreshTokens).set({ usedAt: null }).where(eq(refreshTokens.hash, hash));
}

/** The sign-in of a token, used or not. */
export async function refreshTokenOwner(db: Database, hash: string): Promise<string | null> {
  const [row] = await db.select().from(refreshTokens).where(eq(refreshTokens.hash, hash));
  return row?.signIn ?? null;
}

/** The code itself is known to the client alone. */
export async function addAuthCode(
  db: Database,
  code: Omit<typeof authCodes.$inferInsert, "usedAt">,
): Promise<void> {
  await db.insert(authCodes).values(code);
}

/** As `useRefreshToken`: a code that comes twice ends the sign-in (RFC 6749 section 4.1.2). */
export async function useAuthCode(db: Database, hash: string, now: number) {
  const [won] = await db
    .update(authCodes)
    .set({ usedAt: now })
    .where(and(eq(authCodes.hash, hash), isNull(authCodes.usedAt)))
    .returning();
  if (won !== undefined) return { state: "fresh" as const, code: won };
  const [known] = await db.select().from(authCodes).where(eq(authCodes.hash, hash));
  return known === undefined ? null : { state: "spent" as const, code: known };
}

/** Of one principal, the latest first: without what could open or revive it. */
export async function listSignIns(
  db: Database,
  filter: {
    readonly principal: string;
    /** Only this one. */
    readonly id: string | null;
    readonly limit: number;
    /** The id of the last one seen. */
    readonly after: string | null;
  },
) {
  const { id, principal, way, startedAt, endsAt, endedAt, endReason } = signIns;
  const { after, limit } = filter;
  const issuedAt = sql<number | null>`(select max(issued_at) from refresh_tokens
    where sign_in = sign_ins.id)`;
  const live = sql<number>`(select count(*) from openings join sessions
    on sessions.id = openings.session where openings.sign_in = sign_ins.id
    and openings.closed_at is null and sessions.ended_at is null)`;
  return db
    .select({ id, principal, way, startedAt, endsAt, endedAt, endReason, issuedAt, live })
    .from(signIns)
    .where(
      and(
        eq(principal, filter.principal),
        filter.id === null ? undefined : eq(id, filter.id),
        after === null ? undefined : lt(id, after),
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

/** Removes what can no longer be used. Called by the hourly schedule. */
export async function forgetOldTokens(db: Database, now: number): Promise<void> {
  const gone = sql`select id from sign_ins where ends_at <= ${now}`;
  await db.batch([
    db.delete(refreshTokens).where(sql`sign_in in (${gone})`),
    db.delete(authCodes).where(sql`expires_at <= ${now}`),
  ]);
}
