import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import type { Authentication } from "../../core/review/fresh.ts";
import type { Fresh } from "../../store/attempts.ts";
import type { Settings } from "../env.ts";

/**
 * The gateway as the issuer's only client: OpenID Connect Core 1.0 code flow with PKCE, state and
 * nonce. The issuer's tokens stay here.
 */

/** Who the issuer says it is. `refreshToken` is null when the issuer gave none. */
export type Claimed = {
  readonly subject: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly refreshToken: string | null;
};

/** The same at the moment of a sign-in. */
export type Vouched = Claimed & Authentication;

/**
 * The issuer said no, or said nonsense. `refused` ends a sign-in; `unavailable` may be tried again.
 */
export class IssuerError extends Error {
  readonly why: "refused" | "unavailable";
  constructor(why: "refused" | "unavailable", message: string) {
    super(message);
    this.why = why;
  }
}

type Discovered = { readonly server: oauth.AuthorizationServer; readonly at: number };

const discoverySeconds = 3_600;
const discovered = new Map<string, Discovered>();

/** Discovery (OpenID Connect Discovery 1.0), kept per isolate for an hour. */
async function serverOf(settings: Settings, now: number): Promise<oauth.AuthorizationServer> {
  const known = discovered.get(settings.issuer);
  if (known !== undefined && now - known.at < discoverySeconds * 1000) return known.server;
  return speaking(async () => {
    const issuer = new URL(settings.issuer);
    const response = await oauth.discoveryRequest(issuer, options(settings));
    const server = await oauth.processDiscoveryResponse(issuer, response);
    discovered.set(settings.issuer, { server, at: now });
    return server;
  });
}

/** What goes to the issuer with the browser, and must fit what comes back. */
export type AskedIssuer = {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly fresh: Fresh | null;
  /** UnixMs at which the browser was sent there. */
  readonly startedAt: number;
};

