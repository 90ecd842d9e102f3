import { fromBase64 } from "../core/bytes.ts";
import { ConfigError } from "../core/errors.ts";

/** 32 bytes and the id by which values refer to them. */
export type NamedKey = { readonly id: string; readonly key: Uint8Array };

/** The first is current. */
export type NamedKeys = readonly [NamedKey, ...NamedKey[]];

/**
 * `id:base64,id:base64`, 32 bytes each; the first is current, the others still open or verify what
 * they made. Throws a ConfigError that names the variable and never shows its value.
 */
export function namedKeys(variable: string, value: string | undefined): NamedKeys {
  const keys: NamedKey[] = [];
  for (const entry of (value ?? "").split(",")) {
    const [, id, encoded] = /^\s*([a-z0-9-]{1,16}):([A-Za-z0-9+/=]+)\s*$/.exec(entry) ?? [];
    const key = encoded === undefined ? null : fromBase64(encoded);
    if (id === undefined || key?.length !== 32) {
      throw new ConfigError("misconfigured", `${variable} must be id:base64 of 32 bytes each`);
    }
    if (keys.some((known) => known.id === id)) {
      throw new ConfigError("misconfigured", `${variable} names the key ${id} twice`);
    }
    keys.push({ id, key });
  }
  // An empty text has one entry as well, and an empty entry throws.
  return keys as [NamedKey, ...NamedKey[]];
}

/** RFC 8410 section 7: what stands before a 32-byte seed in an Ed25519 private key. */
const PKCS8_ED25519 = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);

/** Ed25519 (RFC 8032). */
export type SigningPair = {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** 32 bytes (RFC 8032). */
  readonly publicBytes: Uint8Array;
};

/**
 * The pair for one purpose. The seed in SIGNING_KEYS signs recordings; other purposes get a seed of
 * their own (HMAC-SHA-256 of the purpose under it), so that no signature of one kind passes as
 * another.
 */
export async function signingPair(
  seed: NamedKey,
  purpose: "recording" | "token",
): Promise<SigningPair> {
  const pkcs8 = new Uint8Array(48);
  pkcs8.set(PKCS8_ED25519);
  pkcs8.set(purpose === "recording" ? seed.key : await derive(seed.key, purpose), 16);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const jwk = (await crypto.subtle.exportKey("jwk", privateKey)) as JsonWebKey;
  const publicJwk = { kty: "OKP", crv: "Ed25519", x: jwk.x as string };
  const publicKey = await crypto.subtle.importKey("jwk", publicJwk, "Ed25519", true, ["verify"]);
  const publicBytes = new Uint8Array(
    (await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer,
  );
  return { id: seed.id, privateKey, publicKey, publicBytes };
}

async function derive(key: Uint8Array, purpose: string): Promise<Uint8Array> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", key, hmac, false, ["sign"]);
  const label = new TextEncoder().encode(`sluice.${purpose}.1`);
  return new Uint8Array(await crypto.subtle.sign("HMAC", secret, label));
}
