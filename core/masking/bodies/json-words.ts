import { strictText, text, utf8 } from "../../bytes.ts";
import type { CellMask } from "../../masker.ts";

/* Words and texts of JSON (RFC 8259, sections 2, 3, 6 and 7) as bytes. A token has its quotes. */

export const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
export const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
export const [LINE_END, RECORD_MARK] = [0x0a, 0x1e];
export const spaceMax = 0x20;

export const REDACTED = utf8('"[redacted]"');
export const NULL = utf8("null");

/** 1 for each of these bytes. */
function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of utf8(characters)) table[byte] = 1;
  return table;
}

export const SPACE = tableOf(" \t\r\n");
const ENDS_WORD = tableOf('",:{}[]').fill(1, 0, spaceMax + 1);
export const BEGINS_DOCUMENT = tableOf('{["');
const WORDS = ["true", "false", "null"].map(utf8);
const [ZERO, NINE, MINUS, PLUS, POINT, LOWER_E] = [0x30, 0x39, 0x2d, 0x2b, 0x2e, 0x65];
const LOWER_CASE = 0x20;

/** Where the word that goes on here ends: at what cannot be in one, or at the bytes' end. */
export function wordEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && ENDS_WORD[bytes[at] as number] === 0) at++;
  return at;
}

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= ZERO && byte <= NINE;

/** A number, true, false or null, and nothing else, from `start` to `end`. */
export function isWord(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (first !== MINUS && !isDigit(first)) return isLiteral(bytes, start, end);
  let at = first === MINUS ? start + 1 : start;
  const digits = at;
  while (at < end && isDigit(bytes[at])) at++;
  if (at === digits || (bytes[digits] === ZERO && at > digits + 1)) return false;
  return at === end || isFraction(bytes, at, end);
}

/** `.5`, `e7` or both (RFC 8259, section 6). */
function isFraction(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  if (bytes[at] === POINT) {
    const digits = ++at;
    while (at < end && isDigit(bytes[at])) at++;
    if (at === digits) return false;
  }
  if (at === end) return true;
  if (((bytes[at++] as number) | LOWER_CASE) !== LOWER_E) return false;
  if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
  const digits = at;
  while (at < end && isDigit(bytes[at])) at++;
  return at === end && at > digits;
}

function isLiteral(bytes: Uint8Array, start: number, end: number): boolean {
  return WORDS.some((word) => {
    if (word.length !== end - start) return false;
    for (let i = 0; i < word.length; i++) if (word[i] !== bytes[start + i]) return false;
    return true;
  });
}

/** Below it a loop beats a search, which is a call. */
const loopBytes = 24;

/** Behind the text's last quote; -1: it is not there yet. No escape is open at `from`. */
export function textEnd(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let at = from;
  for (;;) {
    const near = Math.min(length, at + loopBytes);
    while (at < near) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      at += byte === BACKSLASH ? 2 : 1;
    }
    if (at >= length) return -1;
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return -1;
    if (!isEscaped(bytes, at, quote)) return quote + 1;
    at = quote + 1;
  }
}

/** What stands at `at`: an odd number of backslashes is before it. No escape is open at `from`. */
export function isEscaped(bytes: Uint8Array, from: number, at: number): boolean {
  let first = at;
  while (first > from && bytes[first - 1] === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** What a text says, in UTF-8; null: it is not UTF-8 or its escapes are none. */
export function decoded(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  const inside = bytes.subarray(start + 1, end - 1);
  if (!hasEscape(inside)) return inside;
  const quoted = strictText(bytes.subarray(start, end));
  if (quoted === null) return null;
  try {
    return utf8(JSON.parse(quoted) as string);
  } catch {
    return null;
  }
}

function hasEscape(inside: Uint8Array): boolean {
  const { length } = inside;
  if (length > loopBytes) return inside.includes(BACKSLASH);
  for (let i = 0; i < length; i++) if (inside[i] === BACKSLASH) return true;
  return false;
}

/** A text as JSON writes it; null is JSON's. */
export function written(value: Uint8Array | null): Uint8Array {
  if (value === null) return NULL;
  for (let i = 0; i < value.length; i++) {
    if (AS_IT_IS[value[i] as number] === 0) return utf8(JSON.stringify(text(value)));
  }
  const out = new Uint8Array(value.length + 2);
  out.set(value, 1);
  out[0] = QUOTE;
  out[out.length - 1] = QUOTE;
  return out;
}

/** ASCII that JSON escapes in no text. */
const AS_IT_IS = new Uint8Array(256).fill(1, 0x20, 0x7f);
AS_IT_IS[QUOTE] = 0;
AS_IT_IS[BACKSLASH] = 0;

/** Of this mask nothing depends on the value. */
export const isWhole = ({ technique }: CellMask): boolean =>
  technique === "redact" || technique === "null";

export const hiddenWhole = ({ technique }: CellMask): Uint8Array =>
  technique === "null" ? NULL : REDACTED;

export const beginsDocument = (inside: Uint8Array): boolean =>
  BEGINS_DOCUMENT[firstMark(inside, 0) ?? 0] === 1;

/**
 * A document may stand in the text of which so much is there, from behind its first quote. One
 * that begins with an escape, or with much white space, may hold one too.
 */
export function mayHoldDocument(bytes: Uint8Array, from: number): boolean {
  const first = firstMark(bytes, from);
  return first === undefined || first === BACKSLASH || BEGINS_DOCUMENT[first] === 1;
}

/** The first byte that is no white space, if it comes soon. */
function firstMark(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  const last = Math.min(bytes.length, from + spacesMax);
  while (at < last && (bytes[at] as number) <= spaceMax) at++;
  return at === from + spacesMax ? undefined : bytes[at];
}

const spacesMax = 64;
