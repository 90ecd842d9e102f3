import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as oauth from "oauth4webapi";
import {
  type Attempt,
  type Fresh,
  type Purpose,
  startAttempt,
  takeAttempt,
} from "../../store/attempts.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import { open, seal } from "../../store/seal.ts";
import type { App } from "../context.ts";
import { isHttps } from "./cookies.ts";
import { authorizationUrl } from "./issuer.ts";

const attemptSeconds = 600;

/** Sends the browser to the issuer; the cookie proves on return that it is the same browser. */
export async function toIssuer(
  c: Context<App>,
  purpose: Purpose,
  fresh: Fresh | null = null,
): Promise<Response> {
  const { db, now, settings } = c.var;
  const [state, cookie] = [newSecret(), newSecret()];
  const [nonce, verifier] = [oauth.generateRandomNonce(), oauth.generateRandomCodeVerifier()];
  const asked = { state, nonce, verifier, fresh, startedAt: now };
  const url = await authorizationUrl(settings, asked, now);
  const stateHash = await hashSecret(state);
  await startAttempt(db, {
    stateHash,
    cookieHash: await hashSecret(cookie),
    nonce,
    verifier: await seal(c.env, `attempt:${stateHash}`, verifier),
    purpose,
    fresh,
    startedAt: now,
    expiresAt: now + attemptSeconds * 1000,
  });
  setCookie(c, cookieName(c, state), cookie, { ...cookieOptions(c), maxAge: attemptSeconds });
  return c.redirect(url.href, 303);
}

/** `verifier` is opened here; `state` is what went to the issuer. */
export type Returned = Attempt & { readonly state: string };

/** The attempt that this browser began, once; null for any other state or browser. */
export async function fromIssuer(c: Context<App>): Promise<Returned | null> {
  const state = c.req.query("state") ?? "";
  const name = cookieName(c, state);
  const cookie = /^[\w-]{43}$/.test(state) ? getCookie(c, name) : undefined;
  if (cookie === undefined) return null;
  deleteCookie(c, name, cookieOptions(c));
  const stateHash = await hashSecret(state);
  const attempt = await takeAttempt(c.var.db, stateHash, c.var.now);
  if (attempt === null || attempt.cookieHash !== (await hashSecret(cookie))) return null;
  const verifier = await open(c.env, `attempt:${stateHash}`, attempt.verifier);
  return { ...attempt, verifier, state };
}

/** One cookie per attempt, so that two tabs do not undo each other. */
const cookieName = (c: Context<App>, state: string): string =>
  `${isHttps(c) ? "__Host-" : ""}sluice-${state.slice(0, 8)}`;

const cookieOptions = (c: Context<App>) => ({
  path: "/",
  httpOnly: true,
  sameSite: "Lax" as const,
  secure: isHttps(c),
});
