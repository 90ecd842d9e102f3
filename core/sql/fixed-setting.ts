import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { fixedSetting } from "./purity.ts";
import type { Environment, Range } from "./scope.ts";
import { settingValues } from "./settings.ts";
import { strings } from "./tree.ts";

/** pg_settings, where it shows one parameter that holds nobody's text. */
export const FIXED_SETTING: Range = {
  alias: "pg_settings",
  schema: null,
  columns: [],
  hidden: false,
  system: true,
};

/** `SELECT … FROM pg_settings WHERE name = 'max_index_keys'`: drivers ask so. */
export function asksFixedSetting(select: Node, { ctes }: Environment, names: Names): boolean {
  const { fromClause: from, whereClause: where } = select;
  const relation = from?.length === 1 ? from[0].RangeVar : undefined;
  const equals = where?.A_Expr;
  if (relation === undefined || relation.alias !== undefined) return false;
  if (relation.schemaname === undefined && ctes.has(relation.relname)) return false;
  if (equals?.rexpr?.A_Const === undefined) return false;
  const { name } = names.resolve(relation.schemaname ?? null, relation.relname);
  const [value] = settingValues([equals.rexpr]) ?? [];
  return (
    name === "pg_catalog.pg_settings" &&
    equals.kind === "AEXPR_OP" &&
    strings(equals.name).join(".") === "=" &&
    names.ownOperator("=") &&
    strings(equals.lexpr?.ColumnRef?.fields).join(".") === "name" &&
    value !== undefined &&
    fixedSetting(value)
  );
}
