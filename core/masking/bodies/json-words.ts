import { equal, strictText, text, utf8 } from "../../bytes.ts";
import type { CellMask } from "../../masker.ts";
import type { BodyRules } from "./body.ts";

/* Words and texts of JSON (RFC 8259, sections 2, 3, 6 and 7) as bytes. A token has its quotes. */

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
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
export const ENDS_WORD = tableOf('",:{}[]').fill(1, 0, spaceMax + 1);
const WORDS = ["true", "false", "null"].map(utf8);
const IN_NUMBER = tableOf("0123456789+-.eE");
const STARTS_NUMBER = tableOf("-0123456789");

export function isWord(word: Uint8Array): boolean {
  if (STARTS_NUMBER[word[0] as number] === 0) return WORDS.some((one) => equal(one, word));
  for (let i = 1; i < word.length; i++) if (IN_NUMBER[word[i] as number] === 0) return false;
  return true;
}

/** Behind the text's last quote; null: it is not there yet. */
export function textEnd(bytes: Uint8Array, from: number): number | null {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return null;
}

/** What a text says, in UTF-8; null: it is not UTF-8 or its escapes are none. */
export function decoded(token: Uint8Array): Uint8Array | null {
  if (!token.includes(BACKSLASH)) return token.subarray(1, -1);
  const quoted = strictText(token);
  if (quoted === null) return null;
  try {
    return utf8(JSON.parse(quoted) as string);
  } catch {
    return null;
  }
}

/** A text as JSON writes it; null is JSON's. */
export const written = (value: Uint8Array | null): Uint8Array =>
  value === null ? NULL : utf8(JSON.stringify(text(value)));

/** Of this mask nothing depends on the value. */
export const isWhole = ({ technique }: CellMask): boolean =>
  technique === "redact" || technique === "null";

export const hiddenWhole = ({ technique }: CellMask): Uint8Array =>
  technique === "null" ? NULL : REDACTED;

const BEGINS_DOCUMENT = tableOf('{["');

export const beginsDocument = (inside: Uint8Array): boolean =>
  BEGINS_DOCUMENT[firstMark(inside, 0) ?? 0] === 1;

/** A text, perhaps only its beginning, in which a document may stand. */
export function mayHoldDocument(token: Uint8Array, { fields }: BodyRules): boolean {
  if (fields.empty) return false;
  const first = firstMark(token, 1);
  return first === undefined || first === BACKSLASH || BEGINS_DOCUMENT[first] === 1;
}

/** The first byte that is no white space. */
function firstMark(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= spaceMax) at++;
  return bytes[at];
}
