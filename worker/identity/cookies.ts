import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { TokenAnswer } from "../../core/api/oauth.ts";
import { refreshTokenSeconds } from "../../core/limits.ts";
import type { App } from "../context.ts";
import { Refused } from "../problem.ts";

/*
 * A browser's sign-in: the same two tokens that the command gets, in cookies that no script reads
 * and that no other site's request carries (RFC 6265bis: HttpOnly, SameSite=Strict, __Host-).
 */

/** Only these paths get the refresh token. */
const REFRESH_PATH = "/auth";

export function keepTokens(c: Context<App>, tokens: TokenAnswer): void {
  const { access_token: access, expires_in: maxAge, refresh_token: refresh } = tokens;
  setCookie(c, accessCookie(c), access, { ...options(c), path: "/", maxAge });
  if (refresh === undefined) return;
  const rest = { path: REFRESH_PATH, maxAge: refreshTokenSeconds };
  setCookie(c, refreshCookie(c), refresh, { ...options(c), ...rest });
}

export function forgetTokens(c: Context<App>): void {
  deleteCookie(c, accessCookie(c), { ...options(c), path: "/" });
  deleteCookie(c, refreshCookie(c), { ...options(c), path: REFRESH_PATH });
}

export const refreshTokenOf = (c: Context<App>): string | undefined =>
  getCookie(c, refreshCookie(c));

/**
 * The access token in the cookie; undefined: there is none. Throws Refused `foreign_origin` where
 * another site's page could have caused the request: what changes something, or opens a WebSocket,
 * must name our own origin, which browsers do truthfully.
 */
export function accessTokenOf(c: Context<App>): string | undefined {
  const token = getCookie(c, accessCookie(c));
  if (token === undefined) return undefined;
  requireOwnPage(c);
  return token;
}

/** Fetch metadata where the browser has it; else, and for all that acts, the origin. */
export function requireOwnPage(c: Context<App>): void {
  const { method } = c.req;
  const acts = method !== "GET" || c.req.header("upgrade") !== undefined;
  const site = c.req.header("sec-fetch-site") ?? "same-origin";
  const own = c.req.header("origin") === c.var.settings.publicUrl;
  if (acts ? own : site === "same-origin" || site === "none") return;
  throw new Refused("foreign_origin", "Pages of other origins may not act for you here.");
}

const accessCookie = (c: Context<App>): string => `${isHttps(c) ? "__Host-" : ""}sluice`;
const refreshCookie = (c: Context<App>): string => `${isHttps(c) ? "__Secure-" : ""}sluice-refresh`;

const options = (c: Context<App>) => ({
  httpOnly: true,
  sameSite: "Strict" as const,
  secure: isHttps(c),
});

export const isHttps = (c: Context<App>): boolean => c.var.settings.publicUrl.startsWith("https:");
