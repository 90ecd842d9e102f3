import { EMPTY } from "../../bytes.ts";
import { rowBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import type { CopyShape } from "../../sql/statement.ts";
import { maskCell, type PlannedColumn, type RowPlan } from "./cells.ts";
import type { CopyMasker } from "./copy.ts";
import { DATA, fieldCodec, Lexer, ROW_ENDS, type FieldCodec } from "./copy-fields.ts";
import { Growing } from "../../growing.ts";
import { Tally } from "../../tally.ts";
import { rewriteCell } from "./rows.ts";
import { Window } from "../../window.ts";

/**
 * COPY's text and CSV formats, field by field: what no rule touches goes through as it came, a
 * touched field is gathered up to `rowBytesMax`. A longer one is not held: its mask is that of
 * an empty value, and detectors overwrite in place what they find in it. A row leaves when it is
 * whole and has the fields of the plan, or when it is too large to hold.
 */
export class LineCopy implements CopyMasker {
  readonly tally = new Tally();
  readonly #columns: readonly PlannedColumn[];
  readonly #touched: readonly boolean[];
  readonly #masker: Masker;
  readonly #lexer: Lexer;
  readonly #codec: FieldCodec;
  /** What is ready, up to `#whole` in whole rows. */
  readonly #out = new Growing();
  #whole = 0;
  /** The present field's bytes of earlier payloads, when it is touched. */
  readonly #held = new Growing();
  #window: Window | null = null;
  #header: boolean;
  #index = 0;
  #doing: "gather" | "window" | "drop" = "gather";
  #rowOpen = false;

  constructor(shape: CopyShape, plan: RowPlan, masker: Masker) {
    this.#columns = plan.columns;
    this.#touched = plan.columns.map((column) => column.mask !== null || column.scan);
    this.#masker = masker;
    this.#lexer = new Lexer(shape);
    this.#codec = fieldCodec(shape);
    this.#header = shape.header;
  }

  push(payload: Uint8Array): Uint8Array | "malformed" {
    const { length } = payload;
    // Bytes before `passed` are in `#out`; the present field goes on at `field`.
    let passed = 0;
    let field = 0;
    let row = -1;
    let at = this.#lexer.plain(payload, 0);
    for (; at < length; at = this.#lexer.plain(payload, at)) {
      const is = this.#lexer.next(payload[at++] as number);
      if (is === DATA) continue;
      if (this.#isTouched()) passed = this.#finish(payload, passed, field, at - 1);
      field = at;
      if (!this.#next(is === ROW_ENDS)) return "malformed";
      if (is !== ROW_ENDS) continue;
      this.#out.append(payload, passed, at);
      passed = row = at;
      this.#whole = this.#out.length;
    }
    if (length > 0) this.#rowOpen = row !== length;
    const ready = this.#isTouched() ? field : length;
    this.#out.append(payload, passed, ready);
    this.#hold(payload, ready, length);
    return this.#take();
  }

  end(): Uint8Array | "malformed" {
    return this.#rowOpen ? "malformed" : EMPTY;
  }

  #take(): Uint8Array {
    if (this.#out.length - this.#whole > rowBytesMax) this.#whole = this.#out.length;
    const whole = this.#out.takeFirst(this.#whole);
    this.#whole = 0;
    return whole;
  }

  #isTouched(): boolean {
    return !this.#header && this.#touched[this.#index] === true;
  }

  /** A field is over. False: the row has other fields than the plan. */
  #next(rowEnds: boolean): boolean {
    if (this.#header) {
      this.#header = !rowEnds;
      return true;
    }
    this.#index++;
    const complete = this.#index === this.#columns.length;
    if (complete) this.#index = 0;
    return complete === rowEnds;
  }

  /**
   * The present field, a touched one, ends: its last bytes are `payload[start, end)`. Returns how
   * far the payload has been passed then.
   */
  #finish(payload: Uint8Array, passed: number, start: number, end: number): number {
    const column = this.#columns[this.#index] as PlannedColumn;
    const here = this.#doing === "gather" && this.#held.length === 0;
    if (here && end - start <= rowBytesMax) {
      const shown = this.#shown(payload.subarray(start, end), column);
      if (shown === null) return passed;
      this.#out.append(payload, passed, start);
      this.#out.put(shown);
      return end;
    }
    this.#out.append(payload, passed, start);
    this.#hold(payload, start, end);
    if (this.#doing === "window") this.#window?.finish(column.name, this.#out);
    if (this.#doing === "gather") {
      const raw = this.#held.take();
      this.#out.put(this.#shown(raw, column) ?? raw);
    }
    this.#doing = "gather";
    return end;
  }

  /** Some bytes of the present field, a touched one. */
  #hold(bytes: Uint8Array, start: number, end: number): void {
    if (start === end || this.#doing === "drop") return;
    const column = this.#columns[this.#index] as PlannedColumn;
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

  /** What is written in a field's place; null: it stays as it is. */
  #shown(raw: Uint8Array, column: PlannedColumn): Uint8Array | null {
    const { value, quoted } = this.#codec.decode(raw);
    const cell = rewriteCell(value, column, this.#masker, this.tally);
    if (cell === undefined) return null;
    // Whether the server quoted it tells what was in it.
    return this.#codec.encode({ value: cell, quoted: quoted && column.mask === null });
  }
}
