import { hex, text, utf8 } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import type { TechniqueName } from "../masker.ts";
import type { MaskingRule } from "../policy/schema.ts";

export type Technique = MaskingRule["technique"];

/** UTF-8 in, UTF-8 out; null stands for SQL NULL. */
export type Transform = (value: Uint8Array) => Uint8Array | null;

export const REDACTED = utf8("[redacted]");

export const techniqueName = (technique: Technique): TechniqueName =>
  typeof technique === "string" ? technique : "partial";

/** `key` is asked for once, and only by the techniques that have one. */
export function transformOf(technique: Technique, key: () => Uint8Array, crypto: Crypto) {
  if (typeof technique !== "string") return partial(technique.partial);
  switch (technique) {
    case "redact":
      return () => REDACTED;
    case "null":
      return () => null;
    case "hash":
      return keyed(key(), crypto, (mac) => hex(mac.subarray(0, 16)));
    case "tokenise":
      return keyed(key(), crypto, (mac) => `tok_${base32(mac.subarray(0, 16))}`);
  }
}

export type Kept = { readonly first: number; readonly last: number };

/** Of a text of this many characters, which `partial` hides: from, to. */
export function hidden(keep: Kept, length: number): readonly [number, number] {
  const most = length >> 1;
  const last = Math.min(keep.last, most);
  return [Math.min(keep.first, most - last), length - last];
}

/**
 * Keeps the first and last characters (code points) and writes `*` for each of the rest. Never
 * more than half of a value shows: of a short one the last characters are kept before the first,
 * and both are cut to fit.
 */
export function partial(keep: Kept): Transform {
  return (value) => {
    if (!isAscii(value)) {
      const characters = [...text(value)];
      const [first, end] = hidden(keep, characters.length);
      return utf8(characters.map((c, i) => (i < first || i >= end ? c : "*")).join(""));
    }
    const [first, end] = hidden(keep, value.length);
    const out = value.slice();
    return out.fill(STAR, first, end);
  };
}

const STAR = 42;

/** Then a byte is a character. */
function isAscii(value: Uint8Array): boolean {
  for (let i = 0; i < value.length; i++) if ((value[i] as number) >= 0x80) return false;
  return true;
}

/**
 * HMAC-SHA-256 (RFC 2104): equal values stay equal under one key, and nothing else can be learnt
 * without it.
 */
function keyed(key: Uint8Array, crypto: Crypto, show: (mac: Uint8Array) => string): Transform {
  return (value) => utf8(show(crypto.hmacSha256(key, value)));
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648 section 6 in lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let word = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += BASE32[(word >> bits) & 31] as string;
    }
  }
  return bits === 0 ? out : out + (BASE32[(word << (5 - bits)) & 31] as string);
}
