import type { Tally } from "../../tally.ts";
import type { BodyMasker } from "./body.ts";

/** Bytes at the beginning by which UTF-16 and UTF-32 show. */
const lookedAt = 4;
/** They are in no UTF-8; readers take them at the beginning for a mark of UTF-16 or UTF-32. */
const markFrom = 0xfe;

/**
 * Text that must be UTF-8, whatever it says of itself: where it begins like UTF-16 or UTF-32, with
 * a mark or with NUL between letters (as RFC 4627, section 3 told them apart), readers would read
 * what the masker does not.
 */
export class Declared implements BodyMasker {
  readonly tally: Tally;
  readonly #inner: BodyMasker;
  readonly #isText: boolean;
  #seen = 0;
  #failed = false;

  /** `isText`: NUL may not stand at the beginning either. */
  constructor(inner: BodyMasker, isText = true) {
    this.#inner = inner;
    this.#isText = isText;
    this.tally = inner.tally;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.#seen < lookedAt) this.#look(chunk);
    return this.#failed ? null : this.#inner.push(chunk);
  }

  finish(): Uint8Array | null {
    return this.#failed ? null : this.#inner.finish();
  }

  #look(chunk: Uint8Array): void {
    for (const byte of chunk.subarray(0, lookedAt - this.#seen)) {
      const isMark = this.#seen === 0 && byte >= markFrom;
      if (isMark || (this.#isText && byte === 0)) this.#failed = true;
      this.#seen++;
    }
  }
}
