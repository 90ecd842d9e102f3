import { EMPTY } from "../../bytes.ts";
import { jsonTextBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Leaving } from "./leaving.ts";
import { Finder } from "./finder.ts";
import { Cut, type CutKind } from "./json-cut.ts";
import { JsonNames, type KnownName } from "./json-names.ts";
import {
  AFTER_DOCUMENT,
  AFTER_NAME,
  AFTER_VALUE,
  BREAKS,
  END,
  FIRST_ITEM,
  FIRST_NAME,
  NAME,
  NAMES,
  SEPARATOR,
  SEPARATORS,
  type Several,
  VALUE,
  VALUES,
} from "./json-next.ts";
import { JsonPlace } from "./json-place.ts";
import { JsonValues } from "./json-values.ts";
import {
  CLOSE,
  CLOSE_LIST,
  COLON,
  COMMA,
  isWhole,
  isWord,
  OPEN,
  OPEN_LIST,
  QUOTE,
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

type Settings = {
  readonly several: Several;
  /** The names that lead to the document, where it stands in a text of another. */
  readonly path: readonly string[];
  readonly nested: number;
  /** Of the document around it: the same names come again. */
  readonly names: JsonNames | null;
};

const MARK = [0xef, 0xbb, 0xbf];

export class JsonBody implements BodyMasker {
  readonly tally = new Tally();
  /** Whether a member's name has been read. */
  hasMembers = false;
  readonly #rules: BodyRules;
  readonly #settings: Settings;
  readonly #names: JsonNames;
  readonly #values: JsonValues;
  /** What stands between documents; -1: nothing of the kind. */
  readonly #separator: number;
  readonly #breaks: Finder | null;
  readonly #afterDocument: number;
  readonly #place: JsonPlace;
  #next: number;
  /** As many were open where a replaced object or list began; -1: nothing is replaced. */
  #hiddenFrom = -1;
  #failed = false;
  #isEmpty = true;
  /** So many bytes of a byte order mark have been read; all, once something else has. */
  #marked = 0;

  readonly #cut = new Cut();
  // The chunk at hand.
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  readonly #out = new Leaving();

  constructor(rules: BodyRules, settings: Partial<Settings> = {}) {
    this.#rules = rules;
    this.#settings = { several: "one", path: [], nested: 0, names: null, ...settings };
    const { several, path, nested, names } = this.#settings;
    this.#place = new JsonPlace(path);
    this.#names = names ?? new JsonNames(rules);
    this.#values = new JsonValues(rules, this.tally, nested, (inner) => this.#inner(inner));
    this.#afterDocument = AFTER_DOCUMENT[several];
    this.#separator = SEPARATORS[several];
    this.#breaks = BREAKS[several] < 0 ? null : new Finder(BREAKS[several]);
    this.#next = several === "sequence" ? SEPARATOR : VALUE;
  }

  #inner(path: readonly string[]): JsonBody {
    const nested = this.#settings.nested + 1;
    return new JsonBody(this.#rules, { several: "loose", nested, path, names: this.#names });
  }

  /** As if nothing had been read. What is known of names stays. */
  reset(): void {
    this.hasMembers = false;
    this.#next = this.#settings.several === "sequence" ? SEPARATOR : VALUE;
    this.#place.reset();
    this.#hiddenFrom = -1;
    this.#failed = false;
    this.#isEmpty = true;
    this.#marked = 0;
    this.#cut.become("nothing");
    this.#out.drop();
  }

  /** Whether a document may be over here, and none has begun. */
  get isBetween(): boolean {
    const between = this.#settings.several === "one" ? 0 : VALUE;
    const isOver = (this.#next & (SEPARATOR | END | between)) !== 0;
    return isOver && this.#place.depth === 0 && this.#cut.kind === "nothing";
  }

  /** What may leave now. Null: it is no JSON, or too deep, and nothing more of it may leave. */
  push(chunk: Uint8Array): Uint8Array | null {
    if (chunk.length > 0) this.#isEmpty = false;
    this.#begin(chunk);
    if (this.#failed || !this.#goOn() || !this.#steps()) return this.#fail();
    this.#bytes = EMPTY;
    return this.#out.take();
  }

  #begin(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#at = 0;
    this.#out.begin(chunk);
    this.#breaks?.begin(chunk);
  }

  /** What was still held. Null: the document has no end. Nothing at all has none and needs none. */
  finish(): Uint8Array | null {
    if (this.#failed) return null;
    if (this.#isEmpty) return EMPTY;
    // A number at the very end has nothing behind it that would end it.
    if (this.#cut.kind === "word" && !this.#cutEnds()) return this.#fail();
    return this.isBetween ? this.#out.take() : this.#fail();
  }

  #fail(): null {
    this.#failed = true;
    this.#out.drop();
    this.#cut.become("nothing");
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
      this.#out.instead(this.#at, this.#at, this.#values.whole(mask));
      this.#out.hidden = true;
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
      this.#out.skipTo(this.#at);
      this.#out.hidden = false;
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
    return !this.#out.hidden ? this.#place.mask(this.#rules.fields) : null;
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
    if (!this.#out.hidden && (mask !== null || this.#rules.detect !== null)) {
      const shown = this.#values.word(bytes, start, end, mask, this.#place.path);
      if (shown !== null) this.#out.instead(start, end, shown);
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
    if (this.#isBroken(start, end)) return false;
    const mask = this.#mask();
    if (!this.#out.hidden && (mask !== null || this.#values.looksInto(bytes, start + 1))) {
      const shown =
        (mask !== null && isWhole(mask)) || end - start > jsonTextBytesMax
          ? this.#values.whole(mask)
          : this.#values.text(bytes, start, end, mask, this.#place.path);
      if (shown !== null) this.#out.instead(start, end, shown);
    }
    return this.#valueIsOver(end);
  }

  #isBroken(start: number, end: number): boolean {
    return this.#breaks !== null && this.#breaks.next(start) < end;
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
    if (scanned !== null && !this.#out.hidden) {
      this.#out.instead(this.#at, end, scanned.instead);
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
    if (isRead && !this.#out.hidden) return this.#hold("text");
    if (mask !== null) this.#out.instead(start, bytes.length, this.#values.whole(mask));
    return this.#cutHere(mask === null ? "shown text" : "text left out");
  }

  #hold(kind: CutKind): boolean {
    this.#out.copyTo(this.#at);
    this.#out.skipTo(this.#bytes.length);
    return this.#cutHere(kind) && this.#mayHoldMore();
  }

  #cutHere(kind: CutKind): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    this.#cut.begin(kind, bytes, start);
    this.#at = bytes.length;
    return !this.#isBroken(start, bytes.length);
  }

  /** A text longer than the bound is replaced; a name or word is refused. */
  #mayHoldMore(): boolean {
    const { held, kind } = this.#cut;
    if (kind !== "text") return held.length <= jsonTextBytesMax;
    const mask = this.#mask();
    if (mask === null && !this.#values.looksInto(held, 1)) {
      this.#out.put(this.#cut.become("shown text"));
    } else if (held.length > jsonTextBytesMax) {
      this.#out.put(this.#values.whole(mask));
      this.#cut.become("text left out");
    }
    return true;
  }

  /** On with what the chunk before has cut. */
  #goOn(): boolean {
    const bytes = this.#bytes;
    const cut = this.#cut;
    if (cut.kind === "nothing" || bytes.length === 0) return true;
    const end = cut.goOn(bytes);
    this.#at = end < 0 ? bytes.length : end;
    if (this.#isBroken(0, this.#at)) return false;
    if (cut.kind !== "shown text") this.#out.skipTo(this.#at);
    return this.#mayHoldMore() && (end < 0 || this.#cutEnds());
  }

  /** The token that was cut is whole. */
  #cutEnds(): boolean {
    const { kind } = this.#cut;
    const token = this.#cut.become("nothing");
    if (kind === "name") return this.#heldName(token);
    if (kind === "word" && !isWord(token, 0, token.length)) return false;
    if (!this.#out.hidden && (kind === "word" || kind === "text")) {
      const { length } = token;
      const shown = this.#values[kind](token, 0, length, this.#mask(), this.#place.path);
      this.#out.put(shown ?? token);
    }
    return this.#valueIsOver(this.#at);
  }

  #heldName(token: Uint8Array): boolean {
    const known = this.#names.read(token, 0, token.length);
    if (known === null) return false;
    if (known.scanned === null && !this.#out.hidden) this.#out.put(token);
    return this.#nameIs(known, this.#at);
  }
}
