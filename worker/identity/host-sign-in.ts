import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { hostAttemptSeconds, hostPathCharactersMax } from "../../core/limits.ts";
import { audit } from "../../store/audit.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import { liveSignIn, useAuthCode } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import type { Host } from "../hosts.ts";
import { Refused } from "../problem.ts";
import { cookieFor, cookieOptions, tokenCookie } from "./host-token.ts";
import { message } from "./page.ts";
import { vouchedBefore } from "./vouching.ts";

/*
 * Signing in on the host of a service, the host's half. The browser leaves with a secret in a
 * cookie of this host, comes back with a code that is bound to it, and gets a cookie that is good
 * for this host alone. No path to go to is ever read from an address.
 */

const ARRIVAL = "/.sluice/session";

/** Where a code is sent: what it is bound to. */
export const arrivalOf = (host: Host): string => `${host.origin}${ARRIVAL}`;

/** What a code is bound to besides. No verifier of RFC 7636 has this hash: it has a colon. */
export const boundTo = (state: string): string => `host:${state}`;

export const isArrival = (target: string): boolean => target.split("?", 1)[0] === ARRIVAL;

/** Paths that are the gateway's on every host. */
export const isReserved = (target: string): boolean => /^\/\.sluice(?:[/?]|$)/.test(target);

const stateCookie = (host: Host, state: string): string =>
  `${tokenCookie(host)}-${state.slice(0, 8)}`;

/**
 * Throws Refused `foreign_origin` where another site's page, or another service's, could have
 * caused the request that the cookie came with. Going to a page is everybody's to cause, framing
 * it is not.
 */
export function requireOwnRequest(c: Context<App>, { origin }: Host): void {
  const site = c.req.header("sec-fetch-site");
  const from = c.req.header("origin");
  const acts = !/^(GET|HEAD)$/.test(c.req.method) || c.req.header("upgrade") !== undefined;
  // A WebSocket's handshake may come without the first, never without the second.
  if (site === "same-origin" || (site === undefined && from === origin)) return;
  const old = site === undefined && from === undefined;
  if (!acts && (old || site === "none" || isVisit(c))) return;
  throw new Refused("foreign_origin", "Pages of other origins may not act for you here.");
}

/** Somebody goes to a page, in a window of its own (Fetch metadata). */
export const isVisit = (c: Context<App>): boolean =>
  c.req.method === "GET" &&
  c.req.header("sec-fetch-mode") === "navigate" &&
  (c.req.header("sec-fetch-dest") ?? "document") === "document";

/** Sends the browser to the dashboard's host; what the cookie says counts when it comes back. */
export async function leave(c: Context<App>, host: Host, target: string): Promise<Response> {
  const secret = newSecret();
  const state = await hashSecret(secret);
  const path = target.length > hostPathCharactersMax ? "/" : target;
  const kept = { ...cookieOptions(host), maxAge: hostAttemptSeconds };
  setCookie(c, stateCookie(host, state), `${secret}${path}`, kept);
  const query = `host=${host.name}&state=${state}`;
  return c.redirect(`${c.var.settings.publicUrl}/auth/http?${query}`, 303);
}

/** `/.sluice/session`: takes the code once, whatever comes of it. */
export async function arrive(c: Context<App>, host: Host): Promise<Response> {
  const { code = "", state = "" } = c.req.query();
  const { db, now } = c.var;
  const used = await useAuthCode(db, await hashSecret(code), now);
  const begun = /^[\da-f]{64}$/.test(state) ? getCookie(c, stateCookie(host, state)) : undefined;
  const [, secret = "", path = ""] = /^([\w-]{43})(\/.*)$/s.exec(begun ?? "") ?? [];
  const fits =
    (await hashSecret(secret)) === state &&
    used?.state === "fresh" &&
    used.code.expiresAt > now &&
    used.code.redirectUri === arrivalOf(host) &&
    used.code.challenge === boundTo(state);
  const signIn = fits ? await liveSignIn(db, used.code.signIn, now) : null;
  const who = signIn === null ? null : await vouchedBefore(db, signIn.principal);
  if (signIn === null || who === null) return notBegunHere(c);
  const { line } = await cookieFor(c, host, signIn, who);
  const event = { actor: who.principal, action: "host.sign-in", outcome: "done" } as const;
  await audit(db, { ...event, subject: signIn.id, detail: { resource: host.name } }, now);
  c.header("set-cookie", line, { append: true });
  deleteCookie(c, stateCookie(host, state), cookieOptions(host));
  return c.redirect(`${host.origin}${path}`, 303);
}

function notBegunHere(c: Context<App>): Response | Promise<Response> {
  c.header("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  const text = "This sign-in was not begun in this browser, or it is over. Open the page again.";
  return c.html(message("Cannot sign in", text), 400);
}
