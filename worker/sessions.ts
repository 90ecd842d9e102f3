import type { SessionSpec } from "../core/session.ts";

/** What a live session is told from outside. */
export type Notice =
  | { readonly do: "revoke"; readonly code: string; readonly reason: string }
  | { readonly do: "policy"; readonly version: string; readonly source: string };

/** The SessionObject as the worker sees it. */
export interface SessionStub {
  prepare(spec: SessionSpec): Promise<void>;
  notify(notice: Notice): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

export const sessionStub = (env: Env, id: string): SessionStub =>
  env.SESSIONS.get(env.SESSIONS.idFromName(id)) as unknown as SessionStub;

/** One batch: well under the subrequests of one invocation. */
const batchSessions = 500;

/** Tells the sessions. One that does not answer asks for itself within its ping (CONTRACTS §4). */
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

export const revoke = (
  env: Env,
  sessions: readonly string[],
  why: { readonly code: string; readonly reason: string },
): Promise<void> => notifyAll(env, sessions, { do: "revoke", ...why });
