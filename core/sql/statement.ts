import type { ASKS_MASKED, COPIES_MASKED, Operation } from "../command.ts";
import type { SourceColumn } from "../masker.ts";
import type { Given, Shape } from "./scope.ts";

/**
 * What one query string does, statement by statement, in the order in which the server runs them.
 */
export type Analysis = {
  readonly statements: readonly Statement[];
  /** Why part of it could not be read; then `operations` holds "unknown". Null: all was read. */
  readonly unknown: string | null;
  /** What the grammar says of a text that it refuses, as the server would; `at` counts from 0. */
  readonly syntaxError?: { readonly message: string; readonly at: number };
};

export type Statement = {
  /** Sorted, each once. */
  readonly operations: readonly Operation[];
  /** `schema.name`, resolved through catalog and search path; unresolved names as written. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Every column named anywhere, resolved. */
  readonly columns: readonly SourceColumn[];
  readonly assigned: readonly Assigned[];
  /** Relations and names that the catalog does not know: worth one refresh before deciding. */
  readonly unresolved: readonly string[];
  readonly functions: readonly string[];
  readonly unbounded: boolean;
  readonly risks: readonly string[];
  /** Which masked columns two of the risks are about, for people who ask why. */
  readonly leaks: readonly Leak[];
  /** Questions about masked values that its rows, their order or an error would answer. */
  readonly questions: number;
  readonly changesNothing: boolean;
  /** It takes locks or writes, so that a transaction around it holds something. */
  readonly takesLocks: boolean;
  /**
   * What each output column derives from. Null: not known, every column is opaque. Empty: no
   * rows.
   */
  readonly outputs: readonly Output[] | null;
  /** How many columns it returns is not known, and none of them holds anything hidden. */
  readonly showsAll: boolean;
  /**
   * What it does to the names that a session keeps. Applied when the server says that it
   * succeeded.
   */
  readonly effects: readonly SessionEffect[];
  readonly copy: CopyShape | null;
  /**
   * Its row description may differ from execution to execution (EXECUTE, FETCH, EXPLAIN, SHOW,
   * CALL).
   */
  readonly volatileShape: boolean;
  /**
   * It gives a name to what is hidden: whether others may still take the name for something else is
   * decided by a catalog that is read for it.
   */
  readonly namesHidden: boolean;
  /** The text with literals that could be somebody's data replaced. */
  readonly shown: string;
  /** Numbers of the parameters whose values may stand beside it. */
  readonly clearParameters: readonly number[];
};

/** What of a masked column would be told or taken elsewhere. */
export type Leak = {
  readonly risk: typeof COPIES_MASKED | typeof ASKS_MASKED;
  /** Null: no column can be named (an opaque value, a change of names or code). */
  readonly source: SourceColumn | null;
  readonly by: LeakWay;
};

export type LeakWay =
  | { readonly way: Question }
  /** Copied to a column of that name elsewhere. */
  | { readonly way: "into"; readonly column: string }
  | { readonly way: "own code" | "names" };

/** How a statement asks about a value; a rule may let `equality` pass, and nothing else. */
export type Question =
  | "equality"
  | "equality with others"
  | "condition"
  | "order"
  | "may fail"
  | "branch that may fail";

/**
 * A constant that becomes, as it is, the value of a masked column; for COPY FROM, the number of a
 * field. `type`: the column's type by oid, 0 when it is not known.
 */
export type Assigned = {
  readonly column: SourceColumn;
  readonly type: number;
  readonly value: Given;
};

/** One output column. `opaque`: it may hold anything, also what no `sources` names. */
export type Output = {
  readonly name: string;
  readonly sources: readonly SourceColumn[];
  /** The very value of its one source, unchanged: the rule's own technique applies. */
  readonly exact: boolean;
  readonly opaque: boolean;
  /** Of a JSON document whose parts are known. */
  readonly shape?: OutputShape;
};

/** As `Shape` in scope.ts; `parts` have the names of an object's members. */
export type OutputShape = {
  readonly is: Shape["is"];
  readonly parts: readonly Output[];
  readonly around: Output;
};

export type SessionEffect =
  | { readonly do: "prepare"; readonly name: string; readonly statement: Statement }
  | { readonly do: "deallocate"; readonly name: string | null }
  | {
      readonly do: "declare";
      readonly name: string;
      readonly statement: Statement;
      readonly hold: boolean;
    }
  | { readonly do: "closeCursor"; readonly name: string | null }
  | { readonly do: "searchPath"; readonly path: readonly string[] | null; readonly local: boolean }
  /** DDL that the catalog cannot show before COMMIT; temporary ones it never shows. */
  | {
      readonly do: "createTable";
      readonly schema: string | null;
      readonly name: string;
      readonly temporary: boolean;
      /** What flows into each column (CREATE TABLE AS); null: columns not known. */
      readonly columns: readonly Output[] | null;
    }
  | {
      readonly do: "alterTable";
      readonly schema: string | null;
      readonly name: string;
      /** Null: its columns may hold anything now. */
      readonly change: { readonly add: readonly Output[]; readonly drop: readonly string[] } | null;
    }
  | { readonly do: "dropTable"; readonly schema: string | null; readonly name: string }
  | {
      readonly do: "renameTable";
      readonly schema: string | null;
      readonly name: string;
      readonly to: string;
    }
  /**
   * Any other DDL: the catalog is stale once it commits. `code`: it may have made or changed
   * functions, operators, casts, triggers.
   */
  | { readonly do: "ddl"; readonly code: boolean }
  | { readonly do: "begin" }
  | { readonly do: "commit" }
  | { readonly do: "rollback" }
  | { readonly do: "savepoint"; readonly name: string }
  | { readonly do: "rollbackTo"; readonly name: string }
  | { readonly do: "discardAll" };

export type CopyShape = {
  readonly direction: "in" | "out";
  readonly format: "text" | "csv" | "binary";
  /** One byte each, as PostgreSQL asks; `nullText` as in COPY's NULL option. */
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly nullText: string;
  readonly header: boolean;
  readonly forceQuoteAll: boolean;
};
