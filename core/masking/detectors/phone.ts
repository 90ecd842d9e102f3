import { classAt, DIGIT, WORD } from "../bytes.ts";
import { type DigitGroups, isEdge, MIXED } from "./digits.ts";
import type { Span } from "./span.ts";

const OPEN = 40;
const CLOSE = 41;
const PLUS = 43;

/**
 * North American, in three groups (`415-555-2671`), or ten digits in a row where the column's name
 * says so.
 */
export function findPhoneDigits(
  numbers: DigitGroups,
  cell: Uint8Array,
  at: number,
  from: number,
  to: number,
  span: Span,
  bare: boolean,
): boolean {
  const { ends, digits } = numbers;
  const grouped =
    numbers.groups >= 3 &&
    ends[0] === 3 &&
    ends[1] === 6 &&
    ends[2] === 10 &&
    numbers.separators[2] !== MIXED;
  const long = ends[0] as number;
  if (!grouped && !(bare && long >= 9 && long <= 15)) return false;
  if (grouped && ((digits[0] as number) < 2 || (digits[3] as number) < 2)) return false;
  const end = numbers.endBytes[grouped ? 2 : 0] as number;
  if (!isEdge(cell, end, from, to)) return false;
  span.start = at;
  span.end = end;
  return true;
}

/**
 * `+` and 8 to 15 digits (ITU-T E.164), or `(415) 555-2671`; spaces, dashes, dots and brackets
 * between.
 */
export function findPhoneSign(
  cell: Uint8Array,
  at: number,
  from: number,
  to: number,
  span: Span,
): boolean {
  if (classAt(cell, at - 1, from, to) & WORD) return false;
  if (!(classAt(cell, at + 1, from, to) & DIGIT)) return false;
  let digits = 0;
  let end = at + 1;
  for (let place = at + 1; place < to && place < at + PHONE_BYTES_MAX; place++) {
    const byte = cell[place] as number;
    if (classAt(cell, place, from, to) & DIGIT) {
      digits++;
      end = place + 1;
    } else if (!isFiller(byte)) break;
  }
  if (!isEdge(cell, end, from, to)) return false;
  const plus = cell[at] === PLUS;
  if (plus ? digits < 8 || digits > 15 : digits !== 10 || cell[at + 4] !== CLOSE) return false;
  span.start = at;
  span.end = end;
  return true;
}

const PHONE_BYTES_MAX = 32;

const isFiller = (byte: number): boolean =>
  byte === 32 || byte === 45 || byte === 46 || byte === OPEN || byte === CLOSE;
