import { equal, utf8 } from "../../bytes.ts";
import type { CopyShape } from "../../sql/statement.ts";
import { Growing } from "../../growing.ts";

/*
 * How COPY writes a field in its text and CSV formats (manual, "COPY", File Formats): where it
 * ends, what it says, and how another value is written in its place.
 */

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;

export const DATA = 0;
export const FIELD_ENDS = 1;
export const ROW_ENDS = 2;

const byteOf = (character: string): number => utf8(character)[0] as number;

/** Says where fields and rows end; fed every byte that `plain` does not skip, in order. */
export class Lexer {
  readonly #csv: boolean;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  /** By byte: 1 where it may not be plain data. */
  readonly #stops = new Uint8Array(256);
  #quoted = false;
  #escaped = false;

  constructor(shape: CopyShape) {
    this.#csv = shape.format === "csv";
    this.#delimiter = byteOf(shape.delimiter);
    this.#quote = this.#csv ? byteOf(shape.quote) : -1;
    this.#escape = this.#csv ? byteOf(shape.escape) : BACKSLASH;
    for (const stop of [NEWLINE, this.#delimiter, this.#escape]) this.#stops[stop] = 1;
    if (this.#csv) this.#stops[this.#quote] = 1;
  }

  /** Where the plain data that begins at `at` ends. */
  plain(bytes: Uint8Array, at: number): number {
    if (this.#escaped) return at;
    const stops = this.#stops;
    let end = at;
    while (end < bytes.length && stops[bytes[end] as number] === 0) end++;
    return end;
  }

  next(byte: number): typeof DATA | typeof FIELD_ENDS | typeof ROW_ENDS {
    if (this.#escaped) {
      this.#escaped = false;
      return DATA;
    }
    if (byte === this.#quote) {
      this.#quoted = !this.#quoted;
      return DATA;
    }
    if (byte === this.#escape && (this.#quoted || !this.#csv)) {
      this.#escaped = true;
      return DATA;
    }
    if (this.#quoted) return DATA;
    if (byte === this.#delimiter) return FIELD_ENDS;
    return byte === NEWLINE ? ROW_ENDS : DATA;
  }
}

/** A field's value, and whether it stood in quotes. */
export type Field = { readonly value: Uint8Array | null; readonly quoted: boolean };

export interface FieldCodec {
  decode(raw: Uint8Array): Field;
  encode(field: Field): Uint8Array;
}

export const fieldCodec = (shape: CopyShape): FieldCodec =>
  shape.format === "csv" ? csvCodec(shape) : textCodec(shape);

/** letter after the backslash, byte that it stands for */
const ESCAPES: readonly (readonly [string, number])[] = [
  ["b", 8],
  ["t", 9],
  ["n", 10],
  ["v", 11],
  ["f", 12],
  ["r", 13],
];
const byLetter = new Map(ESCAPES.map(([letter, byte]) => [byteOf(letter), byte]));

function textCodec(shape: CopyShape): FieldCodec {
  const nullText = utf8(shape.nullText);
  /** By byte: what stands behind the backslash for it; 0: it stands for itself. */
  const escapes = new Uint8Array(256);
  for (const own of [BACKSLASH, byteOf(shape.delimiter)]) escapes[own] = own;
  for (const [letter, byte] of byLetter) escapes[byte] = letter;
  return {
    decode: (raw) => ({ value: equal(raw, nullText) ? null : unescape(raw), quoted: false }),
    encode: ({ value }) => {
      if (value === null) return nullText;
      if (!value.some((byte) => escapes[byte] !== 0)) return value;
      const out = new Growing(2 * value.length);
      for (const byte of value) {
        const escape = escapes[byte] as number;
        if (escape !== 0) out.putByte(BACKSLASH);
        out.putByte(escape === 0 ? byte : escape);
      }
      return out.take();
    },
  };
}

function unescape(raw: Uint8Array): Uint8Array {
  if (!raw.includes(BACKSLASH)) return raw;
  const out = new Growing(raw.length);
  for (let at = 0; at < raw.length;) {
    const byte = raw[at++] as number;
    if (byte !== BACKSLASH || at === raw.length) {
      out.putByte(byte);
      continue;
    }
    const tail = String.fromCharCode(...raw.subarray(at, at + 3));
    const digits = /^[0-7]{1,3}/.exec(tail)?.[0] ?? /^x[0-9A-Fa-f]{1,2}/.exec(tail)?.[0];
    const next = raw[at] as number;
    if (digits === undefined) out.putByte(byLetter.get(next) ?? next);
    else out.putByte(digits[0] === "x" ? parseInt(digits.slice(1), 16) : parseInt(digits, 8) & 255);
    at += digits?.length ?? 1;
  }
  return out.take();
}

function csvCodec(shape: CopyShape): FieldCodec {
  const nullText = utf8(shape.nullText);
  const [delimiter, quote, escape] = [shape.delimiter, shape.quote, shape.escape].map(byteOf) as [
    number,
    number,
    number,
  ];
  const special = new Set([delimiter, quote, NEWLINE, RETURN]);
  return {
    decode: (raw) => {
      if (!raw.includes(quote)) {
        return { value: equal(raw, nullText) ? null : raw, quoted: false };
      }
      return { value: unquote(raw, quote, escape), quoted: true };
    },
    encode: ({ value, quoted }) => {
      if (value === null) return nullText;
      const must = quoted || shape.forceQuoteAll || equal(value, nullText);
      if (!must && !value.some((byte) => special.has(byte)) && !isEndMark(value)) return value;
      const out: number[] = [quote];
      for (const byte of value) {
        if (byte === quote || byte === escape) out.push(escape);
        out.push(byte);
      }
      out.push(quote);
      return Uint8Array.from(out);
    },
  };
}

/** `\.` alone on a line ends the data for some readers: it stands in quotes. */
const isEndMark = (value: Uint8Array): boolean => equal(value, utf8("\\."));

function unquote(raw: Uint8Array, quote: number, escape: number): Uint8Array {
  const out = new Growing(raw.length);
  let quoted = false;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] as number;
    const next = raw[at + 1];
    if (quoted && byte === escape && (next === quote || next === escape)) {
      out.putByte(next);
      at++;
    } else if (byte === quote) quoted = !quoted;
    else out.putByte(byte);
  }
  return out.take();
}
