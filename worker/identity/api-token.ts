import type { Context } from "hono";
import { apiTokenVouchedSeconds } from "../../core/limits.ts";
import { utf8 } from "../../core/bytes.ts";
import { apiTokenStanding, noteUse } from "../../store/api-tokens.ts";
import { hashSecret, sameHash } from "../../store/hash.ts";
import { base32, newId } from "../../store/ids.ts";
import type { App } from "../context.ts";
import { Refused } from "../problem.ts";
import type { Identity } from "./tokens.ts";

/*
 * An API token is its id (`slt_` and 26 characters), 256 random bits (52) and a CRC-32 of both (7),
 * all in one alphabet: `slt_[0-9a-v]{85}` finds one in any text, and the checksum tells it from
 * what only looks like one.
 */
const idLength = 30;
const SHAPE = /^slt_[0-9a-v]{85}$/;

/** The token is for whoever asked for it; D1 gets id and hash. */
export async function newApiToken(now: number) {
  const id = newId("slt", now);
  const open = id + base32(crypto.getRandomValues(new Uint8Array(32)));
  const token = open + checksum(open);
  return { id, token, hash: await hashSecret(token) };
}

export const looksLikeApiToken = (token: string): boolean => token.startsWith("slt_");

/**
 * Whoever made the token, by what the issuer last said of her: the name tells that a token acts.
 * Throws Refused `unauthenticated`; why, is told only to whoever has the secret.
 */
export async function identityOfApiToken(c: Context<App>, token: string): Promise<Identity> {
  const { db, now } = c.var;
  const whole = SHAPE.test(token) && token.slice(-7) === checksum(token.slice(0, -7));
  const standing = whole ? await apiTokenStanding(db, token.slice(0, idLength), now) : null;
  if (standing === null || !sameHash(standing.token.hash, await hashSecret(token))) {
    throw new Refused("unauthenticated", "The API token is not valid here.");
  }
  const { token: row, owner, signIn } = standing;
  const over = whyOver(standing, now);
  if (over !== null || signIn === null) throw new Refused("unauthenticated", over ?? SIGNED_OUT);
  c.executionCtx.waitUntil(noteUse(db, row, now));
  const { id, groups, kind, groupsReadAt } = owner;
  return {
    principal: { id, name: `${owner.name} by token ${row.name}`, groups, kind },
    signIn,
    groupsReadAt,
    expiresAt: row.expiresAt,
    token: { id: row.id, scopes: row.scopes },
  };
}

type Standing = NonNullable<Awaited<ReturnType<typeof apiTokenStanding>>>;

const SIGNED_OUT = "Whoever made this API token is signed out: it rests until she signs in again.";

function whyOver({ token, owner, refused }: Standing, now: number): string | null {
  if (token.revokedAt !== null) return "This API token was revoked.";
  if (token.expiresAt <= now) return "This API token has expired: make another.";
  if (refused === 1) return "The identity provider no longer vouches for whoever made this token.";
  const vouched = now - owner.groupsReadAt <= apiTokenVouchedSeconds * 1000;
  return vouched ? null : "Whoever made this API token has not been here for too long: sign in.";
}

/** CRC-32 (ISO 3309, as in gzip) of ASCII, in base32. */
function checksum(ascii: string): string {
  let crc = 0xffff_ffff;
  for (const byte of utf8(ascii)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, ~crc >>> 0);
  return base32(bytes);
}
