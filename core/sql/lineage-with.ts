import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import { all, rename, type Column, type Environment } from "./scope.ts";
import { strings } from "./tree.ts";

/** The environment with the tables that a WITH clause names. */
export function withTables(
  lineage: Lineage,
  clause: Node | undefined,
  outer: Environment,
): Environment {
  if (clause === undefined) return outer;
  let env = outer;
  for (const { CommonTableExpr: cte } of clause.ctes) {
    const columns =
      clause.recursive === true
        ? recursive(lineage, cte, env)
        : lineage.statement(cte.ctequery, env);
    const named = rename(columns, strings(cte.aliascolnames));
    env = { ...env, ctes: new Map(env.ctes).set(cte.ctename, named) };
  }
  return env;
}

/**
 * What a column holds only grows from round to round, so it ends. Shapes do not: what stands where
 * in a document may move on by one part a round, so no document of such a table has one.
 */
function recursive(lineage: Lineage, cte: Node, env: Environment): readonly Column[] {
  const select = cte.ctequery?.SelectStmt;
  if (select?.larg === undefined) return lineage.statement(cte.ctequery, env);
  const names = strings(cte.aliascolnames);
  const inner = withTables(lineage, select.withClause, env);
  const round = (query: Node, within: Environment): readonly Column[] =>
    rename(lineage.statement(query, within).map(withoutShape), names);
  let columns = round({ SelectStmt: select.larg }, inner);
  for (let size = -1; ;) {
    const grown = weight(columns);
    if (grown === size) break;
    size = grown;
    const ctes = new Map(inner.ctes).set(cte.ctename, columns);
    columns = round(cte.ctequery, { ...inner, ctes });
  }
  const extra = [
    cte.search_clause?.search_seq_column,
    cte.cycle_clause?.cycle_mark_column,
    cte.cycle_clause?.cycle_path_column,
  ].filter((name) => typeof name === "string");
  return [...columns, ...extra.map((name) => ({ name, value: all(columns) }))];
}

const withoutShape = (column: Column): Column => ({
  ...column,
  value: { ...column.value, shape: undefined },
});

const weight = (columns: readonly Column[]): number =>
  columns.reduce(
    (sum, { value: { sources, opaque, code } }) => sum + sources.size + +opaque + +(code === true),
    columns.length,
  );
