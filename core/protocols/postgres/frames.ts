import { EMPTY, i32 } from "../../bytes.ts";

/*
 * PostgreSQL messages out of a byte stream, however it is cut (manual, chapter "Message Formats"):
 * after the startup packet each is `u8 type · i32 length (its own four bytes included) · body`.
 *
 * The hot path is per chunk: a message that lies in one chunk is handed out as a view, and a run of
 * messages of one type as one view. Only a message that spans chunks is copied, once.
 */

/**
 * Chunks smaller than this are gathered: a peer that sends byte by byte costs no array per byte.
 */
const GATHER_BYTES = 4096;
const BLOCK_BYTES = 65_536;

/** Bytes in, views out. Handed-out views are never written to again. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk that is not used up, and the position in it. */
  #first = 0;
  #at = 0;
  #length = 0;
  /** The last chunk, while it is a block of ours with room behind `#chunks.at(-1)`. */
  #block: Uint8Array | null = null;
  #blockFilled = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    if (bytes.length < GATHER_BYTES && this.#length > bytes.length) this.#gather(bytes);
    else {
      this.#block = null;
      this.#chunks.push(bytes);
    }
  }

  /** Appends to the open block; the chunk in the list grows over it, what was handed out stays. */
  #gather(bytes: Uint8Array): void {
    if (this.#block === null || this.#blockFilled + bytes.length > BLOCK_BYTES) {
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockFilled = 0;
      this.#chunks.push(EMPTY);
    }
    this.#block.set(bytes, this.#blockFilled);
    this.#blockFilled += bytes.length;
    this.#chunks[this.#chunks.length - 1] = this.#block.subarray(0, this.#blockFilled);
  }

  /** The unread rest of the first chunk. */
  head(): Uint8Array {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return EMPTY;
    return this.#at === 0 ? chunk : chunk.subarray(this.#at);
  }

  /** The first `n` bytes without taking them, or null when there are fewer. */
  peek(n: number): Uint8Array | null {
    if (this.#length < n) return null;
    const chunk = this.#chunks[this.#first] as Uint8Array;
    if (chunk.length - this.#at >= n) return chunk.subarray(this.#at, this.#at + n);
    return this.#gathered(n);
  }

  /** The first `n` bytes, contiguous. The caller has checked `length`. */
  take(n: number): Uint8Array {
    if (n === 0) return EMPTY;
    const bytes = this.peek(n) as Uint8Array;
    this.#skip(n);
    return bytes;
  }

  /** Up to `n` bytes, without a copy: what the first chunk holds. */
  takeSome(n: number): Uint8Array {
    const head = this.head();
    return this.take(Math.min(n, head.length));
  }

  #gathered(n: number): Uint8Array {
    const out = new Uint8Array(n);
    let filled = 0;
    let at = this.#at;
    for (let i = this.#first; filled < n; i++) {
      const chunk = this.#chunks[i] as Uint8Array;
      const part = chunk.subarray(at, Math.min(chunk.length, at + n - filled));
      out.set(part, filled);
      filled += part.length;
      at = 0;
    }
    return out;
  }

  #skip(n: number): void {
    this.#length -= n;
    let left = n;
    while (left > 0) {
      const rest = (this.#chunks[this.#first] as Uint8Array).length - this.#at;
      if (left < rest) {
        this.#at += left;
        return;
      }
      left -= rest;
      this.#first++;
      this.#at = 0;
    }
    this.#forget();
  }

  /**
   * Drops what was used up, now and then, so that the list stays short and each chunk is moved
   * once.
   */
  #forget(): void {
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = 0;
      this.#block = null;
    } else if (this.#first >= 64) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }
}

/** A whole message as it came: type byte, length, body. */
export type Message = {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
};

export const HEADER_BYTES = 5;

/**
 * The next message's type and full length (header included), or null; "malformed" for an impossible
 * length.
 */
export function peekHeader(
  queue: ByteQueue,
): { readonly type: number; readonly length: number } | "malformed" | null {
  const header = queue.peek(HEADER_BYTES);
  if (header === null) return null;
  const length = i32(header, 1);
  if (length < 4) return "malformed";
  return { type: header[0] as number, length: length + 1 };
}

/** Takes the message that `peekHeader` announced, once all of it is there. */
export function takeMessage(queue: ByteQueue, length: number): Message {
  const bytes = queue.take(length);
  return { type: bytes[0] as number, bytes, body: bytes.subarray(HEADER_BYTES) };
}

/**
 * Where a run of whole messages of `type` ends in `bytes`, from 0: every one of them at most
 * `lengthMax` long. 0 when the first is of another type, is cut, or is longer.
 */
export function runEnd(bytes: Uint8Array, type: number, lengthMax: number): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length && bytes[at] === type) {
    const length = i32(bytes, at + 1);
    if (length < 4 || length + 1 > lengthMax || at + length + 1 > bytes.length) break;
    at += length + 1;
  }
  return at;
}

/**
 * The bytes of a string up to its NUL, and where the next field begins; null when no NUL ends it.
 */
export function cString(body: Uint8Array, at: number): { bytes: Uint8Array; next: number } | null {
  const end = body.indexOf(0, at);
  return end < 0 ? null : { bytes: body.subarray(at, end), next: end + 1 };
}
