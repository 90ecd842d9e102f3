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
const LINE = Uint8Array.of(LF);

/** A field of an event: its line begins at `start`, what it says stands from `value` to `end`. */
type Field = {
  readonly isData: boolean;
  readonly start: number;
  readonly value: number;
  readonly end: number;
  /** Where the next line begins. */
  readonly next: number;
};

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
    if (chunk.length > 0) this.#afterReturn = chunk.at(-1) === CR;
    for (;;) {
      const end = Math.min(this.#feeds.next(line), this.#returns.next(line));
      if (end >= chunk.length) break;
      const isBlank = end - line + this.#lineBytes === 0;
      this.#lineBytes = 0;
      line = chunk[end] === CR && chunk[end + 1] === LF ? end + 2 : end + 1;
      if (isBlank) {
        if (!this.#isOver(chunk, event, line)) return chunk.length;
        event = line;
      }
    }
    this.#lineBytes += chunk.length - line;
    return event;
  }

  /** The event ends at `end` of the chunk. False: it is larger than what is held. */
  #isOver(chunk: Uint8Array, start: number, end: number): boolean {
    this.#failed = this.#held.length + end - start > eventBytesMax;
    if (this.#failed) return false;
    if (this.#held.length === 0) this.#event(chunk, start, end, this.#out);
    else {
      this.#held.append(chunk, start, end);
      this.#out.instead(start, end, this.#heldEvent());
    }
    return true;
  }

  #heldEvent(): Uint8Array {
    const bytes = this.#held.take();
    this.#heldOut.begin(bytes);
    this.#event(bytes, 0, bytes.length, this.#heldOut);
    return this.#heldOut.take();
  }

  /** Replaces in `out` what is masked of it. */
  #event(bytes: Uint8Array, start: number, end: number, out: Leaving): void {
    const fields = fieldsOf(bytes, start, end, this.#isFirst);
    if (end > start) this.#isFirst = false;
    const data = fields.filter(({ isData }) => isData);
    const shown = data.length === 0 ? null : this.#texts.text(dataOf(bytes, data), "");
    const lines = shown === null ? null : linesOf(shown, data.length);
    for (const field of fields) {
      const { value, isData } = field;
      if (!isData && this.#texts.mayReplace(bytes[value])) {
        const other = this.#texts.text(bytes.subarray(value, field.end), "");
        if (other !== null) out.instead(value, field.end, other);
      } else if (isData && lines !== null) {
        const line = lines.shift();
        if (line === undefined) out.instead(field.start, field.next, EMPTY);
        else out.instead(value, field.end, line);
      }
    }
  }
}

/** Lines that are not empty. At the very beginning of a body a mark may stand before the first. */
function fieldsOf(bytes: Uint8Array, from: number, to: number, isFirst: boolean): readonly Field[] {
  const fields: Field[] = [];
  const isMarked = isFirst && MARK.every((byte, i) => bytes[from + i] === byte);
  let start = isMarked ? from + MARK.length : from;
  while (start < to) {
    const end = lineEnd(bytes, start, to);
    const next = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1;
    if (end > start) fields.push(fieldOf(bytes, start, end, next));
    start = next;
  }
  return fields;
}

function lineEnd(bytes: Uint8Array, start: number, to: number): number {
  let end = start;
  while (end < to && bytes[end] !== LF && bytes[end] !== CR) end++;
  return end;
}

/** A comment's text stands behind a colon as well; where there is none, a line is all name. */
function fieldOf(bytes: Uint8Array, start: number, end: number, next: number): Field {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  const isData =
    colon - start === DATA.length && DATA.every((byte, i) => bytes[start + i] === byte);
  if (colon === end) return { isData, start, value: isData ? end : start, end, next };
  // One space behind the colon is not of the value.
  const value = bytes[colon + 1] === SPACE && colon + 1 < end ? colon + 2 : colon + 1;
  return { isData, start, value, end, next };
}

/** Lines of data are joined. */
const dataOf = (bytes: Uint8Array, data: readonly Field[]): Uint8Array =>
  concat(
    data.length === 1
      ? data.map(({ value, end }) => bytes.subarray(value, end))
      : data.flatMap(({ value, end }, i) => [i > 0 ? LINE : EMPTY, bytes.subarray(value, end)]),
  );

/** As many lines as there were, or fewer; the last has all that is more, each behind its name. */
function linesOf(shown: Uint8Array, most: number): Uint8Array[] {
  if (!shown.includes(LF)) return [shown];
  const lines = text(shown).split("\n");
  const rest = lines.slice(most - 1).join("\ndata: ");
  return [...lines.slice(0, most - 1), ...(lines.length < most ? [] : [rest])].map(utf8);
}
