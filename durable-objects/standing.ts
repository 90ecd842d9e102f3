import { eq } from "drizzle-orm";
import { database } from "../store/db.ts";
import { openings } from "../store/openings.ts";
import { currentPolicy, currentVersion } from "../store/policies.ts";
import { sessions } from "../store/sessions.ts";
import { signIns } from "../store/tokens.ts";
import type { ObjectsEnv } from "./env.ts";
import type { Notice } from "./session.ts";

/**
 * What a session should have been told, in case the word was lost: somebody ended it, its sign-in
 * is over, or another policy is in force. Null: all stands. Throws when D1 does not answer.
 */
export async function standing(
  env: ObjectsEnv,
  session: string,
  policy: string,
): Promise<Notice | null> {
  const db = database(env);
  const [row] = await db
    .select({
      revokedReason: sessions.revokedReason,
      revokedAt: sessions.revokedAt,
      signInEndedAt: signIns.endedAt,
    })
    .from(sessions)
    .leftJoin(openings, eq(openings.session, sessions.id))
    .leftJoin(signIns, eq(signIns.id, openings.signIn))
    .where(eq(sessions.id, session));
  if (row === undefined) return revoke("The gateway has no record of this session.");
  if (row.revokedAt !== null) return revoke(row.revokedReason ?? "Somebody ended this session.");
  if (row.signInEndedAt !== null) return revoke("Your sign-in has ended.");
  const version = await currentVersion(db);
  if (version === null || version === policy) return null;
  const current = await currentPolicy(db);
  if (current === null) return null;
  return { do: "policy", version: current.version, source: current.source };
}

const revoke = (reason: string): Notice => ({ do: "revoke", code: "revoked", reason });
