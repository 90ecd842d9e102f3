import { CLASS, classAt, DIGIT, WORD } from "./bytes.ts";
import { findCard } from "./detectors/cards.ts";
import { DigitGroups, digitWidth } from "./detectors/digits.ts";
import { findEmail } from "./detectors/email.ts";
import { findIban } from "./detectors/iban.ts";
import { findPhoneDigits, findPhoneSign } from "./detectors/phone.ts";
import { PrefixTable } from "./detectors/prefixes.ts";
import type { Span } from "./detectors/span.ts";
import { findSsn } from "./detectors/us-ssn.ts";
import type { DetectorKind } from "./kinds.ts";

/** What a column's name lets us believe of bare digits in it. */
export type Hints = { readonly ssn: boolean; readonly phone: boolean };

/** Half-open byte range of one finding. */
export type Hit = { readonly kind: string; readonly start: number; readonly end: number };

/**
 * What a window must repeat of the one before it, in bytes, so that everything is seen whole by
 * one of them: an address of 64 + 1 + 255 bytes is short of it, and so is the part by which a
 * longer secret is known.
 */
export const longestPattern = 2_048;

const ASLEEP = 0;
const NUMBER = 1;
const WIDE = 2;
const AT_SIGN = 3;
const SIGN = 4;
const PREFIX = 5;

/**
 * One pass over a cell's bytes. A table says which bytes can begin something; all others cost one
 * load. What it finds never overlaps. Total for any bytes, and linear: every look back or ahead is
 * bounded, or ends in a finding that is skipped.
 */
export class Scanner {
  readonly #wake = new Uint8Array(256);
  readonly #kinds: ReadonlySet<DetectorKind>;
  readonly #prefixes: PrefixTable;
  readonly #numbers = new DigitGroups();
  readonly #span: Span = { start: 0, end: 0 };
  readonly #cards: boolean;
  readonly #ssn: boolean;
  readonly #phone: boolean;
  readonly #iban: boolean;

  constructor(kinds: ReadonlySet<DetectorKind>) {
    this.#kinds = kinds;
    this.#cards = kinds.has("credit_card");
    this.#ssn = kinds.has("us_ssn");
    this.#phone = kinds.has("phone");
    this.#iban = kinds.has("iban");
    this.#prefixes = new PrefixTable(kinds);
    const numbers = this.#cards || this.#ssn || this.#phone || this.#iban;
    for (const byte of this.#prefixes.firstBytes()) this.#wake[byte] = PREFIX;
    if (numbers) for (let byte = 48; byte < 58; byte++) this.#wake[byte] = NUMBER;
    if (this.#cards || this.#ssn) this.#wake[0xef] = WIDE;
    if (this.#kinds.has("email")) this.#wake[64] = AT_SIGN;
    if (this.#phone) this.#wake[40] = this.#wake[43] = SIGN;
  }

  /** Null when nothing is found: then nothing was allocated. */
  scan(cell: Uint8Array, hints: Hints): Hit[] | null {
    const wake = this.#wake;
    const span = this.#span;
    const to = cell.length;
    let hits: Hit[] | null = null;
    let from = 0;
    let at = 0;
    while (at < to) {
      const woken = wake[cell[at] as number] as number;
      if (woken === ASLEEP) {
        at++;
        continue;
      }
      span.end = at + 1;
      const kind = this.#look(woken, cell, at, from, hints);
      at = span.end;
      if (kind === null) continue;
      hits ??= [];
      hits.push({ kind, start: span.start, end: span.end });
      from = at;
    }
    return hits;
  }

  /** Sets the span's end to where scanning goes on. */
  #look(woken: number, cell: Uint8Array, at: number, from: number, hints: Hints) {
    const to = cell.length;
    switch (woken) {
      case NUMBER:
        return this.#number(cell, at, from, hints);
      case WIDE:
        return digitWidth(cell, at, to) === 0 ? null : this.#groups(cell, at, from, hints);
      case AT_SIGN:
        return findEmail(cell, at, from, to, this.#span) ? "email" : null;
      case SIGN:
        return findPhoneSign(cell, at, from, to, this.#span) ? "phone" : null;
      default:
        return this.#prefixes.find(cell, at, from, to, this.#span);
    }
  }

  #number(cell: Uint8Array, at: number, from: number, hints: Hints): DetectorKind | null {
    const to = cell.length;
    let end = at + 1;
    while (end < to && ((CLASS[cell[end] as number] as number) & DIGIT) !== 0) end++;
    if (classAt(cell, at - 1, from, to) & WORD) {
      const found = this.#iban && findIban(cell, at, from, to, this.#span);
      if (!found) this.#span.end = end;
      return found ? "iban" : null;
    }
    this.#span.end = end;
    const length = end - at;
    if (length < 13 && !hints.ssn && !hints.phone) {
      const next = end < to ? (cell[end] as number) : 0;
      const separator = next === 32 || next === 45 || next === 46;
      if (next < 0x80 && (!separator || length < 3 || !goesOn(cell, end + 1))) return null;
    }
    return this.#groups(cell, at, from, hints);
  }

  #groups(cell: Uint8Array, at: number, from: number, hints: Hints): DetectorKind | null {
    const to = cell.length;
    const span = this.#span;
    const numbers = this.#numbers;
    span.end = numbers.read(cell, at, to);
    if (this.#cards && findCard(numbers, cell, at, from, to, span)) return "credit_card";
    if (this.#ssn && findSsn(numbers, cell, at, from, to, span, hints.ssn)) return "us_ssn";
    if (this.#phone && findPhoneDigits(numbers, cell, at, from, to, span, hints.phone)) {
      return "phone";
    }
    return null;
  }
}

/** A digit, or something that is not ASCII and may be one. */
const goesOn = (cell: Uint8Array, at: number): boolean => {
  const byte = at < cell.length ? (cell[at] as number) : 0;
  return byte >= 0x80 || ((CLASS[byte] as number) & DIGIT) !== 0;
};
