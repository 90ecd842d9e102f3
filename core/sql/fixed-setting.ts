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
  const name = ctes.has("pg_settings") ? null : askedSetting(select, names);
  return name !== null && fixedSetting(name);
}

/** The one parameter that a SELECT reads from pg_settings, or null. */
function askedSetting({ fromClause: from, whereClause: where }: Node, names: Names): string | null {
  const relation = from?.length === 1 ? from[0].RangeVar : undefined;
  const equals = where?.A_Expr;
  if (relation === undefined || relation.alias !== undefined) return null;
  if (equals?.rexpr?.A_Const === undefined) return null;
  const { name } = names.resolve(relation.schemaname ?? null, relation.relname);
  const byName =
    name === "pg_catalog.pg_settings" &&
    equals.kind === "AEXPR_OP" &&
    strings(equals.name).join(".") === "=" &&
    names.ownOperator("=") &&
    strings(equals.lexpr?.ColumnRef?.fields).join(".") === "name";
  return byName ? (settingValues([equals.rexpr])?.[0] ?? null) : null;
}

/**
 * Which parameter a call of set_config in the statement sets; null: not known. As pg_dump asks, it
 * is the one that the server has: `SELECT set_config(name, …) FROM pg_settings WHERE name = 'x'`.
 */
export function configuredName(call: Node, statement: Node, names: Names): string | null {
  const [first] = (call.args ?? []) as readonly Node[];
  const literal = settingValues(first === undefined ? [] : [first]);
  if (literal !== null) return literal[0] ?? null;
  const own = (statement.targetList ?? []).some(
    ({ ResTarget: target }: Node) => target?.val?.FuncCall === call,
  );
  const asks = strings(first?.ColumnRef?.fields).join(".") === "name";
  return own && asks && statement.withClause === undefined ? askedSetting(statement, names) : null;
}
