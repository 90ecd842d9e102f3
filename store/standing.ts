import { eq } from "drizzle-orm";
import { apiTokens } from "./api-tokens.ts";
import type { Database } from "./db.ts";
import { openings } from "./openings.ts";
import { principals } from "./principals.ts";
import { sessions } from "./sessions.ts";
import { signIns } from "./tokens.ts";

/** All that a live session hangs on, in one question. Null: nobody knows the session. */
export async function standingOf(db: Database, session: string) {
  const [row] = await db
    .select({
      revokedReason: sessions.revokedReason,
      revokedAt: sessions.revokedAt,
      openingClosedAt: openings.closedAt,
      signInEndedAt: signIns.endedAt,
      apiToken: openings.apiToken,
      apiTokenRevokedAt: apiTokens.revokedAt,
      apiTokenExpiresAt: apiTokens.expiresAt,
      groups: principals.groups,
      groupsReadAt: principals.groupsReadAt,
    })
    .from(sessions)
    .leftJoin(openings, eq(openings.session, sessions.id))
    .leftJoin(apiTokens, eq(apiTokens.id, openings.apiToken))
    .leftJoin(signIns, eq(signIns.id, openings.signIn))
    .leftJoin(principals, eq(principals.id, sessions.principal))
    .where(eq(sessions.id, session));
  return row ?? null;
}
