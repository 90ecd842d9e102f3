import { type Context, Hono } from "hono";
import { hashSecret } from "../../store/hash.ts";
import { refreshTokenOwner } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { Refused } from "../problem.ts";
import { toIssuer } from "./attempt.ts";
import { forgetTokens, keepTokens, refreshTokenOf, requireOwnPage } from "./cookies.ts";
import { endSignInAndSessions } from "./ending.ts";
import { OAuthError, refreshed } from "./token.ts";

/** Signing in for the pages of the gateway: `/oauth/callback` comes back to where it was begun. */
export const browser = new Hono<App>();

browser.get("/auth/login", (c) => {
  const { to, fresh, acr = "" } = c.req.query();
  const again = fresh === "1" ? { acr: isAcr(acr) ? acr : null } : null;
  return toIssuer(c, { for: "page", to: ownPath(c, to) }, again);
});

/** 204 with new cookies; 401 where the sign-in is over, 502 while the issuer is away. */
browser.post("/auth/refresh", async (c) => {
  requireOwnPage(c);
  const token = refreshTokenOf(c);
  if (token === undefined) throw new Refused("unauthenticated", "Sign in.");
  try {
    keepTokens(c, await refreshed(c, token));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    if (error.status === 503) {
      throw new Refused("issuer_unavailable", "The identity provider does not answer.");
    }
    forgetTokens(c);
    throw new Refused("unauthenticated", "This sign-in has ended. Sign in again.");
  }
  return c.body(null, 204);
});

/** Ends the sign-in, and the live sessions that it opened. */
browser.post("/auth/logout", async (c) => {
  requireOwnPage(c);
  const { db, now } = c.var;
  const signIn = await refreshTokenOwner(db, await hashSecret(refreshTokenOf(c) ?? ""));
  if (signIn !== null) await endSignInAndSessions(c.env, db, signIn, "signed-out", now);
  forgetTokens(c);
  return c.body(null, 204);
});

/** One word, as the policy's schema has it. */
const isAcr = (word: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(word);

/** A path of ours; whatever else was asked for is the first page. */
function ownPath(c: Context<App>, to = "/"): string {
  const { publicUrl } = c.var.settings;
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(to) || !URL.canParse(to, publicUrl)) return "/";
  const { origin, pathname, search } = new URL(to, publicUrl);
  return origin === publicUrl ? `${pathname}${search}` : "/";
}
