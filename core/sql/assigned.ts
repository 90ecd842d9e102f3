import type { SourceColumn } from "../masker.ts";
import type { Findings } from "./findings.ts";
import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { NOTHING, type Given, type Value } from "./scope.ts";
import type { Assigned } from "./statement.ts";

/** A literal as the server would print it, or a parameter's number; null: NULL, or no constant. */
function givenBy(node: Node | undefined): Given | null {
  if (node?.TypeCast !== undefined) return givenBy(node.TypeCast.arg);
  if (node?.ParamRef !== undefined) return node.ParamRef.number ?? null;
  const constant = node?.A_Const;
  if (constant === undefined || constant.isnull === true) return null;
  // Fields that are zero, false or empty are left out of the tree.
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? "t" : "f";
  if (constant.sval !== undefined) return constant.sval.sval ?? "";
  return constant.fval?.fval ?? null;
}

/** What a literal or a parameter holds: nobody's data, and itself. */
export function constant(node: Node): Value {
  const given = givenBy(node);
  return given === null ? NOTHING : { ...NOTHING, given: [given] };
}

/** Which constants a statement writes, as they are, into masked columns. */
export function assignedBy(
  node: Node,
  { stored }: Findings,
  names: Names,
  isMasked: (source: SourceColumn) => boolean,
): readonly Assigned[] {
  if (node.ExecuteStmt !== undefined) return executed(node.ExecuteStmt, names);
  return stored.flatMap(({ value: { given = [] }, into }) => {
    if (given.length === 0 || into === undefined) return [];
    const columns = [...into.sources].filter(isMasked);
    return columns.flatMap((column) => {
      const type = names.typeOf(column);
      return given.map((value): Assigned => ({ column, type, value }));
    });
  });
}

/** What the prepared statement writes, with the arguments in place of its parameters. */
function executed({ name, params = [] }: Node, names: Names): readonly Assigned[] {
  const prepared = names.prepared(name)?.statement.assigned ?? [];
  return prepared.flatMap((assigned) => {
    if (typeof assigned.value === "string") return [assigned];
    const value = givenBy(params[assigned.value - 1]);
    return value === null ? [] : [{ ...assigned, value }];
  });
}
