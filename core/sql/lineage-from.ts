import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import {
  NOTHING,
  OPAQUE,
  all,
  mix,
  rename,
  type Column,
  type Environment,
  type Range,
  type Scope,
} from "./scope.ts";
import { joined } from "./predicates.ts";
import { kindOf, last, strings } from "./tree.ts";

/** Functions in FROM whose columns are these, whatever their arguments. */
const FUNCTION_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map([
  ...[
    "current_schema",
    "current_database",
    "version",
    "now",
    "generate_series",
    "generate_subscripts",
    "regexp_split_to_table",
    "regexp_matches",
    "string_to_table",
    "json_object_keys",
    "jsonb_object_keys",
    "jsonb_path_query",
  ].map((name): [string, string[]] => [name, [name]]),
  ["pg_options_to_table", ["option_name", "option_value"]],
  ...["json_each", "jsonb_each", "json_each_text", "jsonb_each_text"].map(
    (name): [string, string[]] => [name, ["key", "value"]],
  ),
  ...[
    "json_array_elements",
    "jsonb_array_elements",
    "json_array_elements_text",
    "jsonb_array_elements_text",
  ].map((name): [string, string[]] => [name, ["value"]]),
]);

const range = (
  alias: string | null,
  columns: readonly Column[],
  more: Partial<Range> = {},
): Range => ({ alias, schema: null, columns, hidden: false, system: false, ...more });

/** Adds what one item of a FROM clause contributes to its scope. */
export function addRange(lineage: Lineage, item: Node, env: Environment, scope: Scope): void {
  const kind = kindOf(item) ?? "";
  const body = item[kind];
  const alias: string | null = body.alias?.aliasname ?? null;
  const names = strings(body.alias?.colnames);
  switch (kind) {
    case "RangeVar": {
      const { columns, system } = lineage.relations.columns(body, env);
      const schema = alias === null ? (body.schemaname ?? null) : null;
      scope.push(range(alias ?? body.relname, rename(columns, names), { schema, system }));
      return;
    }
    case "RangeSubselect": {
      const scopes = body.lateral === true ? env.scopes : env.scopes.slice(1);
      const columns = lineage.statement(body.subquery, { ...env, scopes });
      scope.push(range(alias, rename(columns, names)));
      return;
    }
    case "RangeTableSample":
      lineage.decides(body.args, env);
      addRange(lineage, body.relation, env, scope);
      return;
    case "RangeFunction":
      scope.push(functionRange(lineage, body, alias, names, env));
      return;
    case "JoinExpr":
      join(lineage, body, env, scope);
      return;
    default: {
      // XMLTABLE, JSON_TABLE and whatever comes: all that it mentions, in columns that we do not
      // count.
      const known = kind === "RangeTableFunc" || kind === "JsonTable";
      // How many rows they give is told.
      const value = mix([
        lineage.judges(lineage.value(body, env), "condition"),
        known ? NOTHING : OPAQUE,
      ]);
      scope.push(range(alias, [{ name: "*", value, spread: true }]));
    }
  }
}

function functionRange(
  lineage: Lineage,
  body: Node,
  alias: string | null,
  names: readonly string[],
  env: Environment,
): Range {
  const value = lineage.value(body.functions, env);
  const calls = body.functions as Node[];
  const called = strings((calls[0]?.List?.items[0] as Node | undefined)?.FuncCall?.funcname);
  const name = last(called) ?? "function";
  const defined = (body.coldeflist ?? []).map(
    ({ ColumnDef: column }: Node) => column.colname as string,
  );
  const known =
    calls.length === 1 && lineage.names.pure(called) ? FUNCTION_COLUMNS.get(name) : undefined;
  const ordinality = body.ordinality === true ? [{ name: "ordinality", value: NOTHING }] : [];
  if (defined.length > 0 || known !== undefined) {
    const own = defined.length > 0 ? defined : (known as readonly string[]);
    const single = own.length === 1 && own[0] === name ? [alias ?? name] : own;
    const base: readonly Column[] = single.map((column: string) => ({ name: column, value }));
    return range(alias ?? name, rename([...base, ...ordinality], names));
  }
  const columns = (names.length > 0 ? names : [alias ?? name]).map((column) => ({
    name: column,
    value,
    spread: true,
  }));
  return range(alias ?? name, columns);
}

function join(lineage: Lineage, body: Node, env: Environment, scope: Scope): void {
  const start = scope.length;
  addRange(lineage, body.larg, env, scope);
  const middle = scope.length;
  addRange(lineage, body.rarg, env, scope);
  lineage.decides(body.quals, env);
  const visible = (ranges: readonly Range[]): readonly Column[] =>
    ranges.flatMap(({ hidden, columns, system }) =>
      hidden ? [] : system ? [{ name: "*", value: NOTHING, spread: true }] : columns,
    );
  const left = visible(scope.slice(start, middle));
  const right = visible(scope.slice(middle));
  const shared =
    body.isNatural === true
      ? left.map(({ name }) => name).filter((name) => right.some((column) => column.name === name))
      : strings(body.usingClause);
  const alias: string | null = body.alias?.aliasname ?? null;
  if (shared.length === 0 && alias === null && body.isNatural !== true) return;
  // Merged columns come first in *; each may be either side's.
  const sides = (name: string): readonly Column[] =>
    [...left, ...right].filter((column) => column.name === name || column.spread);
  const merged = shared.map((name) => ({ name, value: all(sides(name)) }));
  for (const { name, value } of merged) {
    lineage.findings.filter.add(value);
    for (const source of value.sources) lineage.findings.columns.add(source);
    joined(lineage, sides(name));
  }
  const uncounted = body.isNatural === true && [...left, ...right].some(({ spread }) => spread);
  // Which columns it joins by is not known.
  if (uncounted) lineage.judges(all([...left, ...right]), "condition");
  const rest = [...left, ...right].filter(({ name }) => !shared.includes(name));
  for (const hidden of scope.slice(start)) {
    hidden.hidden = true;
    // A column of the join is found once: under the join, or with its own table's name.
    if (alias !== null) hidden.alias = null;
  }
  const columns = rename([...merged, ...rest], strings(body.alias?.colnames));
  const all_ = uncounted ? columns.map((column) => ({ ...column, spread: true })) : columns;
  scope.push(range(alias, all_));
  const using = body.join_using_alias?.aliasname;
  if (using !== undefined) scope.push(range(using, merged, { hidden: true }));
}
