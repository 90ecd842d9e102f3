import type { Manifest, RecordingKeys } from "../../core/api/record.ts";
import { fromBase64 } from "../../core/bytes.ts";
import { chunkPlainBytesMax } from "../../core/recording/chunk.ts";
import {
  type Reading,
  type Verdict,
  type Verified,
  verifyChunks,
} from "../../core/recording/reader.ts";
import { counted, listed } from "./words.ts";

/* What `sluice audit verify` does, in the browser, with one chunk of it in memory at a time. */

/** Where the recording and the keys come from. */
export type Source = {
  readonly manifest: () => Promise<Manifest>;
  readonly keys: () => Promise<RecordingKeys>;
  readonly chunk: (first: number) => Promise<Uint8Array | null>;
};

export type Report = {
  readonly verdict: Verdict;
  readonly live: boolean;
  /** How far it is as it was signed, and the ids of the keys that signed it. */
  readonly records: number;
  readonly keys: readonly string[];
};

/** How far it is: chunks of how many. */
export type Progress = { readonly done: number; readonly of: number; readonly records: number };

/** Throws what the source throws, and where the browser knows no Ed25519. */
export async function verifyRecording(
  source: Source,
  tell: (progress: Progress) => void,
): Promise<Report> {
  const [{ header, live, chunks }, { keys }] = await Promise.all([
    source.manifest(),
    source.keys(),
  ]);
  const reading = await readingBy(keys);
  const signers = new Set<string>();
  let done = 0;
  let records = 0;
  tell({ done, of: chunks.length, records });
  async function* fetched() {
    for (const { first } of chunks) yield await source.chunk(first);
  }
  const verdict = await verifyChunks(header, fetched(), reading, (upTo: Verified) => {
    signers.add(upTo.key);
    records = upTo.records;
    tell({ done: ++done, of: chunks.length, records });
  });
  return { verdict, live, records, keys: [...signers] };
}

async function readingBy(keys: RecordingKeys["keys"]): Promise<Reading> {
  const known = new Map<string, CryptoKey>();
  for (const { id, key } of keys) known.set(id, await publicKey(key));
  return {
    digest: async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", own(data))),
    gunzip,
    async verifies(id, signature, message) {
      const key = known.get(id);
      if (key === undefined) return false;
      return crypto.subtle.verify("Ed25519", key, own(signature), own(message));
    },
  };
}

/** RFC 8032: 32 bytes. */
const publicKey = (base64: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", own(fromBase64(base64) ?? new Uint8Array()), "Ed25519", false, [
    "verify",
  ]);

/** WebCrypto wants bytes that nobody shares with another thread; none are here. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** Throws where more comes out than a chunk may hold: it may be made to fill memory. */
async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const plain = new Blob([own(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = plain.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(own(read.value));
    length += read.value.length;
    if (length <= chunkPlainBytesMax) continue;
    await reader.cancel();
    throw new Error("more than a chunk may hold");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export type Finding = {
  readonly look: "good" | "danger";
  readonly title: string;
  /** Sentences. */
  readonly more: readonly string[];
};

/** What was found, for people. */
export function findingOf({ verdict, live, records, keys }: Report): Finding {
  const upTo = `The first ${counted(records, "record")} are as they were signed.`;
  const before = records === 0 ? [] : [upTo];
  const signed = keys.length === 0 ? [] : [`Signed by key ${listed(keys)}.`];
  if (verdict.is === "broken") {
    const title = `Damaged at record ${verdict.at}`;
    return { look: "danger", title, more: [`Found: ${verdict.why}.`, ...before, ...signed] };
  }
  if (verdict.is === "cut" && live) {
    const title = `Verified up to record ${records}`;
    const rest = "The session is live: what follows is not signed yet.";
    return { look: "good", title, more: [rest, ...signed] };
  }
  if (verdict.is === "cut") {
    const title = `Cut at record ${verdict.at}`;
    return { look: "danger", title, more: ["What follows is missing.", ...before, ...signed] };
  }
  const { delivered } = verdict;
  const tail = `Records ${delivered + 1} to ${records}: recorded, delivery not known.`;
  return {
    look: "good",
    title: `Verified: all ${counted(records, "record")}`,
    more: [...(delivered === records ? [] : [tail]), ...signed],
  };
}
