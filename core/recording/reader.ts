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

type Piece = { readonly head: Uint8Array; readonly body: Uint8Array } | { readonly lost: string };

/** Never throws for what lies in `raw`. */
export async function verify(raw: Uint8Array, reading: Reading): Promise<Verdict> {
  const parts = new Parts(raw);
  const header = strictText(parts.next() ?? new Uint8Array()) ?? "";
  return verifyPieces(header, piecesIn(parts), reading, () => {});
}

/** How far it is whole. `key` signed the last of it. */
export type Verified = {
  readonly records: number;
  readonly delivered: number;
  readonly key: string;
};

/**
 * The same for chunks as they lie in the store, one after the other: only one is in memory. Null
 * stands for one that the store does not have. Throws what `chunks` throws.
 */
export const verifyChunks = (
  header: string,
  chunks: AsyncIterable<Uint8Array | null>,
  reading: Reading,
  verified: (upTo: Verified) => void,
): Promise<Verdict> => verifyPieces(header, piecesOf(chunks), reading, verified);

/** What ends in the middle of a chunk is cut there. */
function* piecesIn(parts: Parts): Generator<Piece> {
  while (!parts.done) {
    const head = parts.next();
    const body = parts.next();
    if (head === null || body === null) return;
    yield { head, body };
  }
}

async function* piecesOf(chunks: AsyncIterable<Uint8Array | null>): AsyncGenerator<Piece> {
  for await (const chunk of chunks) {
    const parts = new Parts(chunk ?? new Uint8Array());
    const head = parts.next();
    const body = parts.next();
    if (chunk === null) yield { lost: "a chunk that the store does not have" };
    else if (head !== null && body !== null && parts.done) yield { head, body };
    else yield { lost: "a chunk that cannot be read" };
  }
}

async function verifyPieces(
  header: string,
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  reading: Reading,
  verified: (upTo: Verified) => void,
): Promise<Verdict> {
  const session = sessionOf(header);
  if (session === null) return broken(1, "no session header");
  const h = await reading.digest(chainSeed(header));
  const progress: Progress = { seq: 0, h, delivered: 0, ended: false };
  for await (const piece of pieces) {
    try {
      const key = await verifyPiece(piece, session, progress, reading);
      verified({ records: progress.seq, delivered: progress.delivered, key });
    } catch (error) {
      if (error instanceof Broken) return broken(error.at, error.message);
      return broken(progress.seq + 1, "a chunk that cannot be read");
    }
  }
  const { seq: records, delivered, ended } = progress;
  if (!ended) return { is: "cut", session, at: records + 1 };
  return { is: "whole", session, records, delivered };
}

/** The id of the key that signed it. */
async function verifyPiece(
  piece: Piece,
  session: string,
  progress: Progress,
  { digest, gunzip, verifies }: Reading,
): Promise<string> {
  const at = progress.seq + 1;
  if ("lost" in piece) throw new Broken(at, piece.lost);
  const { body } = piece;
  const head = decodeHead(piece.head);
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
  return head.key;
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
