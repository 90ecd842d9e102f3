import { fromBase64, hex, utf8 } from "../bytes.ts";
import type { Reading } from "./reader.ts";

/*
 * One head over all sessions, each hour (CONTRACTS §6): an entry lists every chunk that was signed
 * since the entry before it, names that entry by its hash, and is signed. A session that is taken
 * away afterwards is still listed, and so it shows.
 */

export type ListedChunk = {
  readonly session: string;
  readonly first: number;
  readonly last: number;
  readonly h: string;
};

/** `from` and `until` are UnixMs: chunks signed after the one, up to the other. */
export type Hour = {
  /** Counts from 1 without gaps. */
  readonly number: number;
  /** Hex of the hash of the entry before; null for the first. */
  readonly previous: string | null;
  readonly from: number;
  readonly until: number;
  readonly chunks: readonly ListedChunk[];
};

/** `body` is an Hour's JSON, to the byte; `signature` is base64 of Ed25519 over `hourBytes`. */
export type SignedHour = {
  readonly body: string;
  readonly key: string;
  readonly signature: string;
};

/** What is signed, and what the next entry hashes. */
export const hourBytes = (body: string): Uint8Array => utf8(`sluice.hour.1\0${body}`);

export type HoursVerdict =
  | { readonly is: "whole"; readonly hours: readonly Hour[] }
  /** `at`: the number of the first entry that cannot be believed. */
  | { readonly is: "broken"; readonly at: number; readonly why: string };

/** Checks entries in their order. They may begin later than with the first. */
export async function verifyHours(
  entries: readonly SignedHour[],
  { digest, verifies }: Pick<Reading, "digest" | "verifies">,
): Promise<HoursVerdict> {
  const hours: Hour[] = [];
  let h: string | null = null;
  for (const { body, key, signature } of entries) {
    const before = hours.at(-1);
    const at = (before?.number ?? 0) + 1;
    const message = hourBytes(body);
    if (!(await verifies(key, fromBase64(signature) ?? new Uint8Array(), message))) {
      return { is: "broken", at, why: `no valid signature by key ${key}` };
    }
    const hour = JSON.parse(body) as Hour;
    const why = misfit(hour, before, h);
    if (why !== null) return { is: "broken", at: hour.number, why };
    hours.push(hour);
    h = hex(await digest(message));
  }
  return { is: "whole", hours };
}

function misfit(hour: Hour, before: Hour | undefined, h: string | null): string | null {
  if (before === undefined) {
    return hour.number === 1 && hour.previous !== null ? "the first entry names another" : null;
  }
  if (hour.number !== before.number + 1) return `entry ${before.number + 1} is missing`;
  if (hour.previous !== h) return "it does not follow from the entry before it";
  const same = hour.from === before.from && hour.until === before.until;
  return same || hour.from === before.until ? null : "time is missing before it";
}

/** Every chunk that the entries list, by session. */
export function listedBySession(hours: readonly Hour[]): Map<string, readonly ListedChunk[]> {
  const sessions = new Map<string, ListedChunk[]>();
  for (const chunk of hours.flatMap((hour) => hour.chunks)) {
    const known = sessions.get(chunk.session);
    if (known === undefined) sessions.set(chunk.session, [chunk]);
    else known.push(chunk);
  }
  return sessions;
}
