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

/** Sources only grow from round to round, so it ends. */
function recursive(lineage: Lineage, cte: Node, env: Environment): readonly Column[] {
  const select = cte.ctequery?.SelectStmt;
  if (select?.larg === undefined) return lineage.statement(cte.ctequery, env);
  const names = strings(cte.aliascolnames);
  const inner = withTables(lineage, select.withClause, env);
  let columns = rename(lineage.statement({ SelectStmt: select.larg }, inner), names);
  for (let size = -1; ;) {
    const grown = weight(columns);
    if (grown === size) break;
    size = grown;
    const round = { ...inner, ctes: new Map(inner.ctes).set(cte.ctename, columns) };
    columns = rename(lineage.statement(cte.ctequery, round), names);
  }
  const extra = [
    cte.search_clause?.search_seq_column,
    cte.cycle_clause?.cycle_mark_column,
    cte.cycle_clause?.cycle_path_column,
  ].filter((name) => typeof name === "string");
  return [...columns, ...extra.map((name) => ({ name, value: all(columns) }))];
}

const weight = (columns: readonly Column[]): number =>
  columns.reduce(
    (sum, { value }) => sum + value.sources.size + (value.opaque ? 1 : 0),
    columns.length,
  );
