import type { Database } from "../store/db.ts";
import { forgetBefore } from "../store/search.ts";
import { policyInForce } from "./applied.ts";

const dayMs = 86_400_000;

/** What was said in a session can be searched for as long as its recording shall be kept. */
export async function forgetOldStatements(db: Database, now: number): Promise<void> {
  const applied = await policyInForce(db);
  if (applied === null) return;
  await forgetBefore(db, now - applied.document.recording.retentionDays * dayMs);
}
