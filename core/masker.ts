/**
 * Masking as engines see it: rules already compiled for one principal and one resource. A masker
 * knows no wire; an engine asks it about a column, then about a cell's text. It never reports a
 * value that it masked.
 */

import type { Tally } from "./tally.ts";

export type TechniqueName = "redact" | "partial" | "null" | "hash" | "tokenise";

/** A column of the target, by its real name whatever the statement calls it. */
export type SourceColumn = {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
};

/** How one output column is masked. */
export type CellMask = {
  readonly rule: string;
  readonly technique: TechniqueName;
  /** NULL is masked as well: in what is made from values, whether it is NULL tells about them. */
  readonly whole?: true;
  /** UTF-8 in, UTF-8 out; null stands for SQL NULL. Total, deterministic per rule and value. */
  text(value: Uint8Array): Uint8Array | null;
  /** A text that the mask may have written: whoever writes it back would write over a value. */
  isPlaceholder(value: Uint8Array): boolean;
};

/** What a detector found: its kind and how often, never the value. */
export type Finding = { readonly kind: string; readonly count: number };

export type Scanned = { readonly bytes: Uint8Array; readonly findings: readonly Finding[] };

/** What a statement may ask about a masked column besides showing it masked. */
export type Predicates = "deny" | "equality" | "allow";

/** What comes of all the values of a column at once; `sum`: averages as well. */
export type Aggregate = "count" | "distinct count" | "sum";

export interface Masker {
  /** No rule can touch anything: the engine forwards every byte as it came. */
  readonly idle: boolean;
  /** Some rule runs detectors over text cells. */
  readonly detects: boolean;
  /** The mask of a source column shown as it is, or null when no rule names it. */
  source(column: SourceColumn): CellMask | null;
  /** What may be asked about a source column; `allow` when no rule names it. */
  asks(column: SourceColumn): Predicates;
  /**
   * Whether this aggregate of a masked column shows: the mask tells as much of each value, or its
   * rules let it. False when no rule names the column.
   */
  tells(column: SourceColumn, by: Aggregate): boolean;
  /** The mask that an output column's *name* asks for (rules such as `*.ssn`), or null. */
  output(name: string): CellMask | null;
  /**
   * The mask of a value derived from masked columns, or of one whose origin is unknown: nothing of
   * it shows (`redact` under the rule's id; a rule of `null` stays `null`).
   */
  whole(rule: string): CellMask;
  /** Of some column nothing may be asked. */
  readonly denies: boolean;
  /** Some rule masks a column of this resource: what is opaque must then be masked whole. */
  readonly hidesColumns: boolean;
  /** The rule that stands in when an opaque value must be masked and no single rule is to blame. */
  readonly opaqueRule: string;
  /** Detectors over one cell's UTF-8 text. Null: nothing found, forward the very bytes. */
  scan(cell: Uint8Array, column: string): Scanned | null;
  /**
   * Detectors over a window of a cell too large to hold: hits are overwritten in place, same
   * length.
   */
  scanInPlace(window: Uint8Array, column: string): readonly Finding[];
  /** The longest run, in bytes, that a detector needs to see whole: windows overlap by it. */
  readonly longestPattern: number;
  /** The masker of a body of that media type; `pass`: nothing in it is masked. */
  body(type: string | null, unreadable: Unreadable): BodyMasker | "pass" | "refuse";
  /** What a header of that name shows, or a parameter of a query. */
  header(name: string, value: string): Shown;
  /**
   * What answers are masked by, as text: of one principal and resource, maskers whose texts are the
   * same mask all bodies alike.
   */
  readonly rules: string;
  /** Bodies and headers of what a client sends; null: nothing of that is masked. */
  readonly sent: Pick<Masker, "body" | "header"> | null;
}

/** What becomes of a body whose type no masker reads. */
export type Unreadable = "pass" | "scan" | "refuse";

/** A text as it may be shown, and what was found in it. */
export type Shown = {
  readonly text: string;
  readonly rule: string | null;
  readonly findings: readonly Finding[];
};

/**
 * A body on its way, cut anywhere: however it is cut, the same leaves. Bytes are those of the
 * content, without any transfer or content coding.
 */
export interface BodyMasker {
  /** What may leave now. Null: it is not what its type says, and nothing more of it may leave. */
  push(chunk: Uint8Array): Uint8Array | null;
  /** What was still held; null as above. */
  finish(): Uint8Array | null;
  readonly tally: Tally;
}
