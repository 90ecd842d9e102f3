import { concat, EMPTY, text, utf8 } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { eventBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Finder } from "./finder.ts";
import { Leaving } from "./leaving.ts";
import { Texts } from "./texts.ts";

const [LF, CR, COLON, SPACE] = [0x0a, 0x0d, 0x3a, 0x20];
const MARK = utf8("\u{feff}");
const DATA = utf8("data");
const FEED = Uint8Array.of(LF);

/** Of each line that is not empty: where it begins and ends, and where the next one begins. */
type Lines = readonly number[];

/**
 * Server-sent events (HTML standard, "Parsing an event stream"), one at a time: data that is JSON
 * is masked as such, else looked through as text, and so is every other field. An event leaves
 * when it is whole.
 */
export class EventsBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #texts: Texts;
  /** What earlier chunks had of the event at hand. */
  readonly #held = new Growing(0);
  readonly #out = new Leaving();
  readonly #heldOut = new Leaving();
  readonly #feeds = new Finder(LF);
  readonly #returns = new Finder(CR);
  /** Of the event at hand, as far as it lies in the chunk. */
  readonly #lines: number[] = [];
  /** So many bytes of the line at hand were in earlier chunks. */
  #lineBytes = 0;
  /** A carriage return came last: a line feed behind it is of the same end. */
  #afterReturn = false;
  #isFirst = true;
  #failed = false;

  constructor(rules: BodyRules) {
    this.#texts = new Texts(rules, this.tally);
  }

  push(chunk: Uint8Array): Uint8Array | null {
    this.#out.begin(chunk);
    this.#feeds.begin(chunk);
    this.#returns.begin(chunk);
    const from = this.#failed ? chunk.length : this.#events(chunk);
    this.#out.copyTo(from);
    this.#out.skipTo(chunk.length);
    this.#held.append(chunk, from, chunk.length);
    if (this.#held.length > eventBytesMax) this.#failed = true;
    const out = this.#out.take();
    return this.#failed ? null : out;
  }

  finish(): Uint8Array | null {
    if (this.#failed) return null;
    return this.#heldEvent();
  }

  /** Where what is still to be held begins. */
  #events(chunk: Uint8Array): number {
    let line = this.#afterReturn && chunk[0] === LF ? 1 : 0;
    let event = 0;
    this.#lines.length = 0;
    if (chunk.length > 0) this.#afterReturn = chunk.at(-1) === CR;
    for (;;) {
      const end = Math.min(this.#feeds.next(line), this.#returns.next(line));
      if (end >= chunk.length) break;
      const isBlank = end - line + this.#lineBytes === 0;
      this.#lineBytes = 0;
      const next = chunk[end] === CR && chunk[end + 1] === LF ? end + 2 : end + 1;
      if (!isBlank) this.#lines.push(line, end, next);
      else {
        if (!this.#isOver(chunk, event, next)) return chunk.length;
        event = next;
        this.#lines.length = 0;
      }
      line = next;
    }
    this.#lineBytes += chunk.length - line;
    return event;
  }

  /** The event ends at `end` of the chunk. False: it is larger than what is held. */
  #isOver(chunk: Uint8Array, start: number, end: number): boolean {
    this.#failed = this.#held.length + end - start > eventBytesMax;
    if (this.#failed) return false;
    if (this.#held.length === 0) {
      const lines = this.#isFirst ? linesIn(chunk, start, end, true) : this.#lines;
      this.#event(chunk, lines, this.#out);
    } else {
      this.#held.append(chunk, start, end);
      this.#out.instead(start, end, this.#heldEvent());
    }
    return true;
  }

  #heldEvent(): Uint8Array {
    const bytes = this.#held.take();
    this.#heldOut.begin(bytes);
    this.#event(bytes, linesIn(bytes, 0, bytes.length, this.#isFirst), this.#heldOut);
    return this.#heldOut.take();
  }

  /** Replaces in `out` what is masked of it. */
  #event(bytes: Uint8Array, lines: Lines, out: Leaving): void {
    this.#isFirst = false;
    let left = dataCount(bytes, lines);
    const isSeveral = left > 1;
    const shown = isSeveral ? this.#texts.text(dataOf(bytes, lines), "") : null;
    const instead = shown === null ? [] : text(shown).split("\n");
    for (let i = 0; i < lines.length; i += 3) {
      const [start, end] = [lines[i] as number, lines[i + 1] as number];
      if (!isSeveral || !isData(bytes, start, end)) this.#line(bytes, start, end, out);
      else if (shown !== null) {
        const mine = --left === 0 ? instead.splice(0) : instead.splice(0, 1);
        const value = valueOf(bytes, start, end);
        if (mine.length === 0) out.instead(start, lines[i + 2] as number, EMPTY);
        else out.instead(value, end, utf8(mine.join("\ndata: ")));
      }
    }
  }

  /** A field alone, of data or any other. */
  #line(bytes: Uint8Array, start: number, end: number, out: Leaving): void {
    const value = valueOf(bytes, start, end);
    if (value === end || !this.#texts.mayReplace(bytes[value])) return;
    const shown = this.#texts.text(bytes.subarray(value, end), "");
    if (shown !== null) out.instead(value, end, shown);
  }
}

/** At the very beginning of a body a mark may stand before the first line. */
function linesIn(bytes: Uint8Array, from: number, to: number, isFirst: boolean): Lines {
  const lines: number[] = [];
  const isMarked = isFirst && MARK.every((byte, i) => bytes[from + i] === byte);
  let start = isMarked ? from + MARK.length : from;
  while (start < to) {
    let end = start;
    while (end < to && bytes[end] !== LF && bytes[end] !== CR) end++;
    const next = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1;
    if (end > start) lines.push(start, end, next);
    start = next;
  }
  return lines;
}

function isData(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < DATA.length; i++) if (bytes[start + i] !== DATA[i]) return false;
  const colon = start + DATA.length;
  return colon === end || bytes[colon] === COLON;
}

/**
 * Where a field's value begins; one space behind the colon is not of it. A comment's text stands
 * behind a colon as well; a line without one is all name.
 */
function valueOf(bytes: Uint8Array, start: number, end: number): number {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  if (colon === end) return isData(bytes, start, end) ? end : start;
  return colon + 1 < end && bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
}

function dataCount(bytes: Uint8Array, lines: Lines): number {
  let count = 0;
  for (let i = 0; i < lines.length; i += 3) {
    if (isData(bytes, lines[i] as number, lines[i + 1] as number)) count++;
  }
  return count;
}

/** Lines of data are joined. */
function dataOf(bytes: Uint8Array, lines: Lines): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < lines.length; i += 3) {
    const [start, end] = [lines[i] as number, lines[i + 1] as number];
    if (isData(bytes, start, end))
      parts.push(bytes.subarray(valueOf(bytes, start, end), end), FEED);
  }
  return concat(parts.slice(0, -1));
}
