import { type Context, Hono } from "hono";
import { CLI_CLIENT_ID, GRANT_TYPES, type TokenAnswer } from "../../core/api/oauth.ts";
import { utf8 } from "../../core/bytes.ts";
import { accessTokenSeconds } from "../../core/limits.ts";
import type { Principal } from "../../core/session.ts";
import { pollDevice, takeDevice } from "../../store/attempts.ts";
import { audit } from "../../store/audit.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import { newId } from "../../store/ids.ts";
import { principalById } from "../../store/principals.ts";
import {
  addRefreshToken,
  liveSignIn,
  refreshTokenOwner,
  type SignIn,
  startSignIn,
  unuseRefreshToken,
  useAuthCode,
  useRefreshToken,
} from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { pollSeconds } from "./device.ts";
import { endSignInAndSessions, vouched } from "./ending.ts";
import { form } from "./form.ts";
import { type Claimed, IssuerError, verifyServiceToken } from "./issuer.ts";
import { issueAccessToken } from "./tokens.ts";
import { vouchedAgain } from "./vouching.ts";

type Fields = ReadonlyMap<string, string>;

/** RFC 6749 section 5.2 and RFC 8628 section 3.5, as JSON. */
export class OAuthError extends Error {
  readonly error: string;
  readonly status: 400 | 401 | 503;
  constructor(error: string, description: string, status: 400 | 401 | 503 = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

export const token = new Hono<App>();

token.post("/oauth/token", async (c) => {
  const fields = await form(c);
  const grant = fields.get("grant_type");
  if (grant === GRANT_TYPES.exchange) return c.json(await exchange(c, fields));
  if (fields.get("client_id") !== CLI_CLIENT_ID) {
    throw new OAuthError("invalid_client", "unknown client", 401);
  }
  if (grant === GRANT_TYPES.code) return c.json(await byCode(c, fields));
  if (grant === GRANT_TYPES.refresh) {
    return c.json(await refreshed(c, fields.get("refresh_token") ?? ""));
  }
  if (grant === GRANT_TYPES.device) return c.json(await byDeviceCode(c, fields));
  throw new OAuthError("unsupported_grant_type", "see /.well-known/oauth-authorization-server");
});

/**
 * RFC 7009: always 200, whatever the token was; a refresh token ends its sign-in and live sessions.
 */
token.post("/oauth/revoke", async (c) => {
  const { db, now } = c.var;
  const given = (await form(c)).get("token") ?? "";
  const signIn = await refreshTokenOwner(db, await hashSecret(given));
  if (signIn !== null) await endSignInAndSessions(c.env, db, signIn, "signed-out", now);
  return c.body(null, 200);
});

async function byCode(c: Context<App>, fields: Fields): Promise<TokenAnswer> {
  const { db, now } = c.var;
  const used = await useAuthCode(db, await hashSecret(fields.get("code") ?? ""), now);
  if (used === null) throw new OAuthError("invalid_grant", "unknown code");
  const { code } = used;
  const challenge = await s256(fields.get("code_verifier") ?? "");
  const fits = code.redirectUri === fields.get("redirect_uri") && code.challenge === challenge;
  if (used.state === "spent" || !fits || code.expiresAt <= now) {
    await endSignInAndSessions(c.env, db, code.signIn, "code-misused", now);
    throw new OAuthError("invalid_grant", "the code is used, expired or not yours");
  }
  return firstTokens(c, code.signIn);
}

async function byDeviceCode(c: Context<App>, fields: Fields): Promise<TokenAnswer> {
  const { db, now } = c.var;
  const hash = await hashSecret(fields.get("device_code") ?? "");
  const before = await pollDevice(db, hash, now);
  if (before === null || before.state === "used") {
    throw new OAuthError("invalid_grant", "unknown device code");
  }
  if (before.state === "denied") throw new OAuthError("access_denied", "the person said no");
  if (before.expiresAt <= now) throw new OAuthError("expired_token", "begin again");
  if (before.state !== "approved") {
    const early = now - before.polledAt < pollSeconds * 1000;
    throw new OAuthError(early ? "slow_down" : "authorization_pending", "not yet");
  }
  const signIn = await takeDevice(db, hash);
  if (signIn === null) throw new OAuthError("invalid_grant", "unknown device code");
  return firstTokens(c, signIn);
}

/** The claims were read from the issuer a moment ago, when the sign-in began. */
export async function firstTokens(c: Context<App>, id: string): Promise<TokenAnswer> {
  const { db, now } = c.var;
  const signIn = await liveSignIn(db, id, now);
  const row = signIn === null ? null : await principalById(db, signIn.principal);
  if (signIn === null || row === null) throw new OAuthError("invalid_grant", "signed out");
  return answer(c, row, signIn, row.groupsReadAt, signIn.issuerToken !== null);
}

/**
 * Rotates (RFC 9700 section 4.14.2): each refresh token works once, and one that comes twice ends
 * the family. The issuer is asked again for the groups; when it refuses, the sign-in is over.
 */
export async function refreshed(c: Context<App>, given: string): Promise<TokenAnswer> {
  const { db, now } = c.var;
  const hash = await hashSecret(given);
  const used = await useRefreshToken(db, hash, now);
  if (used === null) throw new OAuthError("invalid_grant", "unknown refresh token");
  if (used.state === "spent") {
    await endSignInAndSessions(c.env, db, used.signIn, "token-reused", now);
    throw new OAuthError("invalid_grant", "the refresh token was used before: sign in again");
  }
  const signIn = await liveSignIn(db, used.signIn, now);
  const who = signIn === null ? null : await askedAgain(c, signIn, hash);
  if (signIn === null || who === null) {
    await endSignInAndSessions(c.env, db, used.signIn, "expired", now);
    throw new OAuthError("invalid_grant", "the sign-in is over: sign in again");
  }
  return answer(c, who.principal, signIn, who.groupsReadAt, true);
}

/** While the issuer is away the refresh token stays good. */
async function askedAgain(c: Context<App>, signIn: SignIn, hash: string) {
  try {
    return await vouchedAgain(c, signIn);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    if (error.why === "refused") throw new OAuthError("invalid_grant", error.message);
    await unuseRefreshToken(c.var.db, hash);
    throw new OAuthError("temporarily_unavailable", "the identity provider is away", 503);
  }
}

/**
 * A service's token of the issuer becomes ours, for ten minutes and without a refresh (RFC 8693).
 */
async function exchange(c: Context<App>, fields: Fields): Promise<TokenAnswer> {
  const { db, now, settings } = c.var;
  const type = fields.get("subject_token_type") ?? "";
  if (!/^urn:ietf:params:oauth:token-type:(jwt|access_token)$/.test(type)) {
    throw new OAuthError("invalid_request", "subject_token_type must be jwt or access_token");
  }
  let who: Omit<Claimed, "refreshToken">;
  try {
    who = await verifyServiceToken(settings, fields.get("subject_token") ?? "", now);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    const away = error.why === "unavailable";
    throw away
      ? new OAuthError("temporarily_unavailable", "the identity provider is away", 503)
      : new OAuthError("invalid_grant", "the subject token is not a service's for this gateway");
  }
  const id = `service:${who.subject}`;
  const principal: Principal = { id, name: who.name, groups: who.groups, kind: "service" };
  const signIn: SignIn = {
    id: newId("tok", now),
    principal: id,
    way: "exchange",
    issuerToken: null,
    startedAt: now,
    authenticatedAt: null,
    acr: null,
    endsAt: now + accessTokenSeconds * 1000,
    endedAt: null,
    endReason: null,
  };
  await vouched(c.env, db, principal, now);
  await startSignIn(db, signIn);
  const done = { actor: principal, action: "service.exchange", subject: signIn.id } as const;
  await audit(db, { ...done, outcome: "done" }, now);
  const tokens = await answer(c, principal, signIn, now, false);
  return { ...tokens, issued_token_type: "urn:ietf:params:oauth:token-type:access_token" };
}

async function answer(
  c: Context<App>,
  principal: Principal,
  signIn: SignIn,
  groupsReadAt: number,
  refreshable: boolean,
): Promise<TokenAnswer> {
  const { db, now, settings } = c.var;
  const identity = { principal, signIn: signIn.id, groupsReadAt };
  const tokens: TokenAnswer = {
    access_token: await issueAccessToken(settings, identity, now),
    token_type: "Bearer",
    expires_in: accessTokenSeconds,
  };
  if (!refreshable) return tokens;
  const refreshToken = newSecret();
  const hash = await hashSecret(refreshToken);
  await addRefreshToken(db, { hash, signIn: signIn.id, issuedAt: now });
  return { ...tokens, refresh_token: refreshToken };
}

/** RFC 7636 section 4.2; an impossible verifier (section 4.1) fits no challenge. */
async function s256(verifier: string): Promise<string | null> {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return null;
  const digest = await crypto.subtle.digest("SHA-256", utf8(verifier));
  const encoded = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
