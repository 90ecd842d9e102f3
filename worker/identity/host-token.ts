import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import {
  groupsTrustedSeconds,
  hostRenewAgainSeconds,
  hostRenewSeconds,
  hostTokenSeconds,
} from "../../core/limits.ts";
import { liveSignIn, type SignIn } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import type { Host } from "../hosts.ts";
import { Refused } from "../problem.ts";
import { IssuerError } from "./issuer.ts";
import { alive } from "./signed-in.ts";
import { type Identity, issueHostToken, verifyHostToken } from "./tokens.ts";
import { type VouchedFor, vouchedAgain, vouchedBefore } from "./vouching.ts";

/*
 * The cookie by which a browser is signed in on the host of a service. It is good for minutes, and
 * requests renew it for as long as the sign-in at the gateway that it came from stands: the same
 * rules as for access tokens, only that no browser has to come to the dashboard for it.
 */

export const tokenCookie = ({ secure }: Host): string => `${secure ? "__Host-" : ""}sluice`;

export const cookieOptions = ({ secure }: Host) => ({
  path: "/",
  httpOnly: true,
  sameSite: "Lax" as const,
  secure,
});

export const hostTokenOf = (c: Context<App>, host: Host): string | undefined =>
  getCookie(c, tokenCookie(host));

/** `until`: UnixMs up to which nothing of it needs to be asked again. */
export type OnHost = { readonly identity: Identity; readonly until: number };

/**
 * Who the cookie's token stands for. In its last minutes it is renewed, and the answer to this
 * request brings the next one (`renewed`). Throws Refused.
 */
export async function identityOnHost(
  c: Context<App>,
  host: Host,
  token: string | undefined,
): Promise<OnHost> {
  if (token === undefined) {
    throw new Refused("unauthenticated", "Open this address in a window, or send a bearer token.");
  }
  const { settings, now } = c.var;
  const identity = await alive(c, await verifyHostToken(settings, host.origin, token, now));
  const { expiresAt } = identity;
  const due = expiresAt - hostRenewSeconds * 1000;
  if (now < due) return { identity, until: due };
  const next = await renewed(c, host, identity);
  const again = Math.min(expiresAt, now + hostRenewAgainSeconds * 1000);
  if (next === null) return { identity, until: again };
  c.set("renewed", next.line);
  return { identity: next.identity, until: expiresAt };
}

/** Null: it cannot be had now. Throws Refused where the issuer ends the sign-in. */
async function renewed(c: Context<App>, host: Host, { signIn: id, expiresAt }: Identity) {
  const signIn = await liveSignIn(c.var.db, id, c.var.now);
  const who = signIn === null ? null : await vouchedFor(c, signIn);
  if (signIn === null || who === null) return null;
  const next = await cookieFor(c, host, signIn, who);
  // Tokens count whole seconds.
  return next.identity.expiresAt >= expiresAt + 1000 ? next : null;
}

/** The issuer is asked where what it said last is not good for a whole token. */
async function vouchedFor(c: Context<App>, signIn: SignIn): Promise<VouchedFor | null> {
  const { db, now } = c.var;
  const since = now - (groupsTrustedSeconds - hostTokenSeconds) * 1000;
  const before = await vouchedBefore(db, signIn.principal);
  const enough = before !== null && before.groupsReadAt > since;
  if (enough || signIn.issuerToken === null) return before;
  try {
    return await vouchedAgain(c, signIn, since);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    if (error.why === "unavailable") return before;
    throw new Refused("unauthenticated", "This sign-in has ended. Open the page again.");
  }
}

/** For ten minutes, and never for longer than the issuer's word or the sign-in is good. */
export async function cookieFor(
  c: Context<App>,
  host: Host,
  { id, endsAt }: SignIn,
  { principal, groupsReadAt }: VouchedFor,
): Promise<{ readonly line: string; readonly identity: Identity }> {
  const { settings, now } = c.var;
  const trusted = Math.min(groupsReadAt + groupsTrustedSeconds * 1000, endsAt);
  const expiresAt = Math.min(now + hostTokenSeconds * 1000, trusted);
  const issued = { principal, signIn: id, groupsReadAt };
  const token = await issueHostToken(settings, host.origin, issued, now, expiresAt);
  const maxAge = Math.max(0, Math.floor((expiresAt - now) / 1000));
  const line = generateCookie(tokenCookie(host), token, { ...cookieOptions(host), maxAge });
  return { line, identity: { ...issued, expiresAt, token: null } };
}
