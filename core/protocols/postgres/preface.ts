import { i32 } from "../../bytes.ts";
import { startupBytesMax } from "../../limits.ts";
import { cString, HEADER_BYTES } from "./frames.ts";
import { authenticationCleartext, errorResponse } from "./messages.ts";

/*
 * The little of PostgreSQL that a listener in front of the tunnel needs: what a client wants first,
 * and a password of the listener's own.
 */

export { readStartup, type FirstPacket } from "./startup.ts";

/** The answer to SSLRequest and GSSENCRequest: the client goes on in plaintext. */
export const declineTls = (): Uint8Array => new Uint8Array([0x4e]);

/** Instead of a login: `code` is a SQLSTATE. */
export const startupFailure = (code: string, message: string): Uint8Array =>
  errorResponse({ severity: "FATAL", code, message });

/** Asks for the listener's password. */
export const passwordChallenge = (): Uint8Array => authenticationCleartext();

export type PasswordRead =
  | { readonly is: "more" }
  | { readonly is: "password"; readonly password: Uint8Array; readonly length: number }
  | { readonly is: "malformed"; readonly message: string };

const PASSWORD = 0x70;

/** A PasswordMessage at the front of `bytes` (manual, "PasswordMessage"). */
export function readPassword(bytes: Uint8Array): PasswordRead {
  const malformed = { is: "malformed", message: "A password was expected." } as const;
  if (bytes.length > 0 && bytes[0] !== PASSWORD) return malformed;
  if (bytes.length < HEADER_BYTES) return { is: "more" };
  const length = i32(bytes, 1) + 1;
  if (length < HEADER_BYTES + 1 || length > startupBytesMax) return malformed;
  if (bytes.length < length) return { is: "more" };
  const body = bytes.subarray(HEADER_BYTES, length);
  const password = cString(body, 0);
  if (password === null || password.next !== body.length) return malformed;
  return { is: "password", password: password.bytes, length };
}

export const authenticationRefused = (): Uint8Array =>
  startupFailure("28P01", "This is not the password of this connection: it is in the printed URL.");
