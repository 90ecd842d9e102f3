import { concat, EMPTY, text } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { rowBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Cells, delimiterOf, headerStart, plain, rowEnd, written } from "./csv-row.ts";
import { Finder } from "./finder.ts";
import { Leaving } from "./leaving.ts";
import { TextBody } from "./text.ts";
import { Texts } from "./texts.ts";

const [LF, QUOTE] = [0x0a, 0x22];

type Column = { readonly name: string; readonly mask: CellMask | null };

/**
 * Comma-separated values (RFC 4180), row by row. The first row names the columns; where a rule
 * names none of them, what follows is looked through as text. Else each row must have the columns
 * of the first and no quote outside of quoted values, for a reader that splits it in another way
 * would find a masked column in another place.
 */
export class CsvBody implements BodyMasker {
  readonly tally: Tally;
  readonly #rules: BodyRules;
  readonly #texts: Texts;
  /** What earlier chunks had of the row at hand. */
  readonly #held = new Growing(0);
  readonly #out = new Leaving();
  readonly #heldOut = new Leaving();
  readonly #cells = new Cells();
  readonly #feeds = new Finder(LF);
  readonly #quotes = new Finder(QUOTE);
  #inQuotes = false;
  #columns: readonly Column[] | null = null;
  #delimiter = 0;
  /** No column is masked. */
  readonly #text: TextBody;
  #isText: boolean;
  #failed = false;

  constructor(rules: BodyRules) {
    this.#rules = rules;
    this.#text = new TextBody(rules);
    this.tally = this.#text.tally;
    this.#texts = new Texts(rules, this.tally);
    this.#isText = rules.fields.empty;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.#failed) return null;
    if (this.#isText) return this.#text.push(chunk);
    this.#out.begin(chunk);
    this.#feeds.begin(chunk);
    this.#quotes.begin(chunk);
    const from = this.#rowsOf(chunk);
    this.#out.copyTo(from);
    this.#out.skipTo(chunk.length);
    const out = this.#out.take();
    if (this.#isText) return concat([out, this.#text.push(chunk.subarray(from))]);
    this.#held.append(chunk, from, chunk.length);
    if (this.#held.length > rowBytesMax) this.#failed = true;
    return this.#failed ? null : out;
  }

  finish(): Uint8Array | null {
    const last = this.#failed || this.#held.length === 0 ? EMPTY : this.#heldRow();
    if (this.#failed || this.#inQuotes) return null;
    return concat([last, this.#text.finish()]);
  }

  /** Where what is still to be held, or to be read as text, begins. */
  #rowsOf(chunk: Uint8Array): number {
    let [row, from] = [0, 0];
    while (from < chunk.length && !this.#failed && !this.#isText) {
      const feed = this.#feeds.next(from);
      const end = Math.min(feed + 1, chunk.length);
      for (let at = this.#quotes.next(from); at < end; at = this.#quotes.next(at + 1)) {
        this.#inQuotes = !this.#inQuotes;
      }
      from = end;
      if (feed >= chunk.length || this.#inQuotes) continue;
      this.#rowIsOver(chunk, row, end);
      row = end;
    }
    return row;
  }

  #rowIsOver(chunk: Uint8Array, start: number, end: number): void {
    if (this.#held.length > 0) {
      this.#held.append(chunk, start, end);
      this.#out.instead(start, end, this.#heldRow());
    } else this.#row(chunk, start, end, this.#out);
  }

  #heldRow(): Uint8Array {
    const row = this.#held.take();
    this.#heldOut.begin(row);
    this.#row(row, 0, row.length, this.#heldOut);
    return this.#heldOut.take();
  }

  /** Replaces in `out` what is masked of it. */
  #row(bytes: Uint8Array, start: number, to: number, out: Leaving): void {
    const columns = this.#columns;
    if (columns === null) {
      this.#header(bytes, start, to, out);
      return;
    }
    const end = rowEnd(bytes, start, to);
    if (end === start) return;
    const isRead = this.#cells.read(bytes, start, end, this.#delimiter);
    if (!isRead || to - start > rowBytesMax || this.#cells.starts.length !== columns.length) {
      this.#failed = true;
    } else this.#show(bytes, columns, out);
  }

  #show(bytes: Uint8Array, columns: readonly Column[], out: Leaving): void {
    const { starts, ends } = this.#cells;
    for (let i = 0; i < columns.length; i++) {
      const [at, to] = [starts[i] as number, ends[i] as number];
      const shown = this.#cell(bytes, at, to, columns[i] as Column);
      if (shown !== null) out.instead(at, to, written(shown, this.#delimiter));
    }
  }

  /** The header, if it is; a title, a remark or an empty line may stand before it. */
  #header(bytes: Uint8Array, from: number, to: number, out: Leaving): void {
    const row = bytes.subarray(from, to);
    const [start, end] = [from + headerStart(row), rowEnd(bytes, from, to)];
    this.#delimiter = delimiterOf(bytes.subarray(start, end));
    const isRead = this.#cells.read(bytes, start, end, this.#delimiter);
    const { fields } = this.#rules;
    const columns = isRead ? this.#columnsOf(bytes) : [];
    if (columns.some(({ mask }) => mask !== null)) {
      this.#columns = columns;
      out.instead(from, from, this.#text.finish());
      this.#show(
        bytes,
        columns.map(({ name }) => ({ name, mask: null })),
        out,
      );
      return;
    }
    if (!isRead && !fields.empty) this.#failed = true;
    this.#isText = !REMARK.test(text(row)) && columns.length > 1;
    out.instead(from, to, this.#text.push(row));
  }

  #columnsOf(bytes: Uint8Array): readonly Column[] {
    const { fields } = this.#rules;
    return this.#cells.starts.map((at, i) => {
      const name = text(plain(bytes.subarray(at, this.#cells.ends[i]))).trim();
      return { name, mask: fields.mask(fields.named(name), [name]) };
    });
  }

  /** Null: it shows as it is. */
  #cell(bytes: Uint8Array, at: number, to: number, { name, mask }: Column): Uint8Array | null {
    if (mask === null) {
      const first = bytes[at] === QUOTE ? bytes[at + 1] : bytes[at];
      if (!this.#texts.mayReplace(first)) return null;
      return this.#texts.text(plain(bytes.subarray(at, to)), name);
    }
    if (at === to) return null;
    this.tally.mask(mask.rule);
    return mask.text(plain(bytes.subarray(at, to))) ?? EMPTY;
  }
}

/** Spreadsheets say the delimiter before all else. */
const REMARK = /^\u{feff}?(?:#|sep=.[\r\n])/iu;
