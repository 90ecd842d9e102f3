import type { Database } from "../store/db.ts";
import { markRevoked } from "../store/openings.ts";

/** The object of one session; it is named by the id. */
export const sessionStub = (env: Env, id: string) => env.SESSIONS.get(env.SESSIONS.idFromName(id));

/** What a live session is told from outside. */
export type Notice = Parameters<ReturnType<typeof sessionStub>["notify"]>[0];

/** One batch: well under the subrequests of one invocation. */
const batchSessions = 500;

/** Tells the sessions. One that does not answer asks for itself at its next ping (CONTRACTS §4). */
export async function notifyAll(
  env: Env,
  sessions: readonly string[],
  notice: Notice,
): Promise<void> {
  for (let at = 0; at < sessions.length; at += batchSessions) {
    const batch = sessions.slice(at, at + batchSessions);
    await Promise.allSettled(batch.map((id) => sessionStub(env, id).notify(notice)));
  }
}

/** Ends the sessions: by notice at once, and by the mark in D1 should a notice be lost. */
export async function revoke(
  env: Env,
  db: Database,
  sessions: readonly string[],
  why: { readonly code: string; readonly reason: string },
  now: number,
): Promise<void> {
  const marked = markRevoked(db, sessions, why.reason, now);
  await Promise.all([marked, notifyAll(env, sessions, { do: "revoke", ...why })]);
}
