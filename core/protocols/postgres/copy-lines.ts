import { EMPTY } from "../../bytes.ts";
import { rowBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import type { CopyShape } from "../../sql/statement.ts";
import { maskCell, type PlannedColumn, type RowPlan } from "./cells.ts";
import type { CopyMasker } from "./copy.ts";
import { DATA, fieldCodec, Lexer, ROW_ENDS, type FieldCodec } from "./copy-fields.ts";
import { Growing } from "./growing.ts";
import { rewriteCell, Tally } from "./rows.ts";
import { Window } from "./window.ts";

/**
 * COPY's text and CSV formats, field by field: what no rule touches goes through as it came, a
 * touched field is gathered up to `rowBytesMax`. A longer one is not held: its mask is that of
 * an empty value, and detectors overwrite in place what they find in it.
 */
export class LineCopy implements CopyMasker {
  readonly tally = new Tally();
  readonly #columns: readonly PlannedColumn[];
  readonly #masker: Masker;
  readonly #lexer: Lexer;
  readonly #codec: FieldCodec;
  readonly #out = new Growing();
  readonly #held = new Growing();
  #window: Window | null = null;
  #header: boolean;
  #index = 0;
  #doing: "gather" | "window" | "drop" = "gather";
  #rowOpen = false;

  constructor(shape: CopyShape, plan: RowPlan, masker: Masker) {
    this.#columns = plan.columns;
    this.#masker = masker;
    this.#lexer = new Lexer(shape);
    this.#codec = fieldCodec(shape);
    this.#header = shape.header;
  }

  push(payload: Uint8Array): Uint8Array | "malformed" {
    let from = 0;
    for (let at = 0; at < payload.length; at++) {
      const byte = payload[at] as number;
      const is = this.#lexer.next(byte);
      this.#rowOpen = is !== ROW_ENDS;
      if (is === DATA) continue;
      this.#data(payload, from, at);
      if (!this.#fieldEnds(is === ROW_ENDS)) return "malformed";
      this.#out.putByte(byte);
      from = at + 1;
    }
    this.#data(payload, from, payload.length);
    return this.#out.take();
  }

  end(): Uint8Array | "malformed" {
    return this.#rowOpen ? "malformed" : EMPTY;
  }

  /** Some of the present field's bytes. A field too many shows nothing; its end is malformed. */
  #data(bytes: Uint8Array, start: number, end: number): void {
    const column = this.#columns[this.#index];
    if (this.#header || (column?.mask === null && !column.scan)) {
      this.#out.append(bytes, start, end);
      return;
    }
    if (column === undefined || this.#doing === "drop") return;
    if (this.#doing === "window") {
      this.#window?.push(bytes, start, end, column.name, this.#out);
      return;
    }
    this.#held.append(bytes, start, end);
    if (this.#held.length > rowBytesMax) this.#overflow(column);
  }

  #overflow(column: PlannedColumn): void {
    const held = this.#held.take();
    if (column.mask !== null) {
      this.#doing = "drop";
      this.tally.mask(column.mask.rule);
      const value = maskCell(EMPTY, column);
      this.#out.put(this.#codec.encode({ value, quoted: false }));
    } else {
      this.#doing = "window";
      this.#window ??= new Window(this.#masker, this.tally);
      this.#window.push(held, 0, held.length, column.name, this.#out);
    }
  }

  /** False: the row has other fields than the plan. */
  #fieldEnds(rowEnds: boolean): boolean {
    if (this.#header) {
      this.#header = !rowEnds;
      return true;
    }
    const column = this.#columns[this.#index];
    if (column === undefined) return false;
    if (column.mask !== null || column.scan) this.#finish(column);
    this.#index++;
    if (!rowEnds) return true;
    const complete = this.#index === this.#columns.length;
    this.#index = 0;
    return complete;
  }

  #finish(column: PlannedColumn): void {
    if (this.#doing === "window") this.#window?.finish(column.name, this.#out);
    if (this.#doing === "gather") this.#rewrite(this.#held.take(), column);
    this.#doing = "gather";
  }

  #rewrite(raw: Uint8Array, column: PlannedColumn): void {
    const { value, quoted } = this.#codec.decode(raw);
    const cell = value === null ? undefined : rewriteCell(value, column, this.#masker, this.tally);
    this.#out.put(cell === undefined ? raw : this.#codec.encode({ value: cell, quoted }));
  }
}
