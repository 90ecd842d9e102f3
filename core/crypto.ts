/**
 * The primitives that core needs, handed over as a value: synchronous, bytes in and out. The shell
 * gives `node:crypto`'s, tests a seeded one, so that captures are exact.
 */
export type Crypto = {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2-HMAC-SHA-256, 32 bytes out (RFC 8018 section 5.2). Callers bound `iterations`. */
  pbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
  md5(data: Uint8Array): Uint8Array;
  /** `n` bytes that nobody can guess. */
  random(n: number): Uint8Array;
};
