import type { Context, MiddlewareHandler } from "hono";
import { wayIn } from "../../core/api/routes.ts";
import { liveSignIn } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { once } from "../once.ts";
import { Refused } from "../problem.ts";
import { identityOfApiToken, looksLikeApiToken } from "./api-token.ts";
import { accessTokenOf } from "./cookies.ts";
import { type Identity, verifyAccessToken } from "./tokens.ts";

/** RFC 6750 section 2.1 and nothing else: no cookie, no query parameter, no form field. */
export async function identify(c: Context<App>): Promise<Identity> {
  const header = c.req.header("authorization") ?? "";
  const [, token] = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header) ?? [];
  if (token !== undefined && looksLikeApiToken(token)) return identityOfApiToken(c, token);
  return identityOf(c, token);
}

export async function identityOf(c: Context<App>, token: string | undefined): Promise<Identity> {
  if (token === undefined) {
    throw new Refused("unauthenticated", "Sign in with `sluice login` and send its token.");
  }
  const { now, settings } = c.var;
  return alive(c, await verifyAccessToken(settings, token, now));
}

/** Throws Refused where the sign-in that it hangs on is over. */
export async function alive(c: Context<App>, identity: Identity): Promise<Identity> {
  if ((await liveSignIn(c.var.db, identity.signIn, c.var.now)) === null) {
    throw new Refused("unauthenticated", "This sign-in has ended. Run `sluice login`.");
  }
  return identity;
}

/**
 * By the header, or, without one, by a browser's cookie. Sets `identity`, or answers 401; 403 where
 * an API token is not for this route. A request with an Idempotency-Key is carried out once.
 */
export const signedIn: MiddlewareHandler<App> = async (c, next) => {
  const byHeader = c.req.header("authorization") !== undefined;
  c.set("identity", byHeader ? await identify(c) : await identityOf(c, accessTokenOf(c)));
  requireScope(c);
  return once(c, next);
};

/** Who signed in herself has every scope; what the tables do not name takes no API token. */
export function requireScope(c: Context<App>): void {
  const { token } = c.var.identity;
  const scope = wayIn(c.req.method, c.req.routePath)?.scope ?? "person";
  if (token === null || scope === "any") return;
  if (scope === "person") {
    throw new Refused("insufficient_scope", "No API token may do this: sign in.");
  }
  if (token.scopes.includes(scope)) return;
  throw new Refused("insufficient_scope", `This takes a token with ${scope}.`, { scope });
}
