import { concat } from "../../bytes.ts";
import { jsonInTextMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import {
  beginsDocument,
  decoded,
  hiddenWhole,
  isWhole,
  mayHoldDocument,
  NULL,
  REDACTED,
  written,
} from "./json-words.ts";

/** A reader of a document that stands in a text. */
export type Inner = BodyMasker & { readonly hasMembers: boolean };

/** How the tally calls what was replaced because it could not be looked through. */
export const [TOO_LONG, TOO_DEEP, UNREADABLE] = ["too-long", "too-deep", "unreadable"];

/** The shortest thing that a detector finds in a number alone. */
const numberScannedFrom = 7;
const [TRUE, FALSE] = [0x74, 0x66];

/** What stands for the values of a document. A token has its quotes. */
export class JsonValues {
  readonly #rules: BodyRules;
  readonly #tally: Tally;
  readonly #nested: number;
  readonly #inner: (path: readonly string[]) => Inner;

  /** `nested`: so many texts of documents are around this one. */
  constructor(
    rules: BodyRules,
    tally: Tally,
    nested: number,
    inner: (path: readonly string[]) => Inner,
  ) {
    this.#rules = rules;
    this.#tally = tally;
    this.#nested = nested;
    this.#inner = inner;
  }

  /** Whether the text that begins before `from` is read though no rule names it. */
  looksInto(bytes: Uint8Array, from: number): boolean {
    const { detect, fields } = this.#rules;
    return detect !== null || (!fields.empty && mayHoldDocument(bytes, from));
  }

  /** Null: the text shows as it is. */
  text(
    bytes: Uint8Array,
    start: number,
    end: number,
    mask: CellMask | null,
    path: readonly string[],
  ): Uint8Array | null {
    if (mask !== null && isWhole(mask)) return this.whole(mask);
    const inside = decoded(bytes, start, end);
    if (mask !== null) {
      this.#tally.mask(mask.rule);
      return inside === null ? hiddenWhole(mask) : written(mask.text(inside));
    }
    if (inside === null) return this.#hidden(UNREADABLE);
    return this.#document(inside, path) ?? this.#scanned(inside, path);
  }

  /** A number, true, false or null; null: it shows as it is. */
  word(
    bytes: Uint8Array,
    start: number,
    end: number,
    mask: CellMask | null,
    path: readonly string[],
  ): Uint8Array | null {
    if (bytes[start] === NULL[0] || (mask === null && end - start < numberScannedFrom)) return null;
    const word = bytes.subarray(start, end);
    if (mask === null) return this.#scanned(word, path);
    this.#tally.mask(mask.rule);
    const isNumber = word[0] !== TRUE && word[0] !== FALSE;
    return isNumber ? written(mask.text(word)) : hiddenWhole(mask);
  }

  /** A text too long to be held, an object or a list: nothing of it is read. */
  whole(mask: CellMask | null): Uint8Array {
    if (mask === null) return this.#hidden(TOO_LONG);
    this.#tally.mask(mask.rule);
    return hiddenWhole(mask);
  }

  #hidden(why: string): Uint8Array {
    this.#tally.mask(why);
    return REDACTED;
  }

  #scanned(inside: Uint8Array, path: readonly string[]): Uint8Array | null {
    const scanned = this.#rules.detect?.scan(inside, path.at(-1) ?? "") ?? null;
    if (scanned === null) return null;
    this.#tally.found(scanned.findings);
    return written(scanned.bytes);
  }

  /**
   * A document in a text, masked inside; null: it is none, or nothing in it is masked. What begins
   * as one and has members, but is cut short or goes on as something else, is replaced: fields of
   * it may stand where they are no longer recognised.
   */
  #document(inside: Uint8Array, path: readonly string[]): Uint8Array | null {
    if (this.#rules.fields.empty || !beginsDocument(inside)) return null;
    if (this.#nested >= jsonInTextMax) return this.#hidden(TOO_DEEP);
    const body = this.#inner(path);
    const [most, rest] = [body.push(inside), body.finish()];
    if (most === null || rest === null) return body.hasMembers ? this.#hidden(UNREADABLE) : null;
    if (body.tally.empty) return null;
    this.#tally.add(body.tally);
    return written(rest.length === 0 ? most : concat([most, rest]));
  }
}
