import { EMPTY, i32, putU16, text as asText, u16, utf8 } from "../../bytes.ts";
import type { Masker } from "../../masker.ts";
import { scanCell, type PlannedColumn, type RowPlan } from "./cells.ts";
import { Growing } from "../../growing.ts";
import { Tally } from "../../tally.ts";
import { Window, windowBytes } from "../../window.ts";

/*
 * A row too large to hold (CONTRACTS §7). Its length went ahead of it, so every cell keeps its
 * length: a masked one becomes a value of its type padded to that length, what detectors find is
 * overwritten in place.
 */

const STAR = 0x2a;
const ZERO = 0x30;
const SPACE = 0x20;
const QUOTE = 0x22;
/** Numbers, addresses, positions: these go on with zeros, not every one takes spaces behind it. */
const ZEROS = /^[0./]+$/;
const BYTEA_PREFIX = utf8("\\x");

/** Whether every masked column has a filler of any length that its values can have. */
export const streamable = (plan: RowPlan): boolean =>
  plan.columns.every((column) => column.mask === null || hasFiller(column));

function hasFiller({ how, format }: PlannedColumn): boolean {
  switch (how.is) {
    case "array":
    case "unknown":
      return false;
    case "jsonb":
      return format === 0;
    case "other":
      return format === 0 || how.fixed;
    default:
      return true;
  }
}

/**
 * A value of some length: `head`, then `body` over and over, then `last` in place of its
 * last byte.
 */
type Filler = { readonly head: Uint8Array; readonly body: number; readonly last: number | null };

/** Where the type has no text so short (an `infinity` of eight letters), asterisks. */
function fillerFor(column: PlannedColumn, length: number): Filler {
  const { how, format } = column;
  if (how.is === "text") return { head: EMPTY, body: STAR, last: null };
  if (how.is === "json" || how.is === "jsonb") return jsonFiller(length);
  if (how.is === "bytea" && format === 0) {
    const hexForm = length >= 2 && length % 2 === 0;
    return { head: hexForm ? BYTEA_PREFIX : EMPTY, body: ZERO, last: null };
  }
  if (format === 1) return binaryFiller(column, length);
  const { text } = how;
  if (text.length > length) return { head: EMPTY, body: STAR, last: null };
  return { head: text, body: ZEROS.test(asText(text)) ? ZERO : SPACE, last: null };
}

function jsonFiller(length: number): Filler {
  if (length < 2) return { head: EMPTY, body: ZERO, last: null };
  return { head: Uint8Array.of(QUOTE), body: STAR, last: QUOTE };
}

function binaryFiller({ how }: PlannedColumn, length: number): Filler {
  if (how.is === "numeric" && length >= 8) {
    const head = new Uint8Array(2);
    putU16(head, 0, (length - 8) >> 1);
    return { head, body: 0, last: null };
  }
  return { head: how.binary.length === length ? how.binary : EMPTY, body: 0, last: null };
}

/** What happens to the bytes of the present cell. */
type Doing = "copy" | "fill" | "window" | "gather";

export class RowStream {
  readonly tally = new Tally();
  readonly #plan: RowPlan;
  readonly #masker: Masker;
  readonly #out = new Growing();
  readonly #field = new Uint8Array(4);
  #fieldFilled = 0;
  #window: Window | null = null;
  #gathered: Uint8Array = EMPTY;
  /** Bytes of the row still to come. */
  #left: number;
  /** -1: the number of columns has not come yet. */
  #index = -1;
  #cell = { length: 0, at: 0, doing: "copy" as Doing, filler: null as Filler | null };

  /** `length`: bytes of the row from its number of columns on; infinite when nobody has said. */
  constructor(plan: RowPlan, masker: Masker, length: number) {
    this.#plan = plan;
    this.#masker = masker;
    this.#left = length;
  }

  get done(): boolean {
    return this.#index === this.#plan.columns.length && this.#cell.at === this.#cell.length;
  }

