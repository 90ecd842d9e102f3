import { type DigitGroups, isEdge, separatorsAllowed } from "./digits.ts";
import type { Span } from "./span.ts";

/**
 * A US social security number: 3-2-4 with one separator, no area 000, 666 or 900 and up, no group
 * 00, no serial 0000. Nine digits in a row count only where the column's name says so (`bare`).
 */
export function findSsn(
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
    ends[1] === 5 &&
    ends[2] === 9 &&
    separatorsAllowed(numbers.separators[2] as number);
  if (!grouped && !(bare && ends[0] === 9)) return false;
  const end = numbers.endBytes[grouped ? 2 : 0] as number;
  if (!isEdge(cell, end, from, to) || !assigned(digits)) return false;
  span.start = at;
  span.end = end;
  return true;
}

function assigned(digits: Uint8Array): boolean {
  const value = (start: number, end: number): number =>
    digits.subarray(start, end).reduce((n, digit) => n * 10 + digit, 0);
  const area = value(0, 3);
  return area > 0 && area !== 666 && area < 900 && value(3, 5) > 0 && value(5, 9) > 0;
}
