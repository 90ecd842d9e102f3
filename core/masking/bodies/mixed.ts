import { concat, EMPTY } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { textLineBytesMax } from "../../limits.ts";
import type { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { JsonBody } from "./json.ts";
import { BEGINS_DOCUMENT, spaceMax } from "./json-words.ts";
import { TextBody } from "./text.ts";

const LF = 0x0a;

/**
 * What the line at hand is: white space so far; perhaps a document; one; or text. Documents go on
 * over lines.
 */
type Is = "nothing yet" | "perhaps" | "document" | "text";

/**
 * Text that may be JSON, or have JSON in it: many servers give no better type. What begins like a
 * document is read as one, held until its first member's name is there. Up to there it may turn
 * out to be text, and is looked through as such; from there on it must be a document, for a reader
 * would find fields in it, and nothing more passes where it is none.
 */
export class MixedBody implements BodyMasker {
  readonly tally: Tally;
  readonly #everyLine: boolean;
  readonly #text: TextBody;
  readonly #json: JsonBody;
  #is: Is = "nothing yet";
  /** What may be text, as it came, and what leaves if it is a document. */
  readonly #held = new Growing(0);
  readonly #masked = new Growing(0);
  /** Where the line at hand begins in what is held. */
  #lineFrom = 0;
  #isFirst = true;
  #failed = false;

  /** `everyLine`: each line may begin a document, as those of logs do; else the first alone. */
  constructor(rules: BodyRules, everyLine: boolean) {
    this.#everyLine = everyLine;
    this.#text = new TextBody(rules);
    this.#json = new JsonBody(rules, { several: "loose" });
    this.tally = this.#text.tally;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    const out: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length && !this.#failed) {
      const end = this.#pieceEnd(chunk, at);
      this.#piece(chunk.subarray(at, end), out);
      at = end;
    }
    if (this.#is === "document") this.tally.add(this.#json.tally);
    return this.#failed ? null : concat(out);
  }

  finish(): Uint8Array | null {
    const out: Uint8Array[] = [];
    if (!this.#failed && (this.#is === "perhaps" || this.#is === "document")) {
      const last = this.#json.finish();
      this.#read(EMPTY, last, out);
      // Lines before the last one were text; that one, read anew, is over as well.
      if (last === null && this.#is === "perhaps") this.#read(EMPTY, this.#json.finish(), out);
      if (this.#is === "perhaps") this.#documentLeaves(out);
      this.tally.add(this.#json.tally);
    }
    out.push(this.#text.finish());
    return this.#failed ? null : concat(out);
  }

  /** A line's, where each counts. What is held keeps to its bound, however it was cut. */
  #pieceEnd(chunk: Uint8Array, at: number): number {
    const feed = this.#everyLine ? chunk.indexOf(LF, at) : -1;
    const end = feed < 0 ? chunk.length : feed + 1;
    const mayHold = this.#is === "text" || this.#is === "document" ? Infinity : textLineBytesMax;
    return Math.min(end, at + mayHold - this.#held.length);
  }

  #piece(piece: Uint8Array, out: Uint8Array[]): void {
    if (this.#is === "nothing yet") this.#begin(piece, out);
    else if (this.#is === "text") out.push(this.#text.push(piece));
    else this.#read(piece, this.#json.push(piece), out);
    if (!this.#everyLine || piece.at(-1) !== LF || this.#failed) return;
    if (this.#is === "perhaps" && this.#json.isBetween) this.#documentLeaves(out);
    if (this.#is === "text" || this.#json.isBetween) this.#is = "nothing yet";
    this.#lineFrom = this.#held.length;
  }

  #begin(piece: Uint8Array, out: Uint8Array[]): void {
    const first = piece.findIndex((byte) => byte > spaceMax);
    const byte = piece[first];
    if (byte === undefined) {
      out.push(this.#text.push(piece));
      return;
    }
    const isMark = this.#isFirst && byte === MARK_FIRST;
    this.#isFirst = false;
    this.#is = isMark || BEGINS_DOCUMENT[byte] === 1 ? "perhaps" : "text";
    if (this.#is === "text") {
      out.push(this.#text.push(piece));
      return;
    }
    out.push(this.#text.push(piece.subarray(0, first)));
    this.#json.reset();
    const rest = piece.subarray(first);
    this.#read(rest, this.#json.push(rest), out);
  }

  /** `masked` is what the reader of documents made of it. */
  #read(piece: Uint8Array, masked: Uint8Array | null, out: Uint8Array[]): void {
    if (masked === null) {
      if (this.#is === "document" || this.#json.hasMembers) this.#failed = true;
      else this.#isText(piece, out);
    } else if (this.#is === "document") out.push(masked);
    else {
      this.#held.put(piece);
      this.#masked.put(masked);
      const isSure = this.#json.hasMembers || this.#held.length >= textLineBytesMax;
      if (isSure) this.#documentLeaves(out);
    }
  }

  /** Lines before the one at hand had no members either; it may still begin a document itself. */
  #isText(piece: Uint8Array, out: Uint8Array[]): void {
    this.#json.tally.take();
    this.#masked.take();
    const from = this.#lineFrom;
    this.#lineFrom = 0;
    this.#is = "text";
    out.push(this.#text.push(this.#held.takeFirst(from)));
    const line = concat([this.#held.take(), piece]);
    if (from === 0) out.push(this.#text.push(line));
    else this.#begin(line, out);
  }

  #documentLeaves(out: Uint8Array[]): void {
    out.push(this.#text.finish(), this.#masked.take());
    this.#held.take();
    this.#lineFrom = 0;
    this.tally.add(this.#json.tally);
    this.#is = "document";
  }
}

const MARK_FIRST = 0xef;
