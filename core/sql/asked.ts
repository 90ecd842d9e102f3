import { concat, hex, u32Bytes, utf8 } from "../bytes.ts";
import type { Parameter } from "../command.ts";
import type { Crypto } from "../crypto.ts";

/** Commands that one session remembers to have counted; beyond, repeating one counts again. */
const rememberedMax = 1_000;

/** Counts the different questions about masked values that a session asks. */
export class Asked {
  readonly #crypto: Crypto;
  readonly #known = new Set<string>();
  #total = 0;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** All so far, with those of this command; 0 when it asks none. */
  count(questions: number, text: string, parameters: readonly Parameter[]): number {
    if (questions === 0) return 0;
    const parts = [utf8(text), ...parameters.map(({ value }) => value ?? new Uint8Array(0))];
    const said = concat(parts.flatMap((part) => [u32Bytes(part.length), part]));
    const key = hex(this.#crypto.sha256(said).subarray(0, 16));
    if (this.#known.has(key)) return this.#total;
    if (this.#known.size < rememberedMax) this.#known.add(key);
    this.#total += questions;
    return this.#total;
  }
}
