import { fromBase64, hex, strictText } from "../bytes.ts";
import { chainLink, chainSeed } from "./chain.ts";
import { decodeHead, headBytes, Parts, type SignedHead } from "./chunk.ts";
import { decodeRecord, splitRecords, type StoredEvent } from "./record.ts";

/*
 * What reads a raw export (chunk.ts) and says whether it is whole: chain, signatures, contiguity,
 * end. Hashing, signatures and gzip come as values, because browser, CLI and Node each have their
 * own.
 */

export type Reading = {
  readonly digest: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly gunzip: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** Ed25519 (RFC 8032) by the public key of that id; false as well where no such key is known. */
  readonly verifies: (
    key: string,
    signature: Uint8Array,
    message: Uint8Array,
  ) => boolean | Promise<boolean>;
};

export type Verdict =
  | {
      readonly is: "whole";
      readonly session: string;
      readonly records: number;
      /** Records after this one were recorded; whether they reached the client is not known. */
      readonly delivered: number;
    }
  /** All that is here is genuine, and the rest is missing. */
  | { readonly is: "cut"; readonly session: string; readonly at: number }
  /** Somebody changed it. `at`: the first record that cannot be believed. */
  | { readonly is: "broken"; readonly at: number; readonly why: string };

/** One line for people. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.is) {
    case "broken":
      return `broken at ${verdict.at}: ${verdict.why}`;
    case "cut":
      return `cut at ${verdict.at}`;
    case "whole": {
      const { records, delivered } = verdict;
      if (delivered === records) return `whole: ${records} records`;
      const tail = `records ${delivered + 1} to ${records}`;
      return `whole: ${records} records; ${tail}: recorded, delivery not known`;
    }
  }
}

class Broken extends Error {
  readonly at: number;
  constructor(at: number, why: string) {
    super(why);
    this.at = at;
  }
}

type Progress = { seq: number; h: Uint8Array; delivered: number; ended: boolean };

/** Never throws for what lies in `raw`. */
export async function verify(raw: Uint8Array, reading: Reading): Promise<Verdict> {
  const parts = new Parts(raw);
  const header = strictText(parts.next() ?? new Uint8Array());
  const session = header === null ? null : sessionOf(header);
  if (header === null || session === null) return broken(1, "no session header");
  const h = await reading.digest(chainSeed(header));
  const progress: Progress = { seq: 0, h, delivered: 0, ended: false };
  try {
    while (!parts.done) {
      const head = parts.next();
      const body = parts.next();
      if (head === null || body === null) break;
      await verifyChunk(head, body, session, progress, reading);
    }
  } catch (error) {
    if (error instanceof Broken) return broken(error.at, error.message);
    return broken(progress.seq + 1, "a chunk that cannot be read");
  }
  const { seq: records, delivered, ended } = progress;
  if (!ended) return { is: "cut", session, at: records + 1 };
  return { is: "whole", session, records, delivered };
}

async function verifyChunk(
  headJson: Uint8Array,
  body: Uint8Array,
  session: string,
  progress: Progress,
  { digest, gunzip, verifies }: Reading,
): Promise<void> {
  const at = progress.seq + 1;
  const head = decodeHead(headJson);
  if (head === null) throw new Broken(at, "a chunk without a signed head");
  const signature = fromBase64(head.signature) as Uint8Array;
  if (!(await verifies(head.key, signature, headBytes(head)))) {
    throw new Broken(at, `no valid signature by key ${head.key}`);
  }
  if (head.session !== session) throw new Broken(at, "a chunk of another session");
  if (progress.ended) throw new Broken(at, "records after the end");
  if (head.first !== at) throw new Broken(at, `a chunk from record ${head.first} on`);
  const records = splitRecords(await gunzip(body));
  if (records?.length !== head.last - head.first + 1) {
    throw new Broken(at, "a chunk that holds other records than its head says");
  }
  for (const record of records) await verifyRecord(record, progress, digest);
  if (hex(progress.h) !== head.h) throw new Broken(at, "the chain does not fit its signed head");
  progress.delivered = head.delivered;
}

async function verifyRecord(
  record: Uint8Array,
  progress: Progress,
  digest: Reading["digest"],
): Promise<void> {
  progress.seq++;
  progress.h = await digest(chainLink(progress.h, record));
  const event = decodeRecord(record);
  if (event === null || progress.ended) throw new Broken(progress.seq, "not a record");
  if (event.fact.kind === "end") progress.ended = true;
}

const broken = (at: number, why: string): Verdict => ({ is: "broken", at, why });

function sessionOf(header: string): string | null {
  try {
    const value = JSON.parse(header) as { session?: unknown } | null;
    return typeof value?.session === "string" ? value.session : null;
  } catch {
    return null;
  }
}

export type ReplayEvent = StoredEvent & { readonly seq: number };

/** The events of one chunk's gunzipped body. Verify first: what is not a record is left out. */
export function* replay(first: number, body: Uint8Array): Generator<ReplayEvent> {
  for (const [at, record] of (splitRecords(body) ?? []).entries()) {
    const event = decodeRecord(record);
    if (event !== null) yield { seq: first + at, ...event };
  }
}

/** The chunks of a raw export, not verified. */
export function* chunksIn(raw: Uint8Array): Generator<{ head: SignedHead; body: Uint8Array }> {
  const parts = new Parts(raw);
  parts.next();
  while (!parts.done) {
    const head = decodeHead(parts.next() ?? new Uint8Array());
    const body = parts.next();
    if (head === null || body === null) return;
    yield { head, body };
  }
}
