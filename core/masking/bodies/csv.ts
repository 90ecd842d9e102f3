import { concat, EMPTY, text } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { rowBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import {
  type Cells,
  cellsOf,
  delimiterOf,
  headerStart,
  plain,
  rowEnd,
  written,
} from "./csv-row.ts";
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
    const out: Uint8Array[] = [];
    if (this.#held.length > 0) out.push(this.#row(this.#held.take()));
    if (this.#failed || this.#inQuotes) return null;
    return concat([...out, this.#text.finish()]);
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
    const isHeld = this.#held.length > 0;
    if (isHeld) this.#held.append(chunk, start, end);
    const row = isHeld ? this.#held.take() : chunk.subarray(start, end);
    const shown = this.#row(row);
    if (isHeld || shown !== row) this.#out.instead(start, end, shown);
  }

  /** The row itself, where nothing of it is replaced. */
  #row(row: Uint8Array): Uint8Array {
    if (this.#columns === null) return this.#header(row);
    const end = rowEnd(row);
    if (end === 0) return row;
    const cells = cellsOf(row, 0, end, this.#delimiter);
    if (row.length > rowBytesMax || cells?.starts.length !== this.#columns.length) {
      this.#failed = true;
      return EMPTY;
    }
    return this.#cells(row, cells, this.#columns);
  }

  #cells(row: Uint8Array, { starts, ends }: Cells, columns: readonly Column[]): Uint8Array {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let i = 0; i < columns.length; i++) {
      const [at, to] = [starts[i] as number, ends[i] as number];
      const shown = this.#cell(row.subarray(at, to), columns[i] as Column);
      if (shown === null) continue;
      parts.push(row.subarray(from, at), written(shown, this.#delimiter));
      from = to;
    }
    return parts.length === 0 ? row : concat([...parts, row.subarray(from)]);
  }

  /** The header, if it is; a title, a remark or an empty line may stand before it. */
  #header(row: Uint8Array): Uint8Array {
    const [start, end] = [headerStart(row), rowEnd(row)];
    this.#delimiter = delimiterOf(row.subarray(start, end));
    const cells = cellsOf(row, start, end, this.#delimiter);
    const { fields } = this.#rules;
    if (cells === null && !fields.empty) this.#failed = true;
    const columns = (cells?.starts ?? []).map((at, i) => {
      const name = text(plain(row.subarray(at, cells?.ends[i]))).trim();
      return { name, mask: fields.mask(fields.named(name), [name]) };
    });
    if (cells !== null && columns.some(({ mask }) => mask !== null)) {
      this.#columns = columns;
      const header = columns.map(({ name }) => ({ name, mask: null }));
      return concat([this.#text.finish(), this.#cells(row, cells, header)]);
    }
    this.#isText = !REMARK.test(text(row)) && (cells?.starts.length ?? 0) > 1;
    return this.#text.push(row);
  }

  /** Null: it shows as it is. */
  #cell(cell: Uint8Array, { name, mask }: Column): Uint8Array | null {
    if (mask === null) return this.#texts.text(plain(cell), name);
    if (cell.length === 0) return null;
    this.tally.mask(mask.rule);
    return mask.text(plain(cell)) ?? EMPTY;
  }
}

/** Spreadsheets say the delimiter before all else. */
const REMARK = /^\u{feff}?(?:#|sep=.[\r\n])/iu;
