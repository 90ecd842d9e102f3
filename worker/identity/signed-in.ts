import type { Context, MiddlewareHandler } from "hono";
import { liveSignIn } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { Refused } from "../problem.ts";
import { accessTokenOf } from "./cookies.ts";
import { type Identity, verifyAccessToken } from "./tokens.ts";

/** RFC 6750 section 2.1 and nothing else: no cookie, no query parameter, no form field. */
export async function identify(c: Context<App>): Promise<Identity> {
  const header = c.req.header("authorization") ?? "";
  const [, token] = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header) ?? [];
  return identityOf(c, token);
}

async function identityOf(c: Context<App>, token: string | undefined): Promise<Identity> {
  if (token === undefined) {
    throw new Refused("unauthenticated", "Sign in with `sluice login` and send its token.");
  }
  const { db, now, settings } = c.var;
  const identity = await verifyAccessToken(settings, token, now);
  if ((await liveSignIn(db, identity.signIn, now)) === null) {
    throw new Refused("unauthenticated", "This sign-in has ended. Run `sluice login`.");
  }
  return identity;
}

/** By the header, or, without one, by a browser's cookie. Sets `identity`, or answers 401. */
export const signedIn: MiddlewareHandler<App> = async (c, next) => {
  const byHeader = c.req.header("authorization") !== undefined;
  c.set("identity", byHeader ? await identify(c) : await identityOf(c, accessTokenOf(c)));
  await next();
};
