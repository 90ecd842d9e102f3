import { base64, concat, fromBase64, text, utf8 } from "../core/bytes.ts";
import { namedKeys } from "./keys.ts";

type SealingEnv = { readonly SEALING_KEYS: string };

/**
 * AES-256-GCM under the current key of SEALING_KEYS: `id:base64(nonce ‖ ciphertext ‖ tag)`. The
 * purpose and the key's id are authenticated, so that what was sealed for one row does not open in
 * another.
 */
export async function sealBytes(
  env: SealingEnv,
  purpose: string,
  plaintext: Uint8Array,
): Promise<string> {
  const [current] = namedKeys("SEALING_KEYS", env.SEALING_KEYS);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const key = await aesKey(current.key, "encrypt");
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: label(current.id, purpose) };
  const sealed = await crypto.subtle.encrypt(algorithm, key, plaintext);
  return `${current.id}:${base64(concat([nonce, new Uint8Array(sealed)]))}`;
}

/** Throws when the key is gone, the purpose is another, or a bit was changed; never says which. */
export async function openBytes(
  env: SealingEnv,
  purpose: string,
  sealed: string,
): Promise<Uint8Array> {
  const colon = sealed.indexOf(":");
  const id = sealed.slice(0, colon);
  const named = namedKeys("SEALING_KEYS", env.SEALING_KEYS).find((key) => key.id === id);
  const bytes = fromBase64(sealed.slice(colon + 1));
  if (named === undefined || bytes === null || bytes.length < 28) throw new SealError(purpose);
  const key = await aesKey(named.key, "decrypt");
  const iv = bytes.slice(0, 12);
  const algorithm = { name: "AES-GCM", iv, additionalData: label(id, purpose) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.slice(12)));
  } catch {
    throw new SealError(purpose);
  }
}

/**
 * Opens a recording's secret by its session's data key: `nonce (12) ‖ ciphertext ‖ tag (16)` of
 * AES-256-GCM. Throws as `openBytes` does.
 */
export async function openWith(dataKey: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  const key = await aesKey(dataKey, "decrypt");
  const algorithm = { name: "AES-GCM", iv: sealed.slice(0, 12) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed.slice(12)));
  } catch {
    throw new SealError("a recording");
  }
}

/** As `sealBytes`, of UTF-8 text. */
export const seal = (env: SealingEnv, purpose: string, plaintext: string): Promise<string> =>
  sealBytes(env, purpose, utf8(plaintext));

/** As `openBytes`, of UTF-8 text. */
export const open = async (env: SealingEnv, purpose: string, sealed: string): Promise<string> =>
  text(await openBytes(env, purpose, sealed));

/** Names the purpose, never the value. */
export class SealError extends Error {
  constructor(purpose: string) {
    super(`what was sealed for ${purpose} does not open with the keys in SEALING_KEYS`);
  }
}

const label = (id: string, purpose: string) =>
  utf8(`sluice.seal.1\0${id}\0${purpose}`) as BufferSource;

const aesKey = (key: Uint8Array, use: "encrypt" | "decrypt") =>
  crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
