import { type Context, Hono } from "hono";
import { hostCodeSeconds } from "../../core/limits.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import { addAuthCode } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { type Host, hostNamed } from "../hosts.ts";
import { Refused } from "../problem.ts";
import { accessTokenOf } from "./cookies.ts";
import { arrivalOf, boundTo } from "./host-sign-in.ts";
import { message, onward } from "./page.ts";
import { identityOf } from "./signed-in.ts";
import type { Identity } from "./tokens.ts";

/**
 * Signing in on the host of a service, our half: whoever is signed in to the dashboard goes back
 * with a code. `state` is the hash of a secret that the browser keeps as a cookie of that host.
 */
export const hostCodes = new Hono<App>();

/** Another site sent the browser here, so our strict cookies did not come: our own page goes on. */
hostCodes.get("/auth/http", (c) => {
  const { host, state } = asked(c);
  return c.html(onward(`/auth/http/code?host=${host.name}&state=${state}`));
});

hostCodes.get("/auth/http/code", async (c) => {
  const { host, state } = asked(c);
  const identity = await known(c);
  if (identity === null) return signInFirst(c, host, state);
  const code = newSecret();
  await addAuthCode(c.var.db, {
    hash: await hashSecret(code),
    signIn: identity.signIn,
    redirectUri: arrivalOf(host),
    challenge: boundTo(state),
    expiresAt: c.var.now + hostCodeSeconds * 1000,
  });
  return c.redirect(`${arrivalOf(host)}?code=${code}&state=${state}`, 303);
});

function asked(c: Context<App>): { readonly host: Host; readonly state: string } {
  const { host: name = "", state = "" } = c.req.query();
  const host = hostNamed(name, c.var.settings);
  if (host === null || !/^[\da-f]{64}$/.test(state)) {
    throw new Refused("bad_request", "This link does not come from the host of a service.");
  }
  return { host, state };
}

/** Null: she is not signed in here, or no longer. */
async function known(c: Context<App>): Promise<Identity | null> {
  const token = accessTokenOf(c);
  if (token === undefined) return null;
  try {
    return await identityOf(c, token);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/**
 * By the identity provider, who may know her; once, for a browser may keep no cookies. The refresh
 * token is left alone: a page of ours may be about to use it, and twice would end the sign-in.
 */
function signInFirst(c: Context<App>, host: Host, state: string): Response | Promise<Response> {
  if (c.req.query("again") === "1") {
    return c.html(message("Cannot sign in", "This browser keeps no sign-in for Sluice."), 403);
  }
  const to = `/auth/http/code?host=${host.name}&state=${state}&again=1`;
  return c.redirect(`/auth/login?to=${encodeURIComponent(to)}`, 303);
}
