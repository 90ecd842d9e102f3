import type { Masker } from "../../masker.ts";
import type { CopyShape } from "../../sql/statement.ts";
import { planRow, type ColumnPlan } from "./cells.ts";
import { BinaryCopy } from "./copy-binary.ts";
import { LineCopy } from "./copy-lines.ts";
import type { Tally } from "../../tally.ts";
import { TEXT } from "./types.ts";

/** Masks what COPY TO STDOUT sends (manual, "COPY", File Formats), however its messages cut it. */
export interface CopyMasker {
  readonly tally: Tally;
  /** One CopyData's payload, or a part of one; what comes out is for a CopyData of its own. */
  push(payload: Uint8Array): Uint8Array | "malformed" | "too large";
  /** The server has said that this was all. */
  end(): Uint8Array | "malformed";
}

/**
 * Null: nothing of it is masked or scanned. Text of an unknown type is text; binary of one
 * becomes NULL.
 */
export function copyMasker(
  shape: CopyShape,
  columns: readonly ColumnPlan[],
  masker: Masker,
): CopyMasker | null {
  const binary = shape.format === "binary";
  const plan = planRow(
    columns.map((column) => ({
      ...column,
      format: binary ? 1 : 0,
      type: column.type === 0 && !binary ? TEXT : column.type,
    })),
  );
  if (!plan.touches) return null;
  return binary ? new BinaryCopy(plan, masker) : new LineCopy(shape, plan, masker);
}
