import { concat, EMPTY, utf8 } from "../../bytes.ts";
import { jsonDepthMax, jsonInTextMax, jsonTextBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import type { FieldRule } from "../fields.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { JsonNames } from "./json-names.ts";
import {
  beginsDocument,
  decoded,
  ENDS_WORD,
  hiddenWhole,
  isWhole,
  isWord,
  mayHoldDocument,
  NULL,
  REDACTED,
  SPACE,
  spaceMax,
  textEnd,
  written,
} from "./json-words.ts";

/*
 * JSON text (RFC 8259) that passes as it comes, cut anywhere: fields that a rule names are
 * replaced, names, texts and numbers are looked through by detectors, all else stays as it was,
 * byte for byte. What is no JSON is not guessed at: nothing more of it passes.
 */

type Settings = {
  /** Documents follow each other, one a line (newline-delimited JSON); else there is just one. */
  readonly several: boolean;
  /** The names that lead to the document, where it stands in a text of another. */
  readonly path: readonly string[];
  readonly nested: number;
};

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What may come next; behind `[` and `{` their end as well. */
type Next = "value" | "first item" | "first name" | "name" | "colon" | "comma" | "line" | "end";

/** What became of a step: "more" where the chunk ends in the middle of something. */
type Step = "done" | "more" | "wrong";

/** What a text's reading needs to know where the chunk ends before it does. */
type Cut = { readonly shows: boolean; escaped: boolean };

export class JsonBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #rules: BodyRules;
  readonly #settings: Settings;
  readonly #names: JsonNames;
  /** Names of the members that are open, outermost first. */
  readonly #path: string[];
  /** What is open: whether it is an object, and how many names lead to it. */
  readonly #open: { readonly isObject: boolean; readonly names: number }[] = [];
  #next: Next = "value";
  /** The rules that may speak of the value that follows. */
  #candidates: readonly FieldRule[] = [];
  /** As many were open where a replaced object or list began. */
  #hiddenFrom: number | null = null;
  #cut: Cut | null = null;
  #failed = false;
  #isStart = true;
  /** A word or text whose end is still to come. */
  #held: Uint8Array = EMPTY;

  // The chunk at hand: up to `#from` it has been copied or left out.
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  #from = 0;
  #parts: Uint8Array[] = [];

  constructor(rules: BodyRules, settings: Partial<Settings> = {}) {
    this.#rules = rules;
    this.#settings = { several: false, path: [], nested: 0, ...settings };
    this.#path = [...this.#settings.path];
    this.#names = new JsonNames(rules);
  }

  /** What may leave now. Null: it is no JSON, or too deep, and nothing more of it may leave. */
  push(chunk: Uint8Array): Uint8Array | null {
    this.#bytes = this.#held.length === 0 ? chunk : concat([this.#held, chunk]);
    this.#held = EMPTY;
    this.#at = 0;
    this.#from = 0;
    const step = this.#failed ? "wrong" : this.#steps();
    if (step === "wrong") return this.#fail();
    this.#copyTo(this.#at);
    this.#held = this.#bytes.slice(this.#at);
    this.#bytes = EMPTY;
    return concat(this.#parts.splice(0));
  }

  /** What was still held. Null: the document has no end. */
  finish(): Uint8Array | null {
    // A number at the very end has nothing behind it that would end it.
    const rest = this.#held.length === 0 ? EMPTY : this.push(LINE);
    const isOver = ["end", "line"].includes(this.#next) || this.#isBetween;
    const isWhole = isOver && this.#open.length === 0 && this.#cut === null;
    if (rest === null || !isWhole || this.#held.length > 0) return this.#fail();
    return rest.length > 0 ? rest.subarray(0, -1) : rest;
  }

  get #isBetween(): boolean {
    return this.#settings.several && this.#next === "value";
  }

  #fail(): null {
    this.#failed = true;
    this.#parts = [];
    this.#held = EMPTY;
    return null;
  }

  #steps(): Step {
    while (this.#at < this.#bytes.length) {
      const step = this.#cut === null ? this.#step() : this.#goOn(this.#cut);
      if (step !== "done") return step;
    }
    return "done";
  }

  #step(): Step {
    const byte = this.#bytes[this.#at] as number;
    if (this.#isStart && byte === BYTE_ORDER_MARK[0]) return this.#mark();
    this.#isStart = false;
    if (byte <= spaceMax) return this.#space(byte);
    switch (byte) {
      case QUOTE:
        return this.#text();
      case COMMA:
        return this.#comma();
      case COLON:
        return this.#pass(this.#next === "colon", "value");
      case OPEN:
      case OPEN_LIST:
        return this.#opens(byte === OPEN);
      case CLOSE:
      case CLOSE_LIST:
        return this.#closes(byte === CLOSE);
      default:
        return this.#word();
    }
  }

  /** One byte of punctuation, where it may stand. */
  #pass(may: boolean, next: Next): Step {
    if (!may) return "wrong";
    this.#next = next;
    this.#at++;
    return "done";
  }

  #mark(): Step {
    if (this.#bytes.length - this.#at < BYTE_ORDER_MARK.length) return "more";
    if (!BYTE_ORDER_MARK.every((byte, i) => this.#bytes[this.#at + i] === byte)) return "wrong";
    this.#at += BYTE_ORDER_MARK.length;
    this.#isStart = false;
    return "done";
  }

  /** White space; texts of a sequence begin each with a mark of their own (RFC 7464). */
  #space(byte: number): Step {
    const isMark = byte === RECORD_MARK && this.#settings.several && this.#open.length === 0;
    if (!isMark && SPACE[byte] === 0) return "wrong";
    if (this.#next === "line" && (isMark || byte === LINE[0])) this.#next = "value";
    this.#at++;
    return "done";
  }

  #comma(): Step {
    const around = this.#open.at(-1);
    if (around === undefined) return "wrong";
    return this.#pass(this.#next === "comma", around.isObject ? "name" : "value");
  }

  get #mayBeValue(): boolean {
    return this.#next === "value" || this.#next === "first item";
  }

  #opens(isObject: boolean): Step {
    if (!this.#mayBeValue || this.#open.length >= jsonDepthMax) return "wrong";
    const mask = this.#mask();
    if (mask !== null) {
      this.#replace(mask.technique === "null" ? NULL : REDACTED);
      this.tally.mask(mask.rule);
      this.#hiddenFrom = this.#open.length;
    }
    this.#open.push({ isObject, names: this.#path.length });
    this.#candidates = [];
    return this.#pass(true, isObject ? "first name" : "first item");
  }

  #closes(isObject: boolean): Step {
    const closed = this.#open.pop();
    const isEmpty = this.#next === (isObject ? "first name" : "first item");
    if (closed?.isObject !== isObject || !(isEmpty || this.#next === "comma")) return "wrong";
    this.#path.length = closed.names;
    this.#at++;
    if (this.#open.length === this.#hiddenFrom) {
      this.#from = this.#at;
      this.#hiddenFrom = null;
    }
    return this.#valueIsOver();
  }

  #valueIsOver(): Step {
    const after = this.#settings.several ? "line" : "end";
    this.#next = this.#open.length > 0 ? "comma" : after;
    this.#candidates = [];
    return "done";
  }

  /** The mask of the value that follows; null also inside of what is replaced. */
  #mask(): CellMask | null {
    if (this.#candidates.length === 0 || this.#hiddenFrom !== null) return null;
    return this.#rules.fields.mask(this.#candidates, this.#path);
  }

  /** A number, true, false or null. */
  #word(): Step {
    if (!this.#mayBeValue) return "wrong";
    const start = this.#at;
    let end = start;
    while (end < this.#bytes.length && ENDS_WORD[this.#bytes[end] as number] === 0) end++;
    if (end - start > jsonTextBytesMax) return "wrong";
    if (end === this.#bytes.length) return "more";
    const word = this.#bytes.subarray(start, end);
    if (!isWord(word)) return "wrong";
    this.#hideWord(word, this.#mask());
    this.#at = end;
    return this.#valueIsOver();
  }

  #hideWord(word: Uint8Array, mask: CellMask | null): void {
    if (this.#hiddenFrom !== null || word[0] === NULL[0]) return;
    if (mask !== null) {
      const isNumber = word[0] !== TRUE && word[0] !== FALSE;
      this.#instead(word.length, isNumber ? written(mask.text(word)) : hiddenWhole(mask));
      this.tally.mask(mask.rule);
      return;
    }
    if (this.#rules.detect === null || word.length < numberScannedFrom) return;
    const scanned = this.#rules.detect.scan(word, this.#path.at(-1) ?? "");
    if (scanned === null) return;
    this.#instead(word.length, written(scanned.bytes));
    this.tally.found(scanned.findings);
  }

  #text(): Step {
    const isName = this.#next === "name" || this.#next === "first name";
    if (!isName && !this.#mayBeValue) return "wrong";
    const end = textEnd(this.#bytes, this.#at + 1);
    if ((end ?? this.#bytes.length) - this.#at > jsonTextBytesMax) {
      return isName ? "wrong" : this.#longText();
    }
    if (end === null) return isName ? "more" : this.#cutText();
    return isName ? this.#name(end) : this.#value(end);
  }

  #name(end: number): Step {
    const token = this.#bytes.subarray(this.#at, end);
    const known = this.#names.read(token);
    if (known === null) return "wrong";
    this.#path.length = this.#open.at(-1)?.names ?? 0;
    this.#path.push(known.name);
    this.#candidates = known.rules;
    this.#next = "colon";
    const { scanned } = known;
    if (scanned !== null && this.#hiddenFrom === null) {
      this.#instead(token.length, written(scanned.bytes));
      this.tally.found(scanned.findings);
    }
    this.#at = end;
    return "done";
  }

  #value(end: number): Step {
    const mask = this.#mask();
    const token = this.#bytes.subarray(this.#at, end);
    const shown = this.#hiddenFrom === null ? this.#shown(token, mask) : null;
    if (shown !== null) this.#instead(token.length, shown);
    this.#at = end;
    return this.#valueIsOver();
  }

  /** What stands for a text; null: it shows as it is. */
  #shown(token: Uint8Array, mask: CellMask | null): Uint8Array | null {
    if (mask === null && this.#rules.detect === null && !mayHoldDocument(token, this.#rules)) {
      return null;
    }
    const inside = decoded(token);
    if (mask !== null) {
      this.tally.mask(mask.rule);
      return inside === null ? hiddenWhole(mask) : written(mask.text(inside));
    }
    // What cannot be read cannot be looked through.
    if (inside === null) return REDACTED;
    return this.#document(inside) ?? this.#scanned(inside);
  }

  #scanned(inside: Uint8Array): Uint8Array | null {
    const scanned = this.#rules.detect?.scan(inside, this.#path.at(-1) ?? "") ?? null;
    if (scanned === null) return null;
    this.tally.found(scanned.findings);
    return written(scanned.bytes);
  }

  /** A document in a text, masked inside; null: it is none, or nothing in it is masked. */
  #document(inside: Uint8Array): Uint8Array | null {
    if (this.#rules.fields.empty || !beginsDocument(inside)) return null;
    if (this.#settings.nested >= jsonInTextMax) return REDACTED;
    const nested = this.#settings.nested + 1;
    const body = new JsonBody(this.#rules, { several: true, nested, path: this.#path });
    const [most, rest] = [body.push(inside), body.finish()];
    if (most === null || rest === null || body.tally.empty) return null;
    this.tally.add(body.tally);
    return written(concat([most, rest]));
  }

  /** The chunk ends in the text: it is held where it is read, else it passes or is left out. */
  #cutText(): Step {
    const mask = this.#mask();
    const reads = mask === null ? this.#isLookedAt() : !isWhole(mask);
    return reads ? "more" : this.#passText(mask, mask?.rule ?? null);
  }

  /** Too long to be held: what would be read of it is replaced. */
  #longText(): Step {
    const mask = this.#mask();
    const unread = this.#isLookedAt() ? TOO_LONG : null;
    return this.#passText(mask, mask?.rule ?? unread);
  }

  /** A text of which nothing is read any more; `why` it is replaced, null: it is not. */
  #passText(mask: CellMask | null, why: string | null): Step {
    if (why !== null) {
      this.#replace(mask === null ? REDACTED : hiddenWhole(mask));
      this.tally.mask(why);
    }
    this.#cut = { shows: why === null, escaped: false };
    this.#at++;
    return this.#goOn(this.#cut);
  }

  #isLookedAt(): boolean {
    if (this.#hiddenFrom !== null) return false;
    return (
      this.#rules.detect !== null || mayHoldDocument(this.#bytes.subarray(this.#at), this.#rules)
    );
  }

  /** Up to the text's end, or the chunk's. */
  #goOn(cut: Cut): Step {
    while (this.#at < this.#bytes.length) {
      const byte = this.#bytes[this.#at++];
      if (cut.escaped) cut.escaped = false;
      else if (byte === BACKSLASH) cut.escaped = true;
      else if (byte === QUOTE) {
        if (!cut.shows) this.#from = this.#at;
        this.#cut = null;
        return this.#valueIsOver();
      }
    }
    if (!cut.shows) this.#from = this.#at;
    return "done";
  }

  /** Lets pass what lies before `end`, unless it stands in something that is replaced. */
  #copyTo(end: number): void {
    if (this.#hiddenFrom === null && end > this.#from) {
      this.#parts.push(this.#bytes.subarray(this.#from, end));
    }
    this.#from = end;
  }

  #replace(by: Uint8Array): void {
    this.#copyTo(this.#at);
    this.#parts.push(by);
  }

  /** Something of that length, which begins here, is left out. */
  #instead(length: number, by: Uint8Array): void {
    this.#replace(by);
    this.#from = this.#at + length;
  }
}

const LINE = utf8("\n");
const RECORD_MARK = 0x1e;
const BYTE_ORDER_MARK = utf8("\u{feff}");
/** How the tally calls what was replaced because it was too long to be looked through. */
const TOO_LONG = "too-long";
/** The shortest thing that a detector finds in a number alone. */
const numberScannedFrom = 7;
const [TRUE, FALSE] = [0x74, 0x66];
