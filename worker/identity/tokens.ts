import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Scope } from "../../core/api/scope.ts";
import { accessTokenSeconds } from "../../core/limits.ts";
import type { Principal } from "../../core/session.ts";
import { type SigningPair, signingPair } from "../../store/keys.ts";
import type { Settings } from "../env.ts";
import { Refused } from "../problem.ts";

/**
 * Each kind of token has a `typ` of its own (RFC 8725 section 3.11): one never passes for another.
 */
const ACCESS_TOKEN = "at+sluice+jwt";
const HOST_TOKEN = "host+sluice+jwt";
const ALGORITHM = "EdDSA";

/** Who a valid access token stands for. Instants are UnixMs. */
export type Identity = {
  readonly principal: Principal;
  /** The sign-in that the token hangs on. */
  readonly signIn: string;
  /** UnixMs at which the issuer said which groups. */
  readonly groupsReadAt: number;
  readonly expiresAt: number;
  /** The API token that acts in the principal's name; null: she signed in herself. */
  readonly token: { readonly id: string; readonly scopes: readonly Scope[] } | null;
};

const claims = z.object({
  sub: z.string().min(1),
  name: z.string().min(1),
  groups: z.array(z.string()),
  kind: z.enum(["person", "service"]),
  sid: z.string(),
  groups_at: z.number().int(),
  exp: z.number().int(),
});

type Issued = Omit<Identity, "expiresAt" | "token">;
/** `audience`: an origin. */
type Kind = { readonly typ: string; readonly audience: string };

/** Ten minutes, for this deployment only: `iss` and `aud` are PUBLIC_URL. */
export function issueAccessToken(
  settings: Settings,
  identity: Issued,
  now: number,
): Promise<string> {
  const kind = { typ: ACCESS_TOKEN, audience: settings.publicUrl };
  return issue(settings, kind, identity, now, now + accessTokenSeconds * 1000);
}

/** For a browser on the host of one service, and good nowhere else: `aud` is the host's origin. */
export const issueHostToken = (
  settings: Settings,
  origin: string,
  identity: Issued,
  now: number,
  expiresAt: number,
): Promise<string> =>
  issue(settings, { typ: HOST_TOKEN, audience: origin }, identity, now, expiresAt);

async function issue(
  settings: Settings,
  { typ, audience }: Kind,
  identity: Issued,
  now: number,
  expiresAt: number,
): Promise<string> {
  const { principal } = identity;
  const [current] = await pairsOf(settings);
  if (current === undefined) throw new Error("unreachable: settings hold one key at least");
  const seconds = Math.floor(now / 1000);
  return new SignJWT({
    name: principal.name,
    groups: [...principal.groups],
    kind: principal.kind,
    sid: identity.signIn,
    groups_at: Math.floor(identity.groupsReadAt / 1000),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ, kid: current.id })
    .setIssuer(settings.publicUrl)
    .setAudience(audience)
    .setSubject(principal.id)
    .setJti(crypto.randomUUID())
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(current.privateKey);
}

/**
 * Throws Refused `token_expired` or `unauthenticated`; the sentence never says what was wrong
 * inside.
 */
export const verifyAccessToken = (
  settings: Settings,
  token: string,
  now: number,
): Promise<Identity> =>
  verify(settings, { typ: ACCESS_TOKEN, audience: settings.publicUrl }, token, now);

/** The same, of the token that a browser has on the host of a service. */
export const verifyHostToken = (
  settings: Settings,
  origin: string,
  token: string,
  now: number,
): Promise<Identity> => verify(settings, { typ: HOST_TOKEN, audience: origin }, token, now);

async function verify(
  settings: Settings,
  { typ, audience }: Kind,
  token: string,
  now: number,
): Promise<Identity> {
  const pairs = await pairsOf(settings);
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const pair = pairs.find((known) => known.id === kid);
        if (pair === undefined) throw new errors.JWKSNoMatchingKey();
        return pair.publicKey;
      },
      {
        algorithms: [ALGORITHM],
        typ,
        issuer: settings.publicUrl,
        audience,
        currentDate: new Date(now),
        requiredClaims: ["exp", "nbf", "iat", "jti"],
      },
    );
    const { sub, name, groups, kind, sid, groups_at, exp } = claims.parse(payload);
    const principal = { id: sub, name, groups, kind };
    const [groupsReadAt, expiresAt] = [groups_at * 1000, exp * 1000];
    return { principal, signIn: sid, groupsReadAt, expiresAt, token: null };
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new Refused("token_expired", "The access token has expired. Run `sluice login`.");
    }
    throw new Refused("unauthenticated", "The access token is not valid here.");
  }
}

const pairs = new WeakMap<Settings, Promise<readonly SigningPair[]>>();

function pairsOf(settings: Settings): Promise<readonly SigningPair[]> {
  const before = pairs.get(settings);
  if (before !== undefined) return before;
  const made = Promise.all(settings.signingKeys.map((seed) => signingPair(seed, "token")));
  pairs.set(settings, made);
  return made;
}
