import { i32, putU32, u16 } from "../../bytes.ts";
import type { Masker } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import { maskCell, maskNull, scanCell, type PlannedColumn, type RowPlan } from "./cells.ts";
import { Growing } from "../../growing.ts";
import { maskInside } from "./inside.ts";

/*
 * The hot path: DataRow messages (manual, "Message Formats") rewritten into one reused buffer.
 * `'D' · i32 length · u16 columns · (i32 length, -1 for NULL · bytes)*`
 */

const COPY_DATA = 0x64;

/** A cell as the client may see it: `undefined` as it came, null as SQL NULL. */
export function rewriteCell(
  cell: Uint8Array | null,
  column: PlannedColumn,
  masker: Masker,
  tally: Tally,
): Uint8Array | null | undefined {
  const { mask, inside } = column;
  if (cell === null) return hidesNull(column) ? maskNull(column) : undefined;
  if (inside !== undefined) {
    const shown = maskInside(cell, inside, column);
    if (shown !== null) {
      for (const rule of inside.rules) tally.mask(rule);
      return scanned(shown, column, masker, tally) ?? shown;
    }
  }
  if (mask === null) return scanned(cell, column, masker, tally);
  tally.mask(mask.rule);
  return maskCell(cell, column);
}

/** There is no document: that says nothing about what would be in it. */
const hidesNull = ({ mask, inside }: PlannedColumn): boolean =>
  mask?.whole === true && inside === undefined;

function scanned(
  cell: Uint8Array,
  column: PlannedColumn,
  masker: Masker,
  tally: Tally,
): Uint8Array | null | undefined {
  const found = column.scan ? scanCell(cell, column, masker) : null;
  if (found === null) return undefined;
  tally.found(found.findings);
  return found.bytes;
}

/**
 * Appends the cells at `bytes[start, end)` (`u16 columns` and what follows) to `out`, rewritten.
 * False: they are not as the plan says; what was appended is then worth nothing.
 */
export function rewriteCells(
  bytes: Uint8Array,
  start: number,
  end: number,
  plan: RowPlan,
  out: Growing,
  masker: Masker,
  tally: Tally,
): boolean {
  if (start + 2 > end || u16(bytes, start) !== plan.columns.length) return false;
  let copied = start;
  let at = start + 2;
  for (const column of plan.columns) {
    if (at + 4 > end) return false;
    const length = i32(bytes, at);
    const next = at + 4 + Math.max(0, length);
    if (length < -1 || next > end) return false;
    const touched = column.mask !== null || column.scan;
    if (touched && (length >= 0 || hidesNull(column))) {
      const given = length < 0 ? null : bytes.subarray(at + 4, next);
      const cell = rewriteCell(given, column, masker, tally);
      if (cell !== undefined) {
        out.append(bytes, copied, at);
        out.putI32(cell === null ? -1 : cell.length);
        if (cell !== null) out.put(cell);
        copied = next;
      }
    }
    at = next;
  }
  out.append(bytes, copied, end);
  return at === end;
}

export class RowWriter {
  readonly tally = new Tally();
  readonly #masker: Masker;
  readonly #out = new Growing();

  constructor(masker: Masker) {
    this.#masker = masker;
  }

  /** Whole DataRow messages, one after another. False: one is malformed, the session ends. */
  rows(run: Uint8Array, plan: RowPlan): boolean {
    let at = 0;
    while (at < run.length) {
      if (at + 5 > run.length) return false;
      const end = at + 1 + i32(run, at + 1);
      if (end <= at || end > run.length || !this.row(run, at, end, plan)) return false;
      at = end;
    }
    return true;
  }

  /** The DataRow message at `bytes[start, end)`. False: malformed, nothing of it was written. */
  row(bytes: Uint8Array, start: number, end: number, plan: RowPlan): boolean {
    const out = this.#out;
    const begin = out.length;
    if (start + 7 > end) return false;
    out.append(bytes, start, start + 5);
    if (!rewriteCells(bytes, start + 5, end, plan, out, this.#masker, this.tally)) {
      out.length = begin;
      return false;
    }
    putU32(out.bytes, begin + 1, out.length - begin - 1);
    return true;
  }

  /** A CopyData message of its own: `'d' · i32 length · payload`. */
  copyData(payload: Uint8Array): void {
    this.#out.putByte(COPY_DATA);
    this.#out.putI32(payload.length + 4);
    this.#out.put(payload);
  }

  /** Copies bytes through, so that a chunk stays one piece. */
  append(bytes: Uint8Array, start: number, end: number): void {
    this.#out.append(bytes, start, end);
  }

  /** Everything written since the last take, contiguous, the caller's own. */
  take(): Uint8Array {
    return this.#out.take();
  }
}
