import { EMPTY } from "../../bytes.ts";
import { LINE_END, RECORD_MARK } from "./json-words.ts";

/**
 * How documents follow each other: just one; each on a line of its own (newline-delimited JSON);
 * each behind a mark (RFC 7464); or `loose`, one behind the other in any way.
 */
export type Several = "one" | "lines" | "sequence" | "loose";

/** What may come next, a bit each; behind `[` and `{` their end as well. */
export const [VALUE, FIRST_ITEM, FIRST_NAME, NAME] = [1, 2, 4, 8];
export const [AFTER_NAME, AFTER_VALUE, SEPARATOR, END] = [16, 32, 64, 128];
export const VALUES = VALUE | FIRST_ITEM;
export const NAMES = FIRST_NAME | NAME;

export const AFTER_DOCUMENT = { one: END, lines: SEPARATOR, sequence: SEPARATOR, loose: VALUE };
const SEPARATORS = { one: -1, lines: LINE_END, sequence: RECORD_MARK, loose: -1 };

/** What stands between documents, and never in one. */
export class Separators {
  /** -1: there is none of a kind. */
  readonly byte: number;
  #bytes: Uint8Array = EMPTY;
  /** The next one, as far as has been looked. */
  #at = -1;

  constructor(several: Several) {
    this.byte = SEPARATORS[several];
  }

  begin(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#at = -1;
  }

  /** Whether one stands there. `start` never goes back. */
  isIn(start: number, end: number): boolean {
    if (this.byte < 0) return false;
    if (this.#at < start) {
      const at = this.#bytes.indexOf(this.byte, start);
      this.#at = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#at < end;
  }
}
