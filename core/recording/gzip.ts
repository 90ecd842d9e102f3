import { concat } from "../bytes.ts";

/*
 * One gzip member (RFC 1952) of parts that were deflated one by one (RFC 1951): each ends on a
 * whole byte, and none of them says that it is the last.
 */

export type Deflated = {
  readonly bytes: Uint8Array;
  /** Of what was deflated: how many bytes, and their CRC-32. */
  readonly length: number;
  readonly crc: number;
};

/** No name, no time, no system; deflated at the fastest level. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255);
/** An empty block that is the last. */
const END = Uint8Array.of(3, 0);

export function gzipOf(parts: readonly Deflated[]): Uint8Array {
  let [crc, length] = [0, 0];
  for (const part of parts) {
    crc = joinedCrc(crc, part.crc, part.length);
    length += part.length;
  }
  const bytes = parts.map((part) => part.bytes);
  return concat([HEADER, ...bytes, END, u32LittleEndian(crc), u32LittleEndian(length)]);
}

function u32LittleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** CRC-32 of bytes with `first` followed by `length` bytes with `second`. */
export const joinedCrc = (first: number, second: number, length: number): number =>
  (product(powerOfX(length * 8), first) ^ second) >>> 0;

/*
 * Polynomials over GF(2) modulo that of CRC-32, bits reflected: the highest bit is x^0. Zeros
 * behind bytes multiply their CRC by a power of x.
 */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const X = 0x40000000;

function product(a: number, b: number): number {
  let [sum, shifted] = [0, b];
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return sum >>> 0;
}

function powerOfX(exponent: number): number {
  let power = ONE;
  for (let [rest, square] = [exponent, X]; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = product(square, power);
    square = product(square, square);
  }
  return power;
}