  push(chunk: Uint8Array): Uint8Array | "malformed" {
    return this.consume(chunk) === chunk.length ? this.take() : "malformed";
  }

  take(): Uint8Array {
    return this.#out.take();
  }

  /** Reads to the end of the chunk or of the row, and says how far; -1: malformed. */
  consume(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && !this.done) {
      const { length, at: within } = this.#cell;
      if (within < length) {
        const next = Math.min(chunk.length, at + length - within);
        this.#pass(chunk, at, next);
        at = next;
        continue;
      }
      this.#field[this.#fieldFilled++] = chunk[at++] as number;
      if (this.#fieldFilled === (this.#index < 0 ? 2 : 4) && !this.#begin()) return -1;
    }
    this.#left -= at;
    const over = this.done ? Number.isFinite(this.#left) && this.#left !== 0 : this.#left <= 0;
    return over ? -1 : at;
  }

  /** The number of columns, or a cell's length, is complete. */
  #begin(): boolean {
    this.#out.append(this.#field, 0, this.#fieldFilled);
    this.#fieldFilled = 0;
    if (this.#index < 0) {
      this.#index = 0;
      return u16(this.#field, 0) === this.#plan.columns.length;
    }
    const length = i32(this.#field, 0);
    const column = this.#plan.columns[this.#index++] as PlannedColumn;
    if (length < -1 || length > this.#left) return false;
    const doing = length > 0 ? this.#doing(column, length) : "copy";
    const filler = doing === "fill" ? fillerFor(column, length) : null;
    if (column.mask !== null && length >= 0) this.tally.mask(column.mask.rule);
    if (doing === "gather") this.#gathered = new Uint8Array(length);
    this.#cell = { length: Math.max(0, length), at: 0, doing, filler };
    return true;
  }

  #doing(column: PlannedColumn, length: number): Doing {
    if (column.mask !== null) return "fill";
    if (!column.scan) return "copy";
    const number = column.how.scans === "digits" && column.how.is !== "array";
    return number && length <= windowBytes(this.#masker) ? "gather" : "window";
  }

  #pass(chunk: Uint8Array, start: number, end: number): void {
    const cell = this.#cell;
    const column = this.#plan.columns[this.#index - 1] as PlannedColumn;
    const from = cell.at;
    cell.at += end - start;
    const over = cell.at === cell.length;
    if (cell.doing === "copy") this.#out.append(chunk, start, end);
    else if (cell.doing === "fill") this.#fill(cell.filler as Filler, from, cell.at, cell.length);
    else if (cell.doing === "gather") {
      this.#gathered.set(chunk.subarray(start, end), from);
      if (over) this.#scanGathered(column);
    } else {
      this.#window ??= new Window(this.#masker, this.tally);
      this.#window.push(chunk, start, end, column.name, this.#out);
      if (over) this.#window.finish(column.name, this.#out);
    }
  }

  /** Bytes `[from, to)` of a filler of `length` bytes. */
  #fill({ head, body, last }: Filler, from: number, to: number, length: number): void {
    const out = this.#out;
    out.reserve(to - from);
    const begin = out.length;
    out.length += to - from;
    out.bytes.fill(body, begin, out.length);
    if (from < head.length) out.bytes.set(head.subarray(from, Math.min(to, head.length)), begin);
    if (last !== null && to === length) out.bytes[out.length - 1] = last;
  }

  /** A number: what looks like a card's becomes zero. */
  #scanGathered(column: PlannedColumn): void {
    const cell = this.#gathered;
    this.#gathered = EMPTY;
    const found = scanCell(cell, column, this.#masker);
    if (found === null) this.#out.put(cell);
    else {
      this.tally.found(found.findings);
      const filler = fillerFor(column, cell.length);
      this.#fill(filler, 0, cell.length, cell.length);
    }
  }
}
