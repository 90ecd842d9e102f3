/** Byte helpers shared by every engine. Integers are big-endian (network order) throughout. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: false });
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const EMPTY = new Uint8Array(0);

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/**
 * Decodes for people: bytes that are not UTF-8 become U+FFFD. Never decide anything by the result.
 */
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Decodes for decisions: null when the bytes are not UTF-8. */
export function strictText(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/** One contiguous array; the single part itself when there is only one (no copy). */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** The caller has checked that `at + 4 <= bytes.length`. */
export function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Signed: PostgreSQL's Int32. */
export const i32 = (bytes: Uint8Array, at: number): number => u32(bytes, at) | 0;

export const u16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function u32Bytes(value: number): Uint8Array {
  const out = new Uint8Array(4);
  putU32(out, 0, value);
  return out;
}

export function hex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

export function fromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Two digits at a time: half the strings to join. */
const BASE64_PAIRS = Array.from(
  { length: 4096 },
  (_, i) => `${BASE64[i >> 6] as string}${BASE64[i & 63] as string}`,
);

/** RFC 4648 section 4, with padding. Core has no btoa. */
export function base64(bytes: Uint8Array): string {
  let out = "";
  const rest = bytes.length % 3;
  const whole = bytes.length - rest;
  const triple = (i: number): string => {
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    return (BASE64_PAIRS[word >> 12] as string) + (BASE64_PAIRS[word & 4095] as string);
  };
  for (let i = 0; i < whole; i += 3) out += triple(i);
  return rest === 0 ? out : out + triple(whole).slice(0, rest + 1) + "=".repeat(3 - rest);
}

const DIGITS = new Uint8Array(128);
for (let i = 0; i < BASE64.length; i++) DIGITS[BASE64.charCodeAt(i)] = i;

/** Null for anything that is not RFC 4648 section 4 base64. */
export function fromBase64(encoded: string): Uint8Array | null {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return null;
  const padding = encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((encoded.length / 4) * 3 - padding);
  const digit = (i: number): number => DIGITS[encoded.charCodeAt(i)] as number;
  // What is written behind the end, where the padding is, is not kept.
  for (let i = 0, at = 0; i < encoded.length; i += 4, at += 3) {
    const word = (digit(i) << 18) | (digit(i + 1) << 12) | (digit(i + 2) << 6) | digit(i + 3);
    out[at] = word >>> 16;
    out[at + 1] = word >>> 8;
    out[at + 2] = word;
  }
  return out;
}
