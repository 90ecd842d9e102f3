/** What an id names; `aud` is an audit event, `slt` an API token. */
export type IdKind = "ses" | "rev" | "grt" | "pol" | "tok" | "res" | "aud" | "slt";

/** RFC 4648 section 7: of the base32 alphabets the one that keeps the order of the bytes. */
const BASE32 = "0123456789abcdefghijklmnopqrstuv";

/** `kind_` and a UUIDv7 (RFC 9562 section 5.7) as 26 base32 characters: ids sort by their time. */
export function newId<K extends IdKind>(kind: K, now: number = Date.now()): `${K}_${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 255;
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return `${kind}_${base32(bytes)}`;
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
