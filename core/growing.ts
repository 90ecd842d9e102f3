import { EMPTY } from "./bytes.ts";

const START_BYTES = 64 * 1024;
/** A buffer that one large row made larger than this is given back. */
const KEEP_BYTES = 1024 * 1024;
/** Below this a plain loop beats a view and `set`. */
const LOOP_BYTES = 48;

/** One buffer, written many times: what is taken is a copy of its own. */
export class Growing {
  bytes: Uint8Array;
  length = 0;
  readonly #least: number;

  /** `bytes`: expected. Without it a large buffer is made for the first byte, and none before. */
  constructor(bytes: number | null = null) {
    this.#least = bytes === null ? START_BYTES : 0;
    this.bytes = bytes === null ? EMPTY : new Uint8Array(bytes);
  }

  append(from: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const { bytes, length } = this;
    if (count <= LOOP_BYTES) {
      for (let i = 0; i < count; i++) bytes[length + i] = from[start + i] as number;
    } else bytes.set(from.subarray(start, end), length);
    this.length = length + count;
  }

  put(bytes: Uint8Array): void {
    this.append(bytes, 0, bytes.length);
  }

  putByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** Big-endian. */
  putI32(value: number): void {
    this.reserve(4);
    const { bytes, length } = this;
    bytes[length] = value >>> 24;
    bytes[length + 1] = value >>> 16;
    bytes[length + 2] = value >>> 8;
    bytes[length + 3] = value;
    this.length = length + 4;
  }

  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length, this.#least));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Everything written since the last take. */
  take(): Uint8Array {
    return this.takeFirst(this.length);
  }

  /** The first `count` bytes; what was written behind them stays. */
  takeFirst(count: number): Uint8Array {
    if (count === 0) return EMPTY;
    const out = this.bytes.slice(0, count);
    this.drop(count);
    if (this.length === 0 && this.bytes.length > KEEP_BYTES) this.bytes = EMPTY;
    return out;
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.bytes.copyWithin(0, count, this.length);
    this.length -= count;
  }
}
