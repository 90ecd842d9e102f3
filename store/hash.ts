import { hex, utf8 } from "../core/bytes.ts";

/**
 * What D1 keeps of a bearer secret: SHA-256 in hex. Our secrets have 256 random bits, so no salt is
 * needed.
 */
export async function hashSecret(secret: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(secret))));
}

/** 256 random bits, base64url (RFC 4648 section 5) without padding. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const encoded = btoa(String.fromCharCode(...bytes));
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Compares all of both, wherever they differ: the time it takes tells nothing. */
export function sameHash(a: string, b: string): boolean {
  let differs = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) differs |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differs === 0;
}
