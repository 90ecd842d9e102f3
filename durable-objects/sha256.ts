/*
 * SHA-256 (FIPS 180-4) for short texts. The platform's Hash is a stream, and making one takes longer than
 * hashing a record: five of them were a sixth of all that a small statement cost the gateway.
 */

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;

/** The first 32 bits of the fractional parts of roots of the first primes (sections 4.2.2, 5.3.3). */
const primes = firstPrimes(64);
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const INITIAL = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const w = new Int32Array(64);
const state = new Int32Array(8);
let padded = new Uint8Array(4 * BLOCK_BYTES);

/** 32 bytes. For short inputs: it keeps a copy of the longest. */
export function sha256(data: Uint8Array): Uint8Array {
  const blocks = Math.ceil((data.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const end = blocks * BLOCK_BYTES;
  if (end > padded.length) padded = new Uint8Array(2 * end);
  padded.set(data);
  padded.fill(0, data.length, end);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(end - 4, data.length * 8);
  state.set(INITIAL);
  for (let at = 0; at < end; at += BLOCK_BYTES) compress(view, at);
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) words.setInt32(4 * i, state[i] as number);
  return out;
}

/** Section 6.2.2. */
function compress(block: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = block.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15] as number;
    const y = w[t - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = ((w[t - 16] as number) + s0 + (w[t - 7] as number) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (w[t] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const next: Eight = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (next[i] as number);
}

type Eight = [number, number, number, number, number, number, number, number];

function firstPrimes(count: number): readonly number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    if (found.every((prime) => n % prime !== 0)) found.push(n);
  }
  return found;
}

function fraction(root: number): number {
  return (root - Math.floor(root)) * 2 ** 32;
}