/** Where to send the browser. */
export async function authorizationUrl(
  settings: Settings,
  asked: AskedIssuer,
  now: number,
): Promise<URL> {
  const server = await serverOf(settings, now);
  if (server.authorization_endpoint === undefined) {
    throw new IssuerError("refused", "the issuer has no authorization endpoint");
  }
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: callbackUrl(settings),
    scope: scopesFor(server, settings),
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: "S256",
    ...(asked.fresh !== null && { prompt: "login", max_age: "0" }),
    ...(asked.fresh?.acr && { acr_values: asked.fresh.acr }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** The way back: `callback` is the URL that the browser came with. */
export async function redeemCallback(
  settings: Settings,
  callback: URL,
  asked: AskedIssuer,
  now: number,
): Promise<Vouched> {
  const server = await serverOf(settings, now);
  const client = clientOf(settings);
  return speaking(async () => {
    const parameters = oauth.validateAuthResponse(server, client, callback, asked.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(settings.clientSecret),
      parameters,
      callbackUrl(settings),
      asked.verifier,
      options(settings),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: asked.nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, response, options(settings));
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (claims === undefined) throw new IssuerError("refused", "the issuer named nobody");
    const how = authenticationIn(claims, now);
    if (asked.fresh !== null && (how.authenticatedAt ?? 0) < asked.startedAt - clockSkewMs) {
      throw new IssuerError("refused", "the issuer did not ask who it is again");
    }
    return { ...(await vouched(settings, server, tokens, claims.sub)), ...how };
  });
}

/** Clocks of gateway and issuer may differ by this much. */
const clockSkewMs = 30_000;

/** OpenID Connect Core 1.0 section 2: `auth_time` in seconds, `acr`. Both may be missing. */
function authenticationIn({ auth_time: at, acr }: oauth.IDToken, now: number): Authentication {
  const known = typeof at === "number" && Number.isFinite(at);
  return {
    authenticatedAt: known ? Math.min(at * 1000, now) : null,
    acr: typeof acr === "string" ? acr.slice(0, acrCharactersMax) : null,
  };
}

const acrCharactersMax = 200;

/** Reads the person's claims again. The answer's refresh token replaces the one given here. */
export async function readAgain(
  settings: Settings,
  held: { readonly refreshToken: string; readonly subject: string },
  now: number,
): Promise<Claimed> {
  const server = await serverOf(settings, now);
  const client = clientOf(settings);
  return speaking(async () => {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(settings.clientSecret),
      held.refreshToken,
      options(settings),
    );
    const tokens = await oauth.processRefreshTokenResponse(server, client, response);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (claims !== undefined) {
      await oauth.validateApplicationLevelSignature(server, response, options(settings));
    }
    if (claims !== undefined && claims.sub !== held.subject) {
      throw new IssuerError("refused", "the issuer answered for somebody else");
    }
    const fresh = await vouched(settings, server, tokens, held.subject);
    return { ...fresh, refreshToken: fresh.refreshToken ?? held.refreshToken };
  });
}

/**
 * A service's own token (RFC 8693): a JWT of the issuer, for this deployment, in which nobody
 * stands behind the client (RFC 9068 section 2.2: `sub` is the client). A person's token is refused
 * here: a person who could pass as a service would approve her own commands.
 */
export async function verifyServiceToken(
  settings: Settings,
  token: string,
  now: number,
): Promise<Omit<Claimed, "refreshToken">> {
  const server = await serverOf(settings, now);
  if (server.jwks_uri === undefined) throw new IssuerError("refused", "the issuer has no keys");
  return speaking(async () => {
    const { payload } = await jwtVerify(token, jwksOf(server.jwks_uri as string), {
      algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
      issuer: server.issuer,
      audience: settings.publicUrl,
      currentDate: new Date(now),
      requiredClaims: ["exp", "sub"],
    });
    const subject = payload.sub as string;
    const client = payload["client_id"] ?? payload["azp"];
    if (client !== subject) throw new IssuerError("refused", "the token stands for a person");
    return { subject, name: shownName(subject), groups: groupsIn(settings, payload) ?? [] };
  });
}

const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

function jwksOf(uri: string) {
  const known = keySets.get(uri);
  if (known !== undefined) return known;
  const fresh = createRemoteJWKSet(new URL(uri), {
    [customFetch]: (url, init) => fetch(url, init),
  });
  keySets.set(uri, fresh);
  return fresh;
}

/** ID token first; what it does not say, the userinfo endpoint may. */
async function vouched(
  settings: Settings,
  server: oauth.AuthorizationServer,
  tokens: oauth.TokenEndpointResponse,
  subject: string,
): Promise<Claimed> {
  let claims: Record<string, unknown> = { ...oauth.getValidatedIdTokenClaims(tokens) };
  const complete = groupsIn(settings, claims) !== null && nameIn(claims) !== null;
  if (!complete && server.userinfo_endpoint !== undefined) {
    const client = clientOf(settings);
    const token = tokens.access_token;
    const response = await oauth.userInfoRequest(server, client, token, options(settings));
    claims = {
      ...(await oauth.processUserInfoResponse(server, client, subject, response)),
      ...claims,
    };
  }
  const groups = groupsIn(settings, claims) ?? [];
  const name = shownName(nameIn(claims) ?? subject);
  return { subject, name, groups, refreshToken: tokens.refresh_token ?? null };
}

function groupsIn(settings: Settings, claims: Record<string, unknown>): readonly string[] | null {
  const claim = claims[settings.groupsClaim];
  if (typeof claim === "string") return [claim];
  if (!Array.isArray(claim)) return null;
  return claim.filter((group): group is string => typeof group === "string");
}

function nameIn(claims: Record<string, unknown>): string | null {
  for (const claim of [claims["preferred_username"], claims["email"], claims["name"]]) {
    if (typeof claim === "string" && claim !== "") return claim;
  }
  return null;
}

/**
 * Names are shown beside approvals: no control, format or bidirectional characters, one normal
 * form.
 */
const shownName = (name: string): string =>
  name
    .normalize("NFC")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd")
    .slice(0, 128);

function scopesFor(server: oauth.AuthorizationServer, settings: Settings): string {
  const wanted = ["profile", "email", "offline_access", settings.groupsClaim];
  const offered = new Set(server.scopes_supported ?? ["profile", "email"]);
  return ["openid", ...wanted.filter((scope) => offered.has(scope))].join(" ");
}

const clientOf = (settings: Settings): oauth.Client => ({ client_id: settings.clientId });

/** The one redirect address that the issuer knows. */
export const callbackUrl = (settings: Settings): string => `${settings.publicUrl}/oauth/callback`;

/** Plain http only towards a loopback issuer; `settingsOf` refuses any other. */
const options = (settings: Settings) => ({
  [oauth.allowInsecureRequests]: settings.issuer.startsWith("http:"),
  signal: () => AbortSignal.timeout(10_000),
});

/** An OAuth error and a bad signature are refusals; silence and a broken server are not. */
async function speaking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof IssuerError) throw error;
    throw new IssuerError(isRefusal(error) ? "refused" : "unavailable", words(error));
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof oauth.ResponseBodyError) return error.status < 500;
  if (error instanceof oauth.AuthorizationResponseError) return true;
  if (error instanceof oauth.OperationProcessingError) {
    return error.code !== oauth.HTTP_REQUEST_FORBIDDEN && !isServerFault(error);
  }
  return error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
}

/** oauth4webapi hands the response over as the cause when its status was not the expected one. */
const isServerFault = (error: oauth.OperationProcessingError): boolean =>
  error.cause instanceof Response && error.cause.status >= 500;

/** Error texts of the libraries name what was wrong, never a token. */
const words = (error: unknown): string => (error instanceof Error ? error.message : "unknown");
