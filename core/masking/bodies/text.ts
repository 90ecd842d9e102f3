import { Growing } from "../../growing.ts";
import { textLineBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import { Window } from "../../window.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Finder } from "./finder.ts";
import { Leaving } from "./leaving.ts";

const [LF, CR, DASH] = [0x0a, 0x0d, 0x2d];
const BEGIN = new TextEncoder().encode("-----BEGIN ");
const END = new TextEncoder().encode("-----END ");

type Detecting = NonNullable<BodyRules["detect"]>;

/**
 * Text of any kind: detectors look through it line by line, a PEM block (RFC 7468) as a whole. A
 * line leaves when it is over. From the first that is too long to hold, windows go over all that
 * follows, and hits are overwritten in place.
 */
export class TextBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #detect: Detecting | null;
  readonly #out = new Leaving();
  /** Of earlier chunks: the line at hand, and lines before it while a block is open. */
  readonly #held = new Growing(0);
  readonly #feeds = new Finder(LF);
  readonly #returns = new Finder(CR);
  readonly #dashes = new Finder(DASH);
  #lineFrom = 0;
  #blockOpen = false;
  #window: Window | null = null;
  readonly #windowed = new Growing(0);

  constructor(rules: BodyRules) {
    this.#detect = rules.detect;
  }

  push(chunk: Uint8Array): Uint8Array {
    const detect = this.#detect;
    if (detect === null) return chunk;
    this.#out.begin(chunk);
    for (const finder of [this.#feeds, this.#returns, this.#dashes]) finder.begin(chunk);
    let from = 0;
    while (from < chunk.length && this.#window === null) {
      const end = Math.min(this.#feeds.next(from), this.#returns.next(from)) + 1;
      // No more than the bound, so that where windows begin does not depend on the cut.
      const to = Math.min(end, chunk.length, from + textLineBytesMax - this.#held.length);
      const isWhole = to === end && this.#held.length === 0 && !this.#hasDashes(chunk, from, end);
      if (isWhole) this.#line(chunk, from, end, detect);
      else this.#hold(chunk, from, to, to === end, detect);
      from = to;
    }
    if (this.#window !== null) {
      this.#window.push(chunk, from, chunk.length, "", this.#windowed);
      this.#out.put(this.#windowed.take());
      this.#out.skipTo(chunk.length);
    }
    return this.#out.take();
  }

  finish(): Uint8Array {
    if (this.#window !== null) this.#window.finish("", this.#windowed);
    else if (this.#detect !== null) this.#leave(this.#detect);
    this.#out.put(this.#windowed.take());
    return this.#out.take();
  }

  /** As all lines of blocks have that begin or end one. */
  #hasDashes(chunk: Uint8Array, start: number, end: number): boolean {
    for (let at = this.#dashes.next(start); at < end; at = this.#dashes.next(at + 1)) {
      if (chunk[at + 1] === DASH && chunk[at + 2] === DASH && chunk[at + 3] === DASH) return true;
    }
    return false;
  }

  #line(chunk: Uint8Array, start: number, end: number, detect: Detecting): void {
    const scanned = detect.scan(chunk.subarray(start, end), "");
    if (scanned === null) return;
    this.#out.instead(start, end, scanned.bytes);
    this.tally.found(scanned.findings);
  }

  #hold(chunk: Uint8Array, from: number, to: number, isOver: boolean, detect: Detecting): void {
    this.#out.copyTo(from);
    this.#out.skipTo(to);
    this.#held.append(chunk, from, to);
    if (isOver) this.#lineIsOver(detect);
    else if (this.#held.length >= textLineBytesMax) this.#openWindow(detect);
  }

  #lineIsOver(detect: Detecting): void {
    const line = this.#held.bytes.subarray(this.#lineFrom, this.#held.length);
    const [begins, ends] = [lastOf(line, BEGIN), lastOf(line, END)];
    if (begins !== ends) this.#blockOpen = begins > ends;
    this.#lineFrom = this.#held.length;
    if (!this.#blockOpen) this.#leave(detect);
  }

  #leave(detect: Detecting): void {
    if (this.#held.length === 0) return;
    const held = this.#held.take();
    this.#lineFrom = 0;
    const scanned = detect.scan(held, "");
    this.#out.put(scanned?.bytes ?? held);
    if (scanned !== null) this.tally.found(scanned.findings);
  }

  #openWindow(detect: Detecting): void {
    this.#window = new Window(detect, this.tally);
    const held = this.#held.take();
    this.#window.push(held, 0, held.length, "", this.#windowed);
  }
}

/** Where these bytes begin for the last time, or -1. */
function lastOf(bytes: Uint8Array, wanted: Uint8Array): number {
  let at = bytes.lastIndexOf(wanted[0] as number);
  while (at >= 0) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
    at = at === 0 ? -1 : bytes.lastIndexOf(wanted[0] as number, at - 1);
  }
  return -1;
}
