import { and, eq, isNull, lte } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { idempotencyHours, idempotencyWaitSeconds } from "../core/limits.ts";
import type { Database } from "./db.ts";

/** Requests that came with an `Idempotency-Key`, so that a second one changes nothing. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    /** SHA-256 of who asked and the key. */
    hash: text().primaryKey(),
    /** SHA-256 of the method, the address and the body. */
    request: text().notNull(),
    askedAt: integer().notNull(),
    /** Null while the first one is under way. */
    status: integer(),
    /** What it was answered, sealed for `idempotency:<hash>`. */
    answer: text(),
  },
  (table) => [index("idempotency_by_time").on(table.askedAt)],
);

export type Claim =
  | { readonly is: "first" }
  | { readonly is: "other" | "under way" }
  | { readonly is: "done"; readonly status: number; readonly answer: string };

/**
 * Of two at once one is first. One that was never answered (the gateway fell) is free again after
 * `idempotencyWaitSeconds`.
 */
export async function claimKey(
  db: Database,
  hash: string,
  request: string,
  now: number,
): Promise<Claim> {
  const lost = lte(idempotencyKeys.askedAt, now - idempotencyWaitSeconds * 1000);
  const free = and(eq(idempotencyKeys.hash, hash), isNull(idempotencyKeys.status), lost);
  const old = lte(idempotencyKeys.askedAt, now - idempotencyHours * 3_600_000);
  const [, , added] = await db.batch([
    db.delete(idempotencyKeys).where(free),
    db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.hash, hash), old)),
    db
      .insert(idempotencyKeys)
      .values({ hash, request, askedAt: now })
      .onConflictDoNothing()
      .returning({ hash: idempotencyKeys.hash }),
  ]);
  if (added.length > 0) return { is: "first" };
  const [row] = await db.select().from(idempotencyKeys).where(eq(idempotencyKeys.hash, hash));
  if (row === undefined) return { is: "under way" };
  if (row.request !== request) return { is: "other" };
  const { status, answer } = row;
  return status === null ? { is: "under way" } : { is: "done", status, answer: answer ?? "" };
}

export async function keepAnswer(db: Database, hash: string, status: number, answer: string) {
  await db.update(idempotencyKeys).set({ status, answer }).where(eq(idempotencyKeys.hash, hash));
}

/** It changed nothing: the same key may be used once more. */
export async function freeKey(db: Database, hash: string): Promise<void> {
  await db.delete(idempotencyKeys).where(eq(idempotencyKeys.hash, hash));
}

/** Called by the hourly schedule. */
export async function forgetOldKeys(db: Database, now: number): Promise<void> {
  const old = lte(idempotencyKeys.askedAt, now - idempotencyHours * 3_600_000);
  await db.delete(idempotencyKeys).where(old);
}
