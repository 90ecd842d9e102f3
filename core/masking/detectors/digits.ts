import { CLASS, classAt, DIGIT, WORD } from "../bytes.ts";

/**
 * Groups of digits as people write numbers: `4111 1111-1111`, full-width digits, zero-width
 * characters in between. Normalised once, then cards, social security numbers and phones look at
 * the same groups.
 */
export class DigitGroups {
  /** The digits' values, all groups in a row. */
  readonly digits = new Uint8Array(DIGITS_MAX);
  count = 0;
  /** Per group: its digits so far (its end in `digits`) and the byte at which it ends. */
  readonly ends = new Uint8Array(DIGITS_MAX);
  readonly endBytes = new Int32Array(DIGITS_MAX);
  groups = 0;
  /** The one separator between all groups up to here; MIXED when they differ, 0 before a second. */
  readonly separators = new Uint8Array(DIGITS_MAX);

  /** Reads from a place where a digit begins; returns the byte at which the first group ends. */
  read(cell: Uint8Array, at: number, to: number): number {
    this.count = 0;
    this.groups = 0;
    let separator = 0;
    let place = this.#group(cell, at, to, separator);
    while (this.count < DIGITS_MAX) {
      const gap = skipInvisible(cell, place, to);
      const width = separatorWidth(cell, gap, to);
      if (width === 0) break;
      const next = skipInvisible(cell, gap + width, to);
      if (digitWidth(cell, next, to) === 0) break;
      const seen = separatorKind(cell, gap);
      separator = separator === 0 || separator === seen ? seen : MIXED;
      place = this.#group(cell, next, to, separator);
    }
    return this.endBytes[0] as number;
  }

  /** Digits in a row, over invisible characters between them; the byte behind the last. */
  #group(cell: Uint8Array, at: number, to: number, separator: number): number {
    let end = at;
    let place = at;
    while (place < to && this.count < DIGITS_MAX) {
      const width = digitWidth(cell, place, to);
      if (width === 0) {
        const next = skipInvisible(cell, place, to);
        if (next === place || digitWidth(cell, next, to) === 0) break;
        place = next;
        continue;
      }
      const byte = cell[place + width - 1] as number;
      this.digits[this.count++] = width === 1 ? byte - 48 : byte - 0x90;
      place += width;
      end = place;
    }
    this.ends[this.groups] = this.count;
    this.endBytes[this.groups] = end;
    this.separators[this.groups] = separator;
    this.groups++;
    return end;
  }
}

const DIGITS_MAX = 24;
export const MIXED = 255;
const [SPACE, DASH, DOT] = [32, 45, 46];

/** Bytes of the digit at a place: 1 in ASCII, 3 full-width (U+FF10 to U+FF19), 0 for none. */
export function digitWidth(cell: Uint8Array, at: number, to: number): number {
  if (at >= to) return 0;
  const byte = cell[at] as number;
  if ((CLASS[byte] as number) & DIGIT) return 1;
  if (byte !== 0xef || at + 2 >= to || cell[at + 1] !== 0xbc) return 0;
  const last = cell[at + 2] as number;
  return last >= 0x90 && last <= 0x99 ? 3 : 0;
}

/** Bytes of an invisible character: U+00AD, U+200B to U+200F, U+2060 to U+2064, U+FEFF. */
export function zeroWidth(cell: Uint8Array, at: number, to: number): number {
  const byte = at < to ? (cell[at] as number) : 0;
  if (byte < 0x80) return 0;
  if (byte === 0xc2) return at + 1 < to && cell[at + 1] === 0xad ? 2 : 0;
  if ((byte !== 0xe2 && byte !== 0xef) || at + 2 >= to) return 0;
  const [second, third] = [cell[at + 1] as number, cell[at + 2] as number];
  if (byte === 0xef) return second === 0xbb && third === 0xbf ? 3 : 0;
  if (second === 0x80) return third >= 0x8b && third <= 0x8f ? 3 : 0;
  return second === 0x81 && third >= 0xa0 && third <= 0xa4 ? 3 : 0;
}

/** The first place that holds something to see. */
function skipInvisible(cell: Uint8Array, at: number, to: number): number {
  let place = at;
  for (let width = zeroWidth(cell, place, to); width > 0; width = zeroWidth(cell, place, to)) {
    place += width;
  }
  return place;
}

/** Bytes of a separator: space, `-`, `.`, no-break space, the dashes U+2010 to U+2015. */
function separatorWidth(cell: Uint8Array, at: number, to: number): number {
  const byte = at < to ? (cell[at] as number) : 0;
  if (byte === SPACE || byte === DASH || byte === DOT) return 1;
  if (byte === 0xc2) return at + 1 < to && cell[at + 1] === 0xa0 ? 2 : 0;
  if (byte !== 0xe2 || at + 2 >= to || cell[at + 1] !== 0x80) return 0;
  const third = cell[at + 2] as number;
  return third >= 0x90 && third <= 0x95 ? 3 : 0;
}

function separatorKind(cell: Uint8Array, at: number): number {
  const byte = cell[at] as number;
  if (byte === 0xc2) return SPACE;
  return byte === 0xe2 ? DASH : byte;
}

/** Neither a letter nor a digit stands at the place: a number may end or begin beside it. */
export const isEdge = (cell: Uint8Array, at: number, from: number, to: number): boolean =>
  (classAt(cell, at, from, to) & WORD) === 0 && digitWidth(cell, at, to) === 0;

export const separatorsAllowed = (separator: number): boolean =>
  separator === 0 || separator === SPACE || separator === DASH;
