/** What an id names; `aud` is an audit event, `slt` an API token, `ans` an answer that is kept. */
export type IdKind = "ses" | "rev" | "grt" | "pol" | "tok" | "res" | "aud" | "slt" | "ans";

/** RFC 4648 section 7: of the base32 alphabets the one that keeps the order of the bytes. */
const BASE32 = "0123456789abcdefghijklmnopqrstuv";

/** `kind_` and a UUIDv7 (RFC 9562 section 5.7) as 26 base32 characters: ids sort by their time. */
export function newId<K extends IdKind>(kind: K, now: number = Date.now()): `${K}_${string}` {
  const bytes = timed(now, crypto.getRandomValues(new Uint8Array(16)));
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return `${kind}_${base32(bytes)}`;
}

function timed(at: number, bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(at / 2 ** (8 * (5 - i))) & 255;
  return bytes;
}

/**
 * The least id of that kind at that instant: ids from then on are not below it. There are none
 * before 1970.
 */
export function leastId<K extends IdKind>(kind: K, at: number): `${K}_${string}` {
  return `${kind}_${base32(timed(Math.max(0, at), new Uint8Array(16)))}`;
}

const numbersFrom = BigInt(Date.UTC(2020, 0, 1));

/**
 * Sorts as its id does and fits SQLite's 63 bits until 2089: milliseconds and the first 22 random
 * bits, so that two sessions of one millisecond share a number once in four million.
 */
export function sessionNumber(id: string): bigint {
  let bits = 0n;
  for (const digit of id.slice(id.indexOf("_") + 1)) {
    bits = bits * 32n + BigInt(BASE32.indexOf(digit));
  }
  // 26 digits are 130 bits: 48 of time, the version's 4, 12 random, the variant's 2, 62 random, 2.
  const [time, a, b] = [bits >> 82n, (bits >> 66n) & 0xfffn, (bits >> 54n) & 0x3ffn];
  return (time - numbersFrom) * 0x400000n + a * 0x400n + b;
}

/** The last character is filled up with zero bits. */
export function base32(bytes: Uint8Array): string {
  let out = "";
  let word = 0;
  let bits = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) out += BASE32[(word >> (bits - 5)) & 31] as string;
  }
  return bits === 0 ? out : out + (BASE32[(word << (5 - bits)) & 31] as string);
}
