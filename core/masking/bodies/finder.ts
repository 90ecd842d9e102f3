import { EMPTY } from "../../bytes.ts";

/** Finds a byte in a chunk; a chunk that has none is looked through once. */
export class Finder {
  readonly #byte: number;
  #bytes: Uint8Array = EMPTY;
  #found = -1;

  constructor(byte: number) {
    this.#byte = byte;
  }

  begin(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#found = -1;
  }

  /** Where it stands next; infinity: not here. `start` never goes back. */
  next(start: number): number {
    if (this.#found < start) {
      const at = this.#bytes.indexOf(this.#byte, start);
      this.#found = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#found;
  }
}
