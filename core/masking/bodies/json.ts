import { EMPTY } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { jsonTextBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { JsonNames, type KnownName } from "./json-names.ts";
import { JsonPlace } from "./json-place.ts";
import { JsonValues } from "./json-values.ts";
import {
  CLOSE,
  CLOSE_LIST,
  COLON,
  COMMA,
  isEscaped,
  isWhole,
  isWord,
  LINE_END,
  OPEN,
  OPEN_LIST,
  QUOTE,
  RECORD_MARK,
  SPACE,
  spaceMax,
  textEnd,
  wordEnd,
} from "./json-words.ts";

/*
 * JSON text (RFC 8259) that passes as it comes, cut anywhere: fields that a rule names are
 * replaced, names, texts and numbers are looked through by detectors, all else stays as it was,
 * byte for byte. What is no JSON is not guessed at: nothing more of it passes.
 *
 * Most bytes are looked at once, and no object is made for what stays.
 */

/**
 * How documents follow each other: just one; each on a line of its own (newline-delimited JSON);
 * each behind a mark (RFC 7464); or `loose`, one behind the other in any way.
 */
export type Several = "one" | "lines" | "sequence" | "loose";

type Settings = {
  readonly several: Several;
  /** The names that lead to the document, where it stands in a text of another. */
  readonly path: readonly string[];
  readonly nested: number;
  /** Of the document around it: the same names come again. */
  readonly names: JsonNames | null;
};

/** What may come next, a bit each; behind `[` and `{` their end as well. */
const [VALUE, FIRST_ITEM, FIRST_NAME, NAME] = [1, 2, 4, 8];
const [AFTER_NAME, AFTER_VALUE, SEPARATOR, END] = [16, 32, 64, 128];
const VALUES = VALUE | FIRST_ITEM;
const NAMES = FIRST_NAME | NAME;

const AFTER_DOCUMENT = { one: END, lines: SEPARATOR, sequence: SEPARATOR, loose: VALUE };
/** What stands between documents, and never in one. */
const SEPARATORS = { one: -1, lines: LINE_END, sequence: RECORD_MARK, loose: -1 };

/** What the chunk before ended in the middle of. */
type Cut = "nothing" | "shown text" | "text left out" | "text" | "name" | "word";

const MARK = [0xef, 0xbb, 0xbf];

export class JsonBody implements BodyMasker {
  readonly tally = new Tally();
  /** Whether a member's name has been read. */
  hasMembers = false;
  readonly #rules: BodyRules;
  readonly #settings: Settings;
  readonly #names: JsonNames;
  readonly #values: JsonValues;
  readonly #separator: number;
  readonly #afterDocument: number;
  readonly #place: JsonPlace;
  #next: number;
  /** As many were open where a replaced object or list began; -1: nothing is replaced. */
  #hiddenFrom = -1;
  #failed = false;
  #isEmpty = true;
  /** So many bytes of a byte order mark have been read; all, once something else has. */
  #marked = 0;

  #cut: Cut = "nothing";
  readonly #held = new Growing(0);
  /** The text was cut behind a backslash. */
  #escaped = false;

  // The chunk at hand: up to `#from` it has been copied or left out.
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  #from = 0;
  /** What leaves of the chunk, where it is not all of it. */
  readonly #out = new Growing(0);
  /** Where the next separator is, as far as has been looked. */
  #separatorAt = -1;

  constructor(rules: BodyRules, settings: Partial<Settings> = {}) {
    this.#rules = rules;
    this.#settings = { several: "one", path: [], nested: 0, names: null, ...settings };
    const { several, path, nested, names } = this.#settings;
    this.#place = new JsonPlace(path);
    this.#names = names ?? new JsonNames(rules);
    this.#values = new JsonValues(rules, this.tally, nested, (inner) => this.#inner(inner));
    this.#afterDocument = AFTER_DOCUMENT[several];
    this.#separator = SEPARATORS[several];
    this.#next = several === "sequence" ? SEPARATOR : VALUE;
  }

  #inner(path: readonly string[]): JsonBody {
    const nested = this.#settings.nested + 1;
    return new JsonBody(this.#rules, { several: "loose", nested, path, names: this.#names });
  }

  /** What may leave now. Null: it is no JSON, or too deep, and nothing more of it may leave. */
  push(chunk: Uint8Array): Uint8Array | null {
    if (chunk.length > 0) this.#isEmpty = false;
    this.#bytes = chunk;
    this.#at = 0;
    this.#from = 0;
    this.#separatorAt = -1;
    if (this.#failed || !this.#goOn() || !this.#steps()) return this.#fail();
    return this.#leaves();
  }

  #leaves(): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = EMPTY;
    if (this.#hiddenFrom < 0 && this.#from < bytes.length) {
      if (this.#out.length === 0) return bytes.subarray(this.#from);
      this.#out.append(bytes, this.#from, bytes.length);
    }
    return this.#out.take();
  }

  /** What was still held. Null: the document has no end. Nothing at all has none and needs none. */
  finish(): Uint8Array | null {
    if (this.#failed) return null;
    if (this.#isEmpty) return EMPTY;
    // A number at the very end has nothing behind it that would end it.
    if (this.#cut === "word" && !this.#heldWord()) return this.#fail();
    const between = this.#settings.several === "one" ? 0 : VALUE;
    const isOver = (this.#next & (SEPARATOR | END | between)) !== 0;
    if (!isOver || this.#place.depth > 0 || this.#cut !== "nothing") return this.#fail();
    return this.#out.take();
  }

  #fail(): null {
    this.#failed = true;
    this.#out.take();
    this.#held.take();
    this.#bytes = EMPTY;
    return null;
  }

  /** False: it is no JSON; so do all the steps say. */
  #steps(): boolean {
    const bytes = this.#bytes;
    while (this.#marked < MARK.length && this.#at < bytes.length) if (!this.#mark()) return false;
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at] as number;
      if (byte === QUOTE) {
        if (!this.#text()) return false;
      } else if (byte <= spaceMax) {
        if (!this.#space(byte)) return false;
      } else if (!this.#sign(byte)) return false;
    }
    return true;
  }

  /** A byte order mark at the very beginning, which some writers set. */
  #mark(): boolean {
    if (this.#bytes[this.#at] === MARK[this.#marked]) {
      this.#at++;
      this.#marked++;
      return true;
    }
    const may = this.#marked === 0;
    this.#marked = MARK.length;
    return may;
  }

  #space(byte: number): boolean {
    if (byte === this.#separator) {
      if (this.#place.depth > 0 || (this.#next & (SEPARATOR | VALUE)) === 0) return false;
      this.#next = VALUE;
    } else if (SPACE[byte] === 0) return false;
    this.#at++;
    return true;
  }

  #sign(byte: number): boolean {
    switch (byte) {
      case COMMA:
        if (this.#next !== AFTER_VALUE) return false;
        this.#next = this.#place.inObject ? NAME : VALUE;
        this.#at++;
        return true;
      case COLON:
        if (this.#next !== AFTER_NAME) return false;
        this.#next = VALUE;
        this.#at++;
        return true;
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

  #opens(isObject: boolean): boolean {
    if ((this.#next & VALUES) === 0) return false;
    const mask = this.#mask();
    if (mask !== null) {
      this.#instead(this.#at, this.#values.whole(mask));
      this.#hiddenFrom = this.#place.depth;
    }
    this.#next = isObject ? FIRST_NAME : FIRST_ITEM;
    this.#at++;
    return this.#place.open(isObject);
  }

  #closes(isObject: boolean): boolean {
    const may = AFTER_VALUE | (isObject ? FIRST_NAME : FIRST_ITEM);
    if ((this.#next & may) === 0 || !this.#place.close(isObject)) return false;
    this.#at++;
    if (this.#place.depth === this.#hiddenFrom) {
      this.#from = this.#at;
      this.#hiddenFrom = -1;
    }
    return this.#valueIsOver(this.#at);
  }

  /** It went up to `end`. */
  #valueIsOver(end: number): true {
    const place = this.#place;
    place.valueIsOver();
    if (place.depth > 0 && this.#bytes[end] === COMMA) {
      this.#next = place.inObject ? NAME : VALUE;
      this.#at = end + 1;
      return true;
    }
    this.#next = place.depth > 0 ? AFTER_VALUE : this.#afterDocument;
    this.#at = end;
    return true;
  }

  /** The mask of the value that follows; null also inside of what is replaced. */
  #mask(): CellMask | null {
    return this.#hiddenFrom < 0 ? this.#place.mask(this.#rules.fields) : null;
  }

  /** A number, true, false or null. */
  #word(): boolean {
    if ((this.#next & VALUES) === 0) return false;
    const bytes = this.#bytes;
    const start = this.#at;
    const end = wordEnd(bytes, start);
    if (end === bytes.length) return this.#hold("word");
    if (end - start > jsonTextBytesMax || !isWord(bytes, start, end)) return false;
    const mask = this.#mask();
    if (this.#hiddenFrom < 0 && (mask !== null || this.#rules.detect !== null)) {
      const shown = this.#values.word(bytes.subarray(start, end), mask, this.#place.path);
      if (shown !== null) this.#instead(end, shown);
    }
    return this.#valueIsOver(end);
  }

  #text(): boolean {
    if ((this.#next & NAMES) !== 0) return this.#name();
    if ((this.#next & VALUES) === 0) return false;
    const bytes = this.#bytes;
    const start = this.#at;
    const end = textEnd(bytes, start + 1);
    if (end < 0) return this.#cutText();
    if (this.#separator >= 0 && this.#crosses(start, end)) return false;
    const mask = this.#mask();
    if (this.#hiddenFrom < 0 && (mask !== null || this.#values.looksInto(bytes, start + 1))) {
      const shown =
        (mask !== null && isWhole(mask)) || end - start > jsonTextBytesMax
          ? this.#values.whole(mask)
          : this.#values.text(bytes.subarray(start, end), mask, this.#place.path);
      if (shown !== null) this.#instead(end, shown);
    }
    return this.#valueIsOver(end);
  }

  #name(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const guessed = this.#names.guess(bytes, start);
    if (guessed !== null) return this.#nameIs(guessed, start + guessed.token.length);
    const end = textEnd(bytes, start + 1);
    if (end < 0) return this.#hold("name");
    if (end - start > jsonTextBytesMax) return false;
    const known = this.#names.read(bytes, start, end);
    return known !== null && this.#nameIs(known, end);
  }

  #nameIs(known: KnownName, end: number): true {
    const { scanned } = known;
    this.#place.name(known);
    this.hasMembers = true;
    if (scanned !== null && this.#hiddenFrom < 0) {
      this.#instead(end, scanned.instead);
      this.tally.found(scanned.findings);
    }
    const isFollowed = this.#bytes[end] === COLON;
    this.#next = isFollowed ? VALUE : AFTER_NAME;
    this.#at = isFollowed ? end + 1 : end;
    return true;
  }

  /** The chunk ends in a text: it is held where it is read, else it passes or is left out. */
  #cutText(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const mask = this.#mask();
    const isRead = mask === null ? this.#values.looksInto(bytes, start + 1) : !isWhole(mask);
    if (isRead && this.#hiddenFrom < 0) return this.#hold("text");
    if (mask !== null) this.#instead(bytes.length, this.#values.whole(mask));
    this.#cut = mask === null ? "shown text" : "text left out";
    return this.#cutHere(start);
  }

  #hold(cut: Cut): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    this.#copyTo(start);
    this.#cut = cut;
    this.#held.append(bytes, start, bytes.length);
    this.#from = bytes.length;
    if (cut === "word") {
      this.#at = bytes.length;
      return this.#held.length <= jsonTextBytesMax;
    }
    return this.#cutHere(start) && this.#mayHoldMore();
  }

  #cutHere(start: number): boolean {
    this.#at = this.#bytes.length;
    this.#escaped = isEscaped(this.#bytes, start + 1, this.#at);
    return this.#separator < 0 || !this.#crosses(start, this.#at);
  }

  /** What is longer than the bound is replaced; a name is refused. */
  #mayHoldMore(): boolean {
    if (this.#cut === "text" && this.#hiddenFrom < 0) {
      const held = this.#held.bytes.subarray(0, this.#held.length);
      const mask = this.#mask();
      if (mask === null && !this.#values.looksInto(held, 1)) {
        this.#out.put(this.#held.take());
        this.#cut = "shown text";
      } else if (held.length > jsonTextBytesMax) {
        this.#out.put(this.#values.whole(mask));
        this.#held.take();
        this.#cut = "text left out";
      }
    }
    return this.#held.length <= jsonTextBytesMax;
  }

  /** On with what the chunk before has cut. */
  #goOn(): boolean {
    const bytes = this.#bytes;
    if (this.#cut === "nothing" || bytes.length === 0) return true;
    if (this.#cut === "word") {
      const end = wordEnd(bytes, 0);
      this.#take(end);
      if (this.#held.length > jsonTextBytesMax) return false;
      return end === bytes.length || this.#heldWord();
    }
    const from = this.#escaped ? 1 : 0;
    const end = textEnd(bytes, from);
    const to = end < 0 ? bytes.length : end;
    if (this.#separator >= 0 && this.#crosses(0, to)) return false;
    if (end < 0) this.#escaped = isEscaped(bytes, from, to);
    if (this.#cut === "text" || this.#cut === "name") this.#take(to);
    else if (this.#cut === "text left out") this.#from = to;
    this.#at = to;
    return this.#mayHoldMore() && (end < 0 || this.#cutEnds(to));
  }

  /** Keeps what the chunk goes on with, up to `end`. */
  #take(end: number): void {
    this.#held.append(this.#bytes, 0, end);
    this.#at = end;
    this.#from = end;
  }

  #heldWord(): boolean {
    const word = this.#held.take();
    this.#cut = "nothing";
    if (!isWord(word, 0, word.length)) return false;
    if (this.#hiddenFrom < 0) {
      this.#out.put(this.#values.word(word, this.#mask(), this.#place.path) ?? word);
    }
    return this.#valueIsOver(this.#at);
  }

  #cutEnds(end: number): boolean {
    const [cut, token] = [this.#cut, this.#held.take()];
    this.#cut = "nothing";
    if (cut === "name") {
      const known = this.#names.read(token, 0, token.length);
      if (known === null) return false;
      if (known.scanned === null && this.#hiddenFrom < 0) this.#out.put(token);
      return this.#nameIs(known, end);
    }
    if (cut === "text") {
      this.#out.put(this.#values.text(token, this.#mask(), this.#place.path) ?? token);
    }
    return this.#valueIsOver(end);
  }

  /** Whether a separator stands there. */
  #crosses(start: number, end: number): boolean {
    if (this.#separatorAt < start) {
      const at = this.#bytes.indexOf(this.#separator, start);
      this.#separatorAt = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#separatorAt < end;
  }

  /** Lets pass what lies before `end`, unless it stands in something that is replaced. */
  #copyTo(end: number): void {
    if (this.#hiddenFrom < 0) this.#out.append(this.#bytes, this.#from, end);
    this.#from = end;
  }

  /** What begins here and goes to `end` is left out. */
  #instead(end: number, by: Uint8Array): void {
    if (this.#out.length === 0) this.#out.reserve(this.#bytes.length);
    this.#copyTo(this.#at);
    this.#out.put(by);
    this.#from = end;
  }
}
