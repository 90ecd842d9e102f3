import { Growing } from "../../growing.ts";
import { textLineBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import { Window } from "../../window.ts";
import type { BodyMasker, BodyRules } from "./body.ts";

const [LF, CR] = [0x0a, 0x0d];
const BEGIN = new TextEncoder().encode("-----BEGIN ");
const END = new TextEncoder().encode("-----END ");

/**
 * Text of any kind: detectors look through it line by line, a PEM block (RFC 7468) as a whole. A
 * line leaves when it is over. From the first that is too long to hold, windows go over all that
 * follows, and hits are overwritten in place.
 */
export class TextBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #rules: BodyRules;
  readonly #out = new Growing(0);
  /** The line at hand, with the lines before it while a block is open. */
  readonly #held = new Growing(0);
  #lineFrom = 0;
  #blockOpen = false;
  #window: Window | null = null;

  constructor(rules: BodyRules) {
    this.#rules = rules;
  }

  push(chunk: Uint8Array): Uint8Array {
    const { detect } = this.#rules;
    if (detect === null) return chunk;
    let from = 0;
    while (from < chunk.length && this.#window === null) {
      const end = lineEnd(chunk, from);
      // No more than the bound, so that where windows begin does not depend on the cut.
      const to = Math.min(end ?? chunk.length, from + textLineBytesMax - this.#held.length);
      this.#held.append(chunk, from, to);
      from = to;
      if (to === end) this.#lineIsOver(detect);
      else if (this.#held.length >= textLineBytesMax) this.#openWindow(detect);
    }
    this.#window?.push(chunk, from, chunk.length, "", this.#out);
    return this.#out.take();
  }

  finish(): Uint8Array {
    if (this.#window !== null) this.#window.finish("", this.#out);
    else if (this.#rules.detect !== null) this.#leave(this.#rules.detect);
    return this.#out.take();
  }

  #lineIsOver(detect: NonNullable<BodyRules["detect"]>): void {
    const line = this.#held.bytes.subarray(this.#lineFrom, this.#held.length);
    const [begins, ends] = [lastOf(line, BEGIN), lastOf(line, END)];
    if (begins !== ends) this.#blockOpen = begins > ends;
    this.#lineFrom = this.#held.length;
    if (!this.#blockOpen) this.#leave(detect);
  }

  #leave(detect: NonNullable<BodyRules["detect"]>): void {
    if (this.#held.length === 0) return;
    const held = this.#held.take();
    this.#lineFrom = 0;
    const scanned = detect.scan(held, "");
    this.#out.put(scanned?.bytes ?? held);
    if (scanned !== null) this.tally.found(scanned.findings);
  }

  #openWindow(detect: NonNullable<BodyRules["detect"]>): void {
    this.#window = new Window(detect, this.tally);
    const held = this.#held.take();
    this.#window.push(held, 0, held.length, "", this.#out);
  }
}

/** Behind the next line feed or carriage return. */
function lineEnd(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF || bytes[at] === CR) return at + 1;
  }
  return null;
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
