import type { Masker } from "./masker.ts";
import type { Growing } from "./growing.ts";
import type { Tally } from "./tally.ts";

const WINDOW_BYTES = 64 * 1024;

type Detecting = Pick<Masker, "scanInPlace" | "longestPattern">;

/**
 * How much of a cell is held at once. Windows overlap by the longest pattern, so they are
 * larger.
 */
export const windowBytes = (masker: Detecting): number =>
  Math.max(WINDOW_BYTES, 4 * masker.longestPattern);

/**
 * Detectors over a cell that is too large to hold, hits overwritten in place. Windows begin at
 * fixed places of the cell, so the result does not depend on how it was cut.
 */
export class Window {
  readonly #masker: Detecting;
  readonly #tally: Tally;
  readonly #bytes: Uint8Array;
  #filled = 0;

  constructor(masker: Detecting, tally: Tally) {
    this.#masker = masker;
    this.#tally = tally;
    this.#bytes = new Uint8Array(windowBytes(masker));
  }

  push(from: Uint8Array, start: number, end: number, column: string, out: Growing): void {
    let at = start;
    while (at < end) {
      if (this.#filled === this.#bytes.length) this.#slide(column, out);
      const next = Math.min(end, at + this.#bytes.length - this.#filled);
      this.#bytes.set(from.subarray(at, next), this.#filled);
      this.#filled += next - at;
      at = next;
    }
  }

  /** The cell is over. */
  finish(column: string, out: Growing): void {
    this.#scan(this.#filled, column);
    out.append(this.#bytes, 0, this.#filled);
    this.#filled = 0;
  }

  /** What the next window need not see again leaves; characters stay whole. */
  #slide(column: string, out: Growing): void {
    this.#scan(wholeCharacters(this.#bytes, this.#filled), column);
    const leaves = wholeCharacters(this.#bytes, this.#filled - this.#masker.longestPattern);
    out.append(this.#bytes, 0, leaves);
    this.#bytes.copyWithin(0, leaves, this.#filled);
    this.#filled -= leaves;
  }

  #scan(end: number, column: string): void {
    this.#tally.found(this.#masker.scanInPlace(this.#bytes.subarray(0, end), column));
  }
}

/** `at`, or up to three bytes before it, where a UTF-8 character begins. */
function wholeCharacters(bytes: Uint8Array, at: number): number {
  for (let back = 0; back < 4; back++) {
    const byte = bytes[at - back];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
