import type { Relation } from "../catalog.ts";
import type { Output, Statement } from "./statement.ts";

export type Resolved =
  | { readonly is: "relation"; readonly name: string; readonly relation: Relation }
  /** Made or changed in this session; columns null: not known. */
  | { readonly is: "overlay"; readonly name: string; readonly columns: readonly Output[] | null }
  | { readonly is: "system"; readonly name: string; readonly safe: boolean }
  | { readonly is: "unknown"; readonly name: string };

export type Overlay = { readonly temporary: boolean; readonly columns: readonly Output[] | null };

/** What a transaction can take back. Replaced, never changed, so that a snapshot is a reference. */
export type Meaning = {
  readonly stamp: number;
  /** Null: the login's own. */
  readonly path: readonly string[] | null;
  /** The path to return to at the transaction's end (SET LOCAL); undefined: nothing is local. */
  readonly outerPath?: readonly string[] | null;
  readonly overlay: ReadonlyMap<string, Overlay>;
  /** DDL that the catalog does not show yet. */
  readonly pendingDdl: boolean;
  /** Some of it may have made code: functions, operators and triggers may mean anything. */
  readonly ownCode: boolean;
};

export type Cursor = { readonly statement: Statement; readonly hold: boolean; readonly at: string };

export const FRESH: Meaning = {
  stamp: 0,
  path: null,
  overlay: new Map(),
  pendingDdl: false,
  ownCode: false,
};

/** The temporary tables of an overlay, or the others. */
export const only = (
  overlay: ReadonlyMap<string, Overlay>,
  temporary: boolean,
): ReadonlyMap<string, Overlay> =>
  new Map([...overlay].filter(([, each]) => each.temporary === temporary));

/** Removes one name, or all of them. */
export function forget<T>(map: Map<string, T>, name: string | null): void {
  if (name === null) map.clear();
  else map.delete(name);
}
