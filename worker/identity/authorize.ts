import { Hono } from "hono";
import { CLI_CLIENT_ID } from "../../core/api/oauth.ts";
import { addAuthCode } from "../../store/tokens.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import type { App } from "../context.ts";
import { fromIssuer, toIssuer } from "./attempt.ts";
import { askPerson } from "./device.ts";
import { IssuerError, redeemCallback, type Vouched } from "./issuer.ts";
import { keepTokens } from "./cookies.ts";
import { message, onward } from "./page.ts";
import { beginSignIn } from "./principals.ts";
import { firstTokens } from "./token.ts";

const codeSeconds = 60;

/**
 * The browser's half of signing in: from the CLI's loopback address to the issuer (RFC 8252 section
 * 7.3, RFC 7636) and back with a code.
 */
export const authorize = new Hono<App>();

authorize.get("/oauth/authorize", async (c) => {
  const asked = new URL(c.req.url).searchParams;
  const redirectUri = one(asked, "redirect_uri");
  if (one(asked, "client_id") !== CLI_CLIENT_ID || !isLoopbackRedirect(redirectUri)) {
    const text = "This link does not come from the sluice command of this machine.";
    return c.html(message("Cannot sign in", text), 400);
  }
  const state = one(asked, "state") ?? "";
  const back = (error: string) =>
    c.redirect(withQuery(redirectUri, { error, state, iss: c.var.settings.publicUrl }), 302);
  if (one(asked, "response_type") !== "code") return back("unsupported_response_type");
  const challenge = one(asked, "code_challenge") ?? "";
  if (one(asked, "code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
    return back("invalid_request");
  }
  if (state.length < 8 || state.length > 256) return back("invalid_request");
  const fresh = one(asked, "prompt") === "login" ? { acr: null } : null;
  return toIssuer(c, { for: "loopback", redirectUri, state, challenge }, fresh);
});

authorize.get("/oauth/callback", async (c) => {
  const attempt = await fromIssuer(c);
  if (attempt === null) {
    const text = "This sign-in was not begun in this browser, or it is over. Begin again.";
    return c.html(message("Cannot sign in", text), 400);
  }
  const { db, now, settings } = c.var;
  let who: Vouched;
  try {
    who = await redeemCallback(settings, new URL(c.req.url), attempt, now);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    const denied = error.why === "refused" ? "access_denied" : "temporarily_unavailable";
    if (attempt.purpose.for !== "loopback") {
      return c.html(message("Cannot sign in", "The identity provider did not sign you in."), 403);
    }
    const { redirectUri, state } = attempt.purpose;
    return c.redirect(
      withQuery(redirectUri, { error: denied, state, iss: settings.publicUrl }),
      302,
    );
  }
  if (attempt.purpose.for === "device") return askPerson(c, attempt.purpose.userCode, who);
  if (attempt.purpose.for === "page") {
    const id = await beginSignIn(c.env, db, who, "browser", now);
    keepTokens(c, await firstTokens(c, id));
    return c.html(onward(attempt.purpose.to));
  }
  const { redirectUri, state, challenge } = attempt.purpose;
  const signIn = await beginSignIn(c.env, db, who, "browser", now);
  const code = newSecret();
  const expiresAt = now + codeSeconds * 1000;
  await addAuthCode(db, {
    hash: await hashSecret(code),
    signIn,
    redirectUri,
    challenge,
    expiresAt,
  });
  return c.redirect(withQuery(redirectUri, { code, state, iss: settings.publicUrl }), 302);
});

/** RFC 6749 section 3.1: a parameter that comes twice counts as none. */
function one(parameters: URLSearchParams, name: string): string | null {
  const values = parameters.getAll(name);
  return values.length === 1 ? (values[0] as string) : null;
}

/** RFC 8252 section 7.3: any port of the loopback interface, one fixed path, nothing else. */
export function isLoopbackRedirect(uri: string | null): uri is string {
  return /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):[1-9]\d{0,4}\/callback$/.test(uri ?? "");
}

/** RFC 9207: `iss` tells the client which server answered. */
function withQuery(uri: string, query: Record<string, string>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
