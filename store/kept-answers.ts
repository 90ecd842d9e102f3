import { and, eq, lte, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { keptAnswerSeconds, keptAnswersMax, lostRequestSeconds } from "../core/limits.ts";
import type { Database } from "./db.ts";

/** What a request with an Idempotency-Key was answered, for whoever sends it again. */
export const keptAnswers = sqliteTable(
  "kept_answers",
  {
    /** Of caller, method, address and key. */
    hash: text().primaryKey(),
    caller: text().notNull(),
    /** SHA-256 of the body, hex. */
    digest: text().notNull(),
    startedAt: integer().notNull(),
    /** Sealed for `answer:<hash>`; null while the request is under way, or was lost. */
    answer: text(),
  },
  (table) => [
    index("kept_answers_by_caller").on(table.caller, table.startedAt),
    index("kept_answers_by_time").on(table.startedAt),
  ],
);
type Begun = Omit<typeof keptAnswers.$inferSelect, "answer">;

/**
 * Null: the request is the caller's to carry out, for it is the first under its key, or the one
 * before was lost or is forgotten. Else what is known of the first. Of two at once one wins. The
 * caller's oldest give way.
 */
export async function beginOnce(db: Database, begun: Begun) {
  const { hash, caller, digest, startedAt } = begun;
  const lost = startedAt - lostRequestSeconds * 1000;
  const forgotten = startedAt - keptAnswerSeconds * 1000;
  const again = sql`${keptAnswers.startedAt} <= ${forgotten} or (
    ${keptAnswers.answer} is null and ${keptAnswers.startedAt} <= ${lost}
    and ${keptAnswers.digest} = ${digest})`;
  const [mine] = await db
    .insert(keptAnswers)
    .values(begun)
    .onConflictDoUpdate({
      target: keptAnswers.hash,
      set: { digest, startedAt, answer: null },
      setWhere: again,
    })
    .returning({ hash: keptAnswers.hash });
  if (mine !== undefined) {
    await db.delete(keptAnswers).where(sql`hash in (select hash from kept_answers
      where caller = ${caller} order by started_at desc limit -1 offset ${keptAnswersMax})`);
    return null;
  }
  const [row] = await db.select().from(keptAnswers).where(eq(keptAnswers.hash, hash));
  return row ?? { ...begun, answer: null };
}

/** The same request, and no later one that took its place. */
const isStill = ({ hash, startedAt }: Pick<Begun, "hash" | "startedAt">) =>
  and(eq(keptAnswers.hash, hash), eq(keptAnswers.startedAt, startedAt));

export async function keepAnswer(db: Database, begun: Begun, answer: string): Promise<void> {
  await db.update(keptAnswers).set({ answer }).where(isStill(begun));
}

/** Nothing was done under the key: the next request is the first. */
export async function forgetRequest(db: Database, begun: Begun): Promise<void> {
  await db.delete(keptAnswers).where(isStill(begun));
}

/** Called by the hourly schedule. */
export async function forgetOldAnswers(db: Database, now: number): Promise<void> {
  const until = now - keptAnswerSeconds * 1000;
  await db.delete(keptAnswers).where(lte(keptAnswers.startedAt, until));
}
