import { revokeApiTokens } from "../../store/api-tokens.ts";
import { audit, hostsOfSignIn } from "../../store/audit.ts";
import type { Database } from "../../store/db.ts";
import type { Principal } from "../../core/session.ts";
import { openSessions } from "../../store/openings.ts";
import { principalById, seen } from "../../store/principals.ts";
import { endSignIn } from "../../store/tokens.ts";
import { revoke } from "../sessions.ts";

/** Why a sign-in ended; sessions get it as the code of their ending. */
export type EndReason =
  | "signed-out"
  | "expired"
  | "code-misused"
  | "token-reused"
  | "issuer-refused"
  | "groups-changed"
  | "denied"
  | "sign-in-revoked";

const SENTENCES: Readonly<Record<EndReason, string>> = {
  "signed-out": "You signed out.",
  expired: "The sign-in has expired.",
  "code-misused": "The sign-in was ended because its code was used twice or by somebody else.",
  "token-reused": "The sign-in was ended because its refresh token was used twice.",
  "issuer-refused": "The identity provider ended the sign-in.",
  denied: "The person refused the device.",
  "sign-in-revoked": "This sign-in was revoked.",
  "groups-changed": "Your groups have changed: open the resource again.",
};

/**
 * Ends the sign-in and every live session that it opened. What is marked ends at its next ping,
 * also where no notice reaches it.
 */
export async function endSignInAndSessions(
  env: Env,
  db: Database,
  signIn: string,
  why: EndReason,
  now: number,
): Promise<void> {
  const ended = await endSignIn(db, signIn, why, now);
  const sessions = await openSessions(db, { signIn });
  await revoke(env, db, sessions, { code: why, reason: SENTENCES[why] }, now);
  if (why === "token-reused" || why === "code-misused") {
    await endApiTokens(env, db, signIn, why, now);
  }
  if (ended === null) return;
  // Whose it was: she may not be the one who ended it, but it is found beside what she did.
  const actor = await principalById(db, ended.principal);
  const action = why === "signed-out" ? "sign-out" : "sign-in.ended";
  const event = { actor, action, subject: signIn, outcome: "done", detail: { why } } as const;
  await audit(db, event, now);
  for (const resource of await hostsOfSignIn(db, signIn)) {
    await audit(db, { ...event, action: "host.sign-out", detail: { resource, why } }, now);
  }
}

/** Whoever stole a sign-in may have made tokens with it. */
async function endApiTokens(
  env: Env,
  db: Database,
  signIn: string,
  why: EndReason,
  now: number,
): Promise<void> {
  for (const subject of await revokeApiTokens(db, { signIn }, now)) {
    const sessions = await openSessions(db, { apiToken: subject });
    await revoke(env, db, sessions, { code: why, reason: SENTENCES[why] }, now);
    const event = { actor: null, action: "api-token.revoke", outcome: "done" } as const;
    await audit(db, { ...event, subject, detail: { why } }, now);
  }
}

/**
 * Writes down what the issuer says of somebody now. A session keeps the groups that it was opened
 * with: when they are others, it ends, and is opened again.
 */
export async function vouched(
  env: Env,
  db: Database,
  principal: Principal,
  now: number,
): Promise<void> {
  if (!(await seen(db, principal, now))) return;
  const sessions = await openSessions(db, { principal: principal.id });
  const why = { code: "groups-changed", reason: SENTENCES["groups-changed"] };
  const detail = { groups: principal.groups.join(", ").slice(0, 500), sessions: sessions.length };
  const event = { actor: principal, action: "groups.changed", outcome: "done", detail } as const;
  await audit(db, { ...event, subject: principal.id }, now);
  await revoke(env, db, sessions, why, now);
}
