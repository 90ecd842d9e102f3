import { and, eq, gt, lte, or, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./db.ts";

/** What a browser that went to the issuer comes back to. */
export type Purpose =
  | { readonly for: "loopback"; redirectUri: string; state: string; challenge: string }
  | { readonly for: "device"; userCode: string }
  | { readonly for: "page"; to: string };

/** The issuer has to ask the person again, whoever it knows; by `acr`, where that is not null. */
export type Fresh = { readonly acr: string | null };

/** A sign-in on its way to the issuer and back: one use, bound to one browser by a cookie. */
export const attempts = sqliteTable("sign_in_attempts", {
  /** Hash of the `state` sent to the issuer. */
  stateHash: text().primaryKey(),
  cookieHash: text().notNull(),
  nonce: text().notNull(),
  /** The PKCE verifier towards the issuer, sealed for `attempt:<state hash>`. */
  verifier: text().notNull(),
  purpose: text({ mode: "json" }).$type<Purpose>().notNull(),
  /** Null: whom the issuer knows already is good. */
  fresh: text({ mode: "json" }).$type<Fresh>(),
  startedAt: integer().notNull().default(0),
  expiresAt: integer().notNull(),
});
export type Attempt = typeof attempts.$inferSelect;

/** Before the browser is sent away. */
export async function startAttempt(db: Database, attempt: Attempt): Promise<void> {
  await db.insert(attempts).values(attempt);
}

/** Takes it away: whoever comes second finds nothing. */
export async function takeAttempt(
  db: Database,
  stateHash: string,
  now: number,
): Promise<Attempt | null> {
  const [row] = await db.delete(attempts).where(eq(attempts.stateHash, stateHash)).returning();
  return row !== undefined && row.expiresAt > now ? row : null;
}

/** Device codes (RFC 8628) by hash, with the short code that a person types. */
export const deviceCodes = sqliteTable("device_codes", {
  hash: text().primaryKey(),
  userCode: text().notNull().unique(),
  state: text({ enum: ["pending", "asked", "approved", "denied", "used"] }).notNull(),
  /** Hash of the secret in the confirmation form; set while a person looks at it. */
  confirmHash: text(),
  signIn: text(),
  expiresAt: integer().notNull(),
  polledAt: integer().notNull(),
});
export type DeviceCode = typeof deviceCodes.$inferSelect;

/** The device code itself is known to the device alone. */
export async function addDeviceCode(
  db: Database,
  code: { hash: string; userCode: string; expiresAt: number },
): Promise<void> {
  await db.insert(deviceCodes).values({ ...code, state: "pending", polledAt: 0 });
}

/** Nobody has answered for the device yet. */
const waits = or(eq(deviceCodes.state, "pending"), eq(deviceCodes.state, "asked"));

/** Null: no device waits under this code, or no longer. */
export async function pendingDevice(db: Database, userCode: string, now: number) {
  const [row] = await db
    .select()
    .from(deviceCodes)
    .where(and(eq(deviceCodes.userCode, userCode), waits, gt(deviceCodes.expiresAt, now)));
  return row ?? null;
}

/**
 * A signed-in person now looks at the question; an earlier form for the same code is void. What has
 * been answered meanwhile stays.
 */
export async function askDevice(
  db: Database,
  device: { userCode: string; confirmHash: string; signIn: string },
): Promise<void> {
  await db
    .update(deviceCodes)
    .set({ state: "asked", confirmHash: device.confirmHash, signIn: device.signIn })
    .where(and(eq(deviceCodes.userCode, device.userCode), waits));
}

/** The person's answer, once, by the secret in the form. Answers the row as it is now. */
export async function answerDevice(
  db: Database,
  confirmHash: string,
  answer: "approved" | "denied",
  now: number,
): Promise<DeviceCode | null> {
  const [row] = await db
    .update(deviceCodes)
    .set({ state: answer, confirmHash: null })
    .where(and(eq(deviceCodes.confirmHash, confirmHash), gt(deviceCodes.expiresAt, now)))
    .returning();
  return row ?? null;
}

/**
 * One poll: the row as it was before it, so that the caller can see how long ago the last one came.
 */
export async function pollDevice(
  db: Database,
  hash: string,
  now: number,
): Promise<DeviceCode | null> {
  const [row] = await db.select().from(deviceCodes).where(eq(deviceCodes.hash, hash));
  if (row === undefined) return null;
  await db.update(deviceCodes).set({ polledAt: now }).where(eq(deviceCodes.hash, hash));
  return row;
}

/** Of two polls that see "approved", one gets the sign-in. */
export async function takeDevice(db: Database, hash: string): Promise<string | null> {
  const [row] = await db
    .update(deviceCodes)
    .set({ state: "used" })
    .where(and(eq(deviceCodes.hash, hash), eq(deviceCodes.state, "approved")))
    .returning({ signIn: deviceCodes.signIn });
  return row?.signIn ?? null;
}

/** Removes what nobody can come back to. Called by the hourly schedule. */
export async function forgetOldAttempts(db: Database, now: number): Promise<void> {
  await db.batch([
    db.delete(attempts).where(lte(attempts.expiresAt, now)),
    db.delete(deviceCodes).where(sql`expires_at <= ${now}`),
  ]);
}
