import { concat, EMPTY, equal, utf8 } from "./bytes.ts";

const STAR = 0x2a;

/**
 * Takes a secret out of bytes on their way, cut anywhere: each byte of it becomes a star, so that
 * lengths stay. Nothing is held but a beginning of the secret at a chunk's end.
 */
export class Hiding {
  readonly #secret: Uint8Array;
  /** The place of its rarest byte: that one is looked for. */
  readonly #rarest: number;
  #held: Uint8Array = EMPTY;

  /** Not empty. */
  constructor(secret: string) {
    this.#secret = utf8(secret);
    this.#rarest = rarestIn(this.#secret);
  }

  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held.length === 0 ? chunk : concat([this.#held, chunk]);
    const shown = this.#hidden(bytes);
    const end = this.#begins(shown);
    this.#held = shown.slice(end);
    return end === shown.length ? shown : shown.subarray(0, end);
  }

  finish(): Uint8Array {
    const rest = this.#held;
    this.#held = EMPTY;
    return rest;
  }

  #hidden(bytes: Uint8Array): Uint8Array {
    const { length } = this.#secret;
    const rare = this.#secret[this.#rarest] as number;
    let shown = bytes;
    let at = bytes.indexOf(rare, this.#rarest);
    while (at >= 0) {
      const start = at - this.#rarest;
      const found = equal(bytes.subarray(start, start + length), this.#secret);
      if (found) {
        if (shown === bytes) shown = bytes.slice();
        shown.fill(STAR, start, start + length);
      }
      at = bytes.indexOf(rare, at + (found ? length : 1));
    }
    return shown;
  }

  /** Where the secret may begin that the chunk's end has cut; the end itself where none does. */
  #begins(bytes: Uint8Array): number {
    for (let at = Math.max(0, bytes.length - this.#secret.length + 1); at < bytes.length; at++) {
      if (equal(bytes.subarray(at), this.#secret.subarray(0, bytes.length - at))) return at;
    }
    return bytes.length;
  }
}

/** What documents are made of, the most frequent first; all else is rare. */
const FREQUENT = utf8('e",:ati0norsl1-d{}u c_m/p2.h5bfg3496782ywvkxjqzSTACEINRPDLMBOFHG');

function rarestIn(secret: Uint8Array): number {
  const rarity = (byte: number): number => {
    const at = FREQUENT.indexOf(byte);
    return at < 0 ? FREQUENT.length : at;
  };
  let rarest = 0;
  for (let at = 1; at < secret.length; at++) {
    if (rarity(secret[at] as number) > rarity(secret[rarest] as number)) rarest = at;
  }
  return rarest;
}
