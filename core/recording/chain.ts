import { concat, utf8 } from "../bytes.ts";

/*
 * Every record is chained to all before it (CONTRACTS §6): h(n) = SHA-256(h(n-1) ‖ record), and
 * h(0) = SHA-256("sluice.recording.1" ‖ header). One changed bit changes every later h.
 */

export const RECORDING = "sluice.recording.1";

/** What h(0) hashes. `header` is the session header's JSON, to the byte. */
export const chainSeed = (header: string): Uint8Array => concat([utf8(RECORDING), utf8(header)]);

/** What h(n) hashes. */
export const chainLink = (before: Uint8Array, record: Uint8Array): Uint8Array =>
  concat([before, record]);

/** The session's header: who, what and when, before anything happened. Keys in this order. */
export type Header = {
  readonly session: string;
  readonly principal: string;
  readonly resource: string;
  readonly openedAt: number;
};

export const headerJson = ({ session, principal, resource, openedAt }: Header): string =>
  JSON.stringify({ session, principal, resource, openedAt });
