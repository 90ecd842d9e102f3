/**
 * PostgreSQL's own grammar, as a value (CONTRACTS §1). The wasm behind it is the shell's
 * business.
 */

/**
 * A raw parse tree as libpg-query prints it: `{ version, stmts: [{ stmt, stmt_location?,
 * stmt_len? }] }`. Offsets are bytes.
 */
export type Tree = { readonly version: number; readonly stmts: readonly RawStatement[] };
export type RawStatement = {
  readonly stmt: Node;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
};
/** One key, the node's name in PostgreSQL's parsenodes.h; lists are arrays. */
// oxlint-disable-next-line typescript/no-explicit-any -- C structs with hundreds of shapes
export type Node = { readonly [name: string]: any };

export type Parsed =
  | { readonly is: "tree"; readonly tree: Tree }
  | { readonly is: "syntax error"; readonly message: string; readonly at: number }
  /** The parser gave up, or there is none at the moment: the statement is `unknown`. */
  | { readonly is: "too complex" };

export interface Grammar {
  /** Total and synchronous. `text` is the statement's bytes without the terminator. */
  parse(text: Uint8Array): Parsed;
}
