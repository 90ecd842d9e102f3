import { utf8 } from "../../bytes.ts";
import type { Overwritten } from "../../command.ts";
import type { CellMask, Masker } from "../../masker.ts";
import type { Assigned, Statement } from "../../sql/statement.ts";
import { copyMasker, type CopyMasker } from "./copy.ts";
import { isPlaceholder, named } from "./placeholders.ts";
import { TEXT } from "./types.ts";

const NEWLINE = utf8("\n");
const RETURN = 0x0d;

/**
 * Looks in the data of a COPY FROM STDIN for the placeholder of a mask in a column that has it.
 * What masks a COPY TO STDOUT takes the data apart; here its masks only look.
 */
export class CopyGuard {
  /** The first column that a mask would be written over. */
  found: Overwritten | null = null;
  readonly #reader: CopyMasker | null;
  readonly #binary: boolean;
  /** What the server will not take either is not read on. */
  #lost = false;

  constructor(
    shape: NonNullable<Statement["copy"]>,
    assigned: readonly Assigned[],
    fields: number,
    masker: Masker,
  ) {
    this.#binary = shape.format === "binary";
    const columns = Array.from({ length: fields }, (_, i) => {
      const into = assigned.filter(({ value }) => value === i + 1);
      const mask = into.length === 0 ? null : this.#looking(into, masker, i + 1 === fields);
      return { name: "", type: TEXT, format: 0 as const, mask, scan: false };
    });
    this.#reader = copyMasker(shape, columns, masker);
  }

  push(data: Uint8Array): void {
    if (this.#lost || this.found !== null || this.#reader === null) return;
    this.#lost = typeof this.#reader.push(data) === "string";
  }

  /** The last line may end without a newline. */
  end(): void {
    if (!this.#binary) this.push(NEWLINE);
  }

  /** A mask that is told each value of a field. */
  #looking(into: readonly Assigned[], masker: Masker, last: boolean): CellMask {
    const look = (value: Uint8Array): null => {
      // Lines may end as on Windows.
      const ended = last && !this.#binary && value.at(-1) === RETURN;
      const cell = ended ? value.subarray(0, -1) : value;
      for (const one of into) {
        const mask = masker.source(one.column);
        if (mask === null || !isPlaceholder(cell, one.type, this.#binary ? 1 : 0, mask)) continue;
        this.found ??= named(one, mask);
      }
      return null;
    };
    return { rule: "", technique: "redact", text: look, isPlaceholder: () => false };
  }
}

/** Null: nothing that it fills is masked, or its format is not known. */
export function copyGuard(
  statement: Statement | null,
  fields: number,
  masker: Masker,
): CopyGuard | null {
  if (statement === null || statement.copy === null || statement.assigned.length === 0) return null;
  return new CopyGuard(statement.copy, statement.assigned, fields, masker);
}
