import { type DigitGroups, isEdge, separatorsAllowed } from "./digits.ts";
import type { Span } from "./span.ts";

/**
 * A payment card number (ISO/IEC 7812): a known issuer's prefix with its lengths, and the Luhn
 * check. In groups it begins with at least three digits and keeps to one separator.
 */
export function findCard(
  numbers: DigitGroups,
  cell: Uint8Array,
  at: number,
  from: number,
  to: number,
  span: Span,
): boolean {
  for (let group = numbers.groups - 1; group >= 0; group--) {
    const length = numbers.ends[group] as number;
    if (length < 13) return false;
    if (length > 19 || !separatorsAllowed(numbers.separators[group] as number)) continue;
    if (group > 0 && (numbers.ends[0] as number) < 3) continue;
    const end = numbers.endBytes[group] as number;
    if (!issued(numbers.digits, length) || !luhn(numbers.digits, length)) continue;
    if (!isEdge(cell, end, from, to)) continue;
    span.start = at;
    span.end = end;
    return true;
  }
  return false;
}

/**
 * The sum of ISO/IEC 7812-1 annex B: every second digit from the right counts double, less nine
 * over nine.
 */
function luhn(digits: Uint8Array, length: number): boolean {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const digit = digits[length - 1 - i] as number;
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/** Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro. */
function issued(digits: Uint8Array, length: number): boolean {
  const two = (digits[0] as number) * 10 + (digits[1] as number);
  const four = two * 100 + (digits[2] as number) * 10 + (digits[3] as number);
  if (two >= 40 && two <= 49) return length === 13 || length === 16 || length === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  if (two === 34 || two === 37) return length === 15;
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) return length >= 14;
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499)) return length >= 16;
  if (four >= 3528 && four <= 3589) return length >= 16;
  if (two === 62 || two === 81) return length >= 16;
  return (two === 50 || two === 67 || two === 63 || (two >= 56 && two <= 58)) && length >= 16;
}
