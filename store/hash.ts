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
