/**
 * PostgreSQL's lexical rules (manual 4.1), as far as telling literals, comments and the rest
 * apart asks for: `standard_conforming_strings` is on. Works on bytes, because the parser's
 * offsets are bytes.
 */
export type Token = {
  readonly kind: "space" | "comment" | "string" | "number" | "name" | "other";
  readonly start: number;
  readonly end: number;
};

const QUOTE = 39;
const DOUBLE = 34;
const DOLLAR = 36;
const BACKSLASH = 92;
const NEWLINE = 10;
const RETURN = 13;

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isNameStart = (byte: number): boolean =>
  (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95 || byte >= 128;
const isName = (byte: number): boolean => isNameStart(byte) || isDigit(byte) || byte === DOLLAR;

export function* tokens(text: Uint8Array): Generator<Token> {
  for (let start = 0; start < text.length;) {
    const [kind, end] = token(text, start);
    yield { kind, start, end };
    start = end;
  }
}

const at = (text: Uint8Array, index: number): number => text[index] ?? 0;

function token(text: Uint8Array, start: number): [Token["kind"], number] {
  const byte = at(text, start);
  const next = at(text, start + 1);
  if (isSpace(byte)) return ["space", run(text, start, isSpace)];
  if (byte === 45 && next === 45) return ["comment", lineEnd(text, start)];
  if (byte === 47 && next === 42) return ["comment", commentEnd(text, start)];
  if (byte === QUOTE) return ["string", quoteEnd(text, start, QUOTE, false)];
  if (byte === DOUBLE) return ["name", quoteEnd(text, start, DOUBLE, false)];
  const letter = byte | 32;
  if (next === QUOTE && (letter === 101 || letter === 98 || letter === 120 || letter === 110)) {
    return ["string", quoteEnd(text, start + 1, QUOTE, letter === 101)];
  }
  if (letter === 117 && next === 38) {
    const quote = at(text, start + 2);
    if (quote === QUOTE) return ["string", quoteEnd(text, start + 2, QUOTE, false)];
    if (quote === DOUBLE) return ["name", quoteEnd(text, start + 2, DOUBLE, false)];
  }
  if (byte === DOLLAR && isDigit(next)) return ["other", run(text, start + 1, isDigit)];
  if (byte === DOLLAR) return dollar(text, start);
  if (isDigit(byte) || (byte === 46 && isDigit(next))) return ["number", numberEnd(text, start)];
  if (isNameStart(byte)) return ["name", run(text, start, isName)];
  return ["other", start + 1];
}

function run(text: Uint8Array, start: number, of: (byte: number) => boolean): number {
  let end = start;
  while (end < text.length && of(at(text, end))) end++;
  return end;
}

const lineEnd = (text: Uint8Array, start: number): number =>
  run(text, start, (byte) => byte !== NEWLINE && byte !== RETURN);

/** Block comments nest. */
function commentEnd(text: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (at(text, i) === 47 && at(text, i + 1) === 42) {
      depth++;
      i++;
    } else if (at(text, i) === 42 && at(text, i + 1) === 47) {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return text.length;
}

function quoteEnd(text: Uint8Array, open: number, quote: number, escapes: boolean): number {
  for (let i = open + 1; i < text.length; i++) {
    const byte = at(text, i);
    if (escapes && byte === BACKSLASH) i++;
    else if (byte === quote && at(text, i + 1) === quote) i++;
    else if (byte === quote) return i + 1;
  }
  return text.length;
}

function dollar(text: Uint8Array, start: number): [Token["kind"], number] {
  const tagEnd = run(text, start + 1, (byte) => isName(byte) && byte !== DOLLAR);
  if (at(text, tagEnd) !== DOLLAR) return ["other", start + 1];
  const tag = text.subarray(start, tagEnd + 1);
  for (let i = tagEnd + 1; i + tag.length <= text.length; i++) {
    if (tag.every((byte, j) => at(text, i + j) === byte)) return ["string", i + tag.length];
  }
  return ["string", text.length];
}

/** Digits, point, exponent, and the underscores and bases of PostgreSQL 16. */
function numberEnd(text: Uint8Array, start: number): number {
  let end = run(
    text,
    start,
    (byte) => isDigit(byte) || byte === 95 || byte === 46 || isNameStart(byte),
  );
  const exponent = (at(text, end - 1) | 32) === 101;
  const sign = at(text, end);
  if (exponent && (sign === 43 || sign === 45) && isDigit(at(text, end + 1))) {
    end = run(text, end + 1, isDigit);
  }
  return end;
}
