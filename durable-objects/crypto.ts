import {
  createCipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  pbkdf2Sync,
  randomBytes,
} from "node:crypto";
import { concat } from "../core/bytes.ts";
import type { Crypto } from "../core/crypto.ts";
import { chainLink } from "../core/recording/chain.ts";
import type { Seal } from "../core/recording/record.ts";

/** Up to here copying a record costs less than a hash object of its own. */
const shortBytes = 16 * 1024;

const sha256 = (data: Uint8Array): Uint8Array => view(hash("sha256", data, "buffer"));

/** Core's primitives from the platform's node:crypto, all synchronous. */
export const nodeCrypto: Crypto = {
  sha256,
  hmacSha256: (key, data) => view(createHmac("sha256", key).update(data).digest()),
  pbkdf2: (password, salt, iterations) =>
    view(pbkdf2Sync(password, salt, iterations, 32, "sha256")),
  md5: (data) => view(createHash("md5").update(data).digest()),
  random: (n) => view(randomBytes(n)),
};

/** SHA-256 of `chainLink(before, record)`; a long record is not copied for it. */
export const linkHash = (before: Uint8Array, record: Uint8Array): Uint8Array =>
  record.length <= shortBytes
    ? sha256(chainLink(before, record))
    : view(createHash("sha256").update(before).update(record).digest());

/**
 * AES-256-GCM (NIST SP 800-38D) under a session's data key: `nonce (12) ‖ ciphertext ‖ tag (16)`.
 */
export function sealWith(dataKey: Uint8Array): Seal {
  const key = createSecretKey(dataKey);
  return (plain) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    return concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()].map(view));
  };
}

const view = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
