import { concat, EMPTY, text, utf8 } from "../../bytes.ts";
import { partHeadBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Declared } from "./declared.ts";
import { isWhole } from "./json-words.ts";
import { type PartHead, readPartHead } from "./part-head.ts";
import { FieldBody, pathOf, ReplacedBody } from "./parts.ts";

const [LF, CR, DASH, SPACE, TAB] = [0x0a, 0x0d, 0x2d, 0x20, 0x09];
const [LINE_END, BLANK_LINE] = [utf8("\r\n"), utf8("\r\n\r\n")];

/** RFC 2046, section 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/u;
export const isBoundary = (value: string | undefined): value is string =>
  value !== undefined && BOUNDARY.test(value);

/** The masker of a part by its `Content-Type`. */
export type Within = (type: string) => BodyMasker | "pass" | "refuse";

/** Where in the body: behind a boundary its line ends, then come a head and the part itself. */
type State = "start" | "boundary" | "head" | "part begins" | "part" | "end";

/**
 * A body in parts (RFC 2046, section 5.1; forms as RFC 7578 has them), each masked by its name or
 * its type. What readers may split in another way is refused: lines that end without a carriage
 * return, text around the parts, boundaries that go on.
 */
export class MultipartBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #rules: BodyRules;
  readonly #isForm: boolean;
  readonly #within: Within;
  /** A line feed, two dashes and the boundary. */
  readonly #mark: Uint8Array;
  #state: State = "start";
  #part: BodyMasker | "pass" = "pass";
  #failed = false;
  #isEmpty = true;
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  #out: Uint8Array[] = [];

  constructor(boundary: string, isForm: boolean, rules: BodyRules, within: Within) {
    this.#mark = utf8(`\n--${boundary}`);
    this.#isForm = isForm;
    this.#rules = rules;
    this.#within = within;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (chunk.length > 0) this.#isEmpty = false;
    this.#bytes = this.#bytes.length === 0 ? chunk : concat([this.#bytes, chunk]);
    this.#at = 0;
    while (!this.#failed && this.#step());
    this.#bytes = this.#bytes.slice(this.#at);
    const out = this.#out.splice(0);
    return this.#failed ? null : concat(out);
  }

  finish(): Uint8Array | null {
    return (this.#isEmpty || this.#state === "end") && !this.#failed ? EMPTY : null;
  }

  /** False: there is nothing more to do with what is there. */
  #step(): boolean {
    switch (this.#state) {
      case "start":
        return this.#starts();
      case "boundary":
        return this.#boundary();
      case "head":
        return this.#head();
      case "part begins":
        return this.#partBegins();
      case "part":
        return this.#content();
      case "end":
        return this.#rest();
    }
  }

  #fail(): false {
    this.#failed = true;
    return false;
  }

  /** So many bytes pass as they are. */
  #pass(count: number, next: State): true {
    this.#out.push(this.#bytes.subarray(this.#at, this.#at + count));
    this.#at += count;
    this.#state = next;
    return true;
  }

  /** -1: what is there is not `wanted`; 0: as far as it goes it is; 1: it is, and all of it. */
  #begins(wanted: Uint8Array): -1 | 0 | 1 {
    const bytes = this.#bytes;
    const there = Math.min(wanted.length, bytes.length - this.#at);
    for (let i = 0; i < there; i++) if (bytes[this.#at + i] !== wanted[i]) return -1;
    return there === wanted.length ? 1 : 0;
  }

  /** An empty line may stand before the first boundary. */
  #starts(): boolean {
    const dashes = this.#mark.subarray(1);
    const begins = this.#begins(dashes);
    if (begins === 1) return this.#pass(dashes.length, "boundary");
    const line = this.#begins(LINE_END);
    if (line === 1) return this.#pass(LINE_END.length, "start");
    return begins === 0 || line === 0 ? false : this.#fail();
  }

  /** White space and the line's end, or two dashes where it was the last. */
  #boundary(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === DASH) {
      if (bytes.length < at + 2) return false;
      return bytes[at + 1] === DASH ? this.#pass(2, "end") : this.#fail();
    }
    while (bytes[at] === SPACE || bytes[at] === TAB) at++;
    if (at - this.#at > partHeadBytesMax) return this.#fail();
    if (bytes.length < at + 2)
      return bytes.length === at || bytes[at] === CR ? false : this.#fail();
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return this.#fail();
    return this.#pass(at + 2 - this.#at, "head");
  }

  #head(): boolean {
    const isEmpty = this.#begins(LINE_END);
    if (isEmpty === 0) return false;
    const end = isEmpty === 1 ? this.#at : indexOf(this.#bytes, BLANK_LINE, this.#at);
    const length = (end < 0 ? this.#bytes.length : end) - this.#at;
    if (length > partHeadBytesMax) return this.#fail();
    if (end < 0) return false;
    const bytes = this.#bytes.subarray(this.#at, end);
    const head = readPartHead(bytes, this.#isForm);
    const part = head === null ? "refuse" : this.#masker(head);
    if (part === "refuse") return this.#fail();
    this.#part = part;
    this.#out.push(part === "pass" ? bytes : this.#shownHead(bytes));
    this.#at = end;
    return this.#pass(isEmpty === 1 ? LINE_END.length : BLANK_LINE.length, "part begins");
  }

  /** Its length may be another one. */
  #shownHead(bytes: Uint8Array): Uint8Array {
    const scanned = this.#rules.detect?.scan(bytes, "") ?? null;
    if (scanned !== null) this.tally.found(scanned.findings);
    const shown = scanned?.bytes ?? bytes;
    const lines = text(shown).split("\r\n");
    const kept = lines.filter((line) => !/^content-length:/iu.test(line));
    return kept.length === lines.length ? shown : utf8(kept.join("\r\n"));
  }

  #masker({ name, isFile, type }: PartHead): BodyMasker | "pass" | "refuse" {
    const { fields } = this.#rules;
    const path = name === null ? [] : pathOf(name);
    const mask = fields.mask(fields.named(path.at(-1) ?? ""), path);
    const isPlain =
      name !== null && !isFile && (type === null || /^text\/plain *(;|$)/iu.test(type));
    if (mask !== null && (isWhole(mask) || !isPlain)) return new ReplacedBody(mask);
    const masker = this.#within(type ?? "text/plain");
    if (!isPlain || masker === "refuse") return masker;
    return new Declared(new FieldBody(this.#rules, path));
  }

  /** A boundary right behind the head is one for some readers alone. */
  #partBegins(): boolean {
    const begins = this.#begins(this.#mark.subarray(1));
    if (begins === 1) return this.#fail();
    if (begins === 0) return false;
    this.#state = "part";
    return true;
  }

  #content(): boolean {
    const mark = indexOf(this.#bytes, this.#mark, this.#at);
    if (mark < 0) {
      if (!this.#partGoesTo(this.#mayBeMarkFrom())) this.#fail();
      return false;
    }
    const isWhole = mark > this.#at && this.#bytes[mark - 1] === CR;
    if (!isWhole || !this.#partGoesTo(mark - 1) || !this.#partEnds()) return this.#fail();
    return this.#pass(1 + this.#mark.length, "boundary");
  }

  /** The end of what is there may be the beginning of a boundary with its line's end before it. */
  #mayBeMarkFrom(): number {
    const { length } = this.#bytes;
    const mark = this.#mark;
    for (let at = Math.max(this.#at, length - mark.length); at < length; at++) {
      const from = this.#bytes[at] === CR ? at + 1 : at;
      let i = from;
      while (i < length && this.#bytes[i] === mark[i - from]) i++;
      if (i === length) return at;
    }
    return length;
  }

  #partGoesTo(end: number): boolean {
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    const shown = this.#part === "pass" ? bytes : this.#part.push(bytes);
    if (shown !== null) this.#out.push(shown);
    return shown !== null;
  }

  #partEnds(): boolean {
    if (this.#part === "pass") return true;
    const rest = this.#part.finish();
    this.tally.add(this.#part.tally);
    if (rest !== null) this.#out.push(rest);
    return rest !== null;
  }

  /** Behind the last boundary there is nothing that would be shown. */
  #rest(): boolean {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.some((byte) => byte > SPACE)) return this.#fail();
    this.#pass(rest.length, "end");
    return false;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}
