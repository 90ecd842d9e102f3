import type { SourceColumn } from "../masker.ts";
import type { Column, Value } from "./scope.ts";
import type { Question } from "./statement.ts";

/** What the walk finds besides the output columns. */
export type Findings = {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  readonly columns: Set<SourceColumn>;
  readonly unresolved: Set<string>;
  /** Functions called in attribute notation (`t.f`) and others that only resolution reveals. */
  readonly hiddenFunctions: Set<string>;
  /** Relations that are not plain tables, views or system relations. */
  readonly strange: Set<string>;
  /** Columns that decide which rows come back. */
  readonly filter: Set<Value>;
  /**
   * Columns that are compared with each other, or one with constants (`guesses` of them), by
   * equality alone.
   */
  readonly compared: { readonly values: readonly Value[]; readonly guesses: number }[];
  /** What is asked about in any other way: order, ranges, patterns, operations that may fail. */
  readonly judged: { readonly value: Value; readonly how: Question }[];
  /** What is summed, where the sum shows: each is a question. */
  readonly summed: Value[];
  /** What code that we do not read is given: it may put it anywhere. */
  readonly handed: Value[];
  /** What flows into tables, where it could be read back; `into`: the column that takes it. */
  readonly stored: (Column & { readonly into?: Value })[];
  /** Byte offsets of literals and parameters that meet a column, with that column's value. */
  readonly met: Map<number, Value>;
};

export const newFindings = (): Findings => ({
  reads: new Set(),
  writes: new Set(),
  columns: new Set(),
  unresolved: new Set(),
  hiddenFunctions: new Set(),
  strange: new Set(),
  filter: new Set(),
  compared: [],
  judged: [],
  summed: [],
  handed: [],
  stored: [],
  met: new Map(),
});
