import { base64, concat, fromBase64, strictText, u32, u32Bytes, utf8 } from "../bytes.ts";
import { bindBytesMax, chunkBytesMax, sqlBytesMax } from "../limits.ts";

/**
 * A command as it lies on disk: of its exact text JSON may take six bytes for one, its bound values
 * are in base64, and both are sealed in base64. Twice the text leaves room for all else.
 */
const recordBytesMax = Math.ceil((4 / 3) * (2 * 6 * sqlBytesMax + (4 / 3) * bindBytesMax));

/** A chunk's records before compression: as many as fill one, or a single one that is larger. */
export const chunkPlainBytesMax = Math.max(chunkBytesMax, recordBytesMax);

/*
 * A chunk is `u32 head length · head JSON · u32 body length · body`; the body is gzip of whole
 * records. A raw export is `u32 header length · session header JSON` and then the session's chunks
 * in order, as they lie in the store. `audit verify` reads it without asking anybody.
 */

/** What is signed. `first` and `last` count records from 1; `h` is the hex of h(last). */
export type Head = {
  readonly session: string;
  readonly first: number;
  readonly last: number;
  readonly h: string;
  readonly at: number;
  /** The last record whose bytes the client had acknowledged when this was signed. */
  readonly delivered: number;
};

/** `key` names the signing key, `signature` is base64 of Ed25519 (RFC 8032) over `headBytes`. */
export type SignedHead = Head & { readonly key: string; readonly signature: string };

export type Chunk = { readonly head: SignedHead; readonly body: Uint8Array };

/** The bytes under the signature: another label than anything else that the deployment signs. */
export function headBytes({ session, first, last, h, at, delivered }: Head): Uint8Array {
  const json = JSON.stringify({ session, first, last, h, at, delivered });
  return utf8(`sluice.chunk.1\0${json}`);
}

export const signHead = (head: Head, key: string, signature: Uint8Array): SignedHead => ({
  ...head,
  key,
  signature: base64(signature),
});

export function encodeChunk({ head, body }: Chunk): Uint8Array {
  const json = utf8(JSON.stringify(head));
  return concat([u32Bytes(json.length), json, u32Bytes(body.length), body]);
}

export function encodeExportHeader(header: string): Uint8Array {
  const json = utf8(header);
  return concat([u32Bytes(json.length), json]);
}

/** Where the store keeps the chunk whose first record is `first`. */
export const chunkKey = (session: string, first: number): string =>
  `recordings/${session}/${String(first).padStart(12, "0")}`;

/** Reads length-prefixed parts; null where the bytes end too early. */
export class Parts {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(): Uint8Array | null {
    const start = this.#at + 4;
    if (start > this.#bytes.length) return null;
    const end = start + u32(this.#bytes, this.#at);
    if (end > this.#bytes.length) return null;
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }
}

/** Null: not a signed head. */
export function decodeHead(bytes: Uint8Array): SignedHead | null {
  try {
    const value = JSON.parse(strictText(bytes) ?? "") as Partial<SignedHead> | null;
    return isHead(value) ? value : null;
  } catch {
    return null;
  }
}

function isHead(value: Partial<SignedHead> | null): value is SignedHead {
  const strings = [value?.session, value?.h, value?.key, value?.signature];
  const numbers = [value?.first, value?.last, value?.at, value?.delivered];
  return (
    strings.every((part) => typeof part === "string") &&
    numbers.every((part) => Number.isSafeInteger(part)) &&
    fromBase64(value?.signature ?? "")?.length === 64
  );
}
