import { EMPTY } from "../../bytes.ts";
import { Growing } from "../../growing.ts";

/** What leaves of a chunk: the very bytes, but for what is replaced or left out. */
export class Leaving {
  /** Nothing of the chunk leaves from here on; what is put does. */
  hidden = false;
  #bytes: Uint8Array = EMPTY;
  /** Up to here the chunk has been copied or left out. */
  #from = 0;
  readonly #out = new Growing(0);

  begin(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#from = 0;
  }

  /** Lets pass what lies before `end`. */
  copyTo(end: number): void {
    if (!this.hidden) this.#out.append(this.#bytes, this.#from, end);
    this.#from = end;
  }

  skipTo(end: number): void {
    this.#from = end;
  }

  put(bytes: Uint8Array): void {
    this.#out.put(bytes);
  }

  instead(start: number, end: number, by: Uint8Array): void {
    if (this.#out.length === 0) this.#out.reserve(this.#bytes.length);
    this.copyTo(start);
    this.#out.put(by);
    this.#from = end;
  }

  /** All that is there; the chunk's own bytes, where nothing of it was replaced. */
  take(): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = EMPTY;
    const rest = this.hidden ? EMPTY : bytes.subarray(this.#from);
    this.#from = 0;
    if (this.#out.length === 0) return rest;
    this.#out.put(rest);
    return this.#out.take();
  }

  /** Nothing of what is there leaves. */
  drop(): void {
    this.hidden = false;
    this.#from = 0;
    this.#out.length = 0;
    this.#bytes = EMPTY;
  }
}
