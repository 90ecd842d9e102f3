import type { Context } from "hono";
import { issuerTurnSeconds } from "../../core/limits.ts";
import type { Principal } from "../../core/session.ts";
import type { Database } from "../../store/db.ts";
import { principalById } from "../../store/principals.ts";
import { open, seal } from "../../store/seal.ts";
import { keepIssuerToken, liveSignIn, type SignIn } from "../../store/tokens.ts";
import { callerStub } from "../caller.ts";
import type { App } from "../context.ts";
import { endSignInAndSessions, vouched } from "./ending.ts";
import { type Claimed, IssuerError, readAgain } from "./issuer.ts";
import { personOf, signInPurpose } from "./principals.ts";

/** Who it is, by groups that were read at that UnixMs. */
export type VouchedFor = { readonly principal: Principal; readonly groupsReadAt: number };

/**
 * What the issuer says of a sign-in's person now, or, where it was asked after `since`, then. One
 * asks at a time, for the refresh tokens of many issuers work once. Null: the sign-in is over, or
 * the issuer gave nothing to ask it with. Throws IssuerError: `unavailable`, or `refused`, which
 * has ended the sign-in.
 */
export async function vouchedAgain(
  c: Context<App>,
  { id, principal }: SignIn,
  since = Number.POSITIVE_INFINITY,
): Promise<VouchedFor | null> {
  const caller = callerStub(c.env, principal);
  const [key, mine] = [`issuer:${id}`, crypto.randomUUID()];
  await caller.turn(key, mine, issuerTurnSeconds);
  try {
    const { db, now } = c.var;
    const signIn = await liveSignIn(db, id, now);
    if (signIn === null || signIn.issuerToken === null) return null;
    const before = await vouchedBefore(db, principal);
    if (before !== null && before.groupsReadAt > since) return before;
    return await ask(c, signIn, signIn.issuerToken);
  } finally {
    await caller.leave(key, mine);
  }
}

/** What it said last; null: nothing. */
export async function vouchedBefore(db: Database, id: string): Promise<VouchedFor | null> {
  const row = await principalById(db, id);
  if (row === null) return null;
  const { name, groups, kind, groupsReadAt } = row;
  return { principal: { id, name, groups, kind }, groupsReadAt };
}

async function ask(c: Context<App>, { id, principal }: SignIn, sealed: string) {
  const { db, now, settings } = c.var;
  let who: Claimed;
  try {
    const refreshToken = await open(c.env, signInPurpose(id), sealed);
    who = await readAgain(settings, { refreshToken, subject: principal }, now);
  } catch (error) {
    if (error instanceof IssuerError && error.why === "unavailable") throw error;
    await endSignInAndSessions(c.env, db, id, "issuer-refused", now);
    throw new IssuerError("refused", "the identity provider ended the sign-in");
  }
  await keepIssuerToken(db, id, await seal(c.env, signInPurpose(id), who.refreshToken ?? ""));
  await vouched(c.env, db, personOf(who), now);
  return { principal: personOf(who), groupsReadAt: now };
}
