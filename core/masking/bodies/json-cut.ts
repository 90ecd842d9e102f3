import { Growing } from "../../growing.ts";
import { isEscaped, textEnd, wordEnd } from "./json-words.ts";

/** What a chunk may end in the middle of. What is read, a text, a name or a word, is held. */
export type CutKind = "nothing" | "shown text" | "text left out" | "text" | "name" | "word";

const isHeld = (kind: CutKind): boolean => kind === "text" || kind === "name" || kind === "word";

/** A token that goes on in the next chunk. */
export class Cut {
  kind: CutKind = "nothing";
  readonly #held = new Growing(0);
  /** The chunk ended behind a backslash. */
  #escaped = false;

  /** It began at `start`. */
  begin(kind: CutKind, bytes: Uint8Array, start: number): void {
    this.kind = kind;
    this.#escaped = kind !== "word" && isEscaped(bytes, start + 1, bytes.length);
    if (isHeld(kind)) this.#held.append(bytes, start, bytes.length);
  }

  /** Where it ends in this chunk; -1: not there. */
  goOn(bytes: Uint8Array): number {
    const end = this.#end(bytes);
    if (isHeld(this.kind)) this.#held.append(bytes, 0, end < 0 ? bytes.length : end);
    return end;
  }

  #end(bytes: Uint8Array): number {
    if (this.kind === "word") {
      const end = wordEnd(bytes, 0);
      return end === bytes.length ? -1 : end;
    }
    const from = this.#escaped ? 1 : 0;
    const end = textEnd(bytes, from);
    this.#escaped = end < 0 && isEscaped(bytes, from, bytes.length);
    return end;
  }

  /** To look at, not to keep. */
  get held(): Uint8Array {
    return this.#held.bytes.subarray(0, this.#held.length);
  }

  /** What was held; none of it is any more. */
  become(kind: CutKind): Uint8Array {
    this.kind = kind;
    return this.#held.take();
  }
}
