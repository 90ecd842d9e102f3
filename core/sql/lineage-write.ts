import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import { addRange } from "./lineage-from.ts";
import { withTables } from "./lineage-with.ts";
import {
  all,
  mix,
  type Column,
  type Environment,
  type Range,
  type Scope,
  type Value,
} from "./scope.ts";
import { strings } from "./tree.ts";

type Kind = "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt";

/**
 * INSERT, UPDATE, DELETE and MERGE. What they write may come back by RETURNING, so each target
 * column holds its old value, or what is written into it.
 */
export function changes(
  lineage: Lineage,
  kind: Kind,
  body: Node,
  outer: Environment,
): readonly Column[] {
  const env = withTables(lineage, body.withClause, outer);
  const { columns } = lineage.relations.columns(body.relation, env, true);
  if (kind !== "InsertStmt") lineage.relations.columns(body.relation, { ...env, ctes: new Map() });
  const target = body.relation.alias?.aliasname ?? body.relation.relname;
  const range = (alias: string, hidden: boolean): Range => ({
    alias,
    schema: hidden ? null : (body.relation.schemaname ?? null),
    columns,
    hidden,
    system: false,
  });
  const own = [
    range(target, false),
    ...["old", "new", "excluded"].map((name) => range(name, true)),
  ];
  // `excluded`, `old` and `new` need their name; only the target itself answers to a bare column.
  const scope: Scope = [own[0] as Range];
  const named: Scope = own.slice(1);
  const inner: Environment = { ctes: env.ctes, scopes: [scope, named, ...env.scopes] };
  const from = [...(body.fromClause ?? []), ...(body.usingClause ?? [])];
  if (body.sourceRelation !== undefined) from.push(body.sourceRelation);
  for (const item of from) addRange(lineage, item, inner, scope);
  for (const part of ["whereClause", "joinCondition"]) lineage.decides(body[part], inner);
  const written = writes(lineage, body, columns, env, inner);
  for (const { to, value } of written) {
    const into = columns.find(({ name }) => name === to)?.value;
    lineage.findings.stored.push({ name: to ?? "*", value, ...(into && { into }) });
  }
  const grown = columns.map((column) => {
    const into = written.filter(
      ({ to, value }) =>
        (to === null || to === column.name) && (value.opaque || value.sources.size > 0),
    );
    if (into.length === 0) return column;
    return { ...column, value: mix([column.value, ...into.map(({ value }) => value)]) };
  });
  for (const each of own) each.columns = grown;
  // MERGE … RETURNING * lists the source's columns first.
  if (kind === "MergeStmt") scope.push(scope.shift() as Range);
  const returning = body.returningClause?.exprs ?? body.returningList;
  const aliases: readonly Node[] = body.returningClause?.options ?? [];
  for (const { ReturningOption: option } of aliases) {
    if (option?.value !== undefined) named.push({ ...range(option.value, true), columns: grown });
  }
  return lineage.targets(returning, inner);
}

type Written = { readonly to: string | null; readonly value: Value };

function writes(
  lineage: Lineage,
  body: Node,
  columns: readonly Column[],
  env: Environment,
  inner: Environment,
): readonly Written[] {
  const written: Written[] = [];
  const assign = (to: string, node: Node | undefined, scope: Environment): void => {
    const column = columns.find(({ name }) => name === to);
    for (const source of column?.value.sources ?? []) lineage.findings.columns.add(source);
    if (column !== undefined) lineage.meets(node, column.value);
    written.push({ to, value: assigned(lineage, node, scope) });
  };
  const listed: string[] | null =
    body.cols?.map(({ ResTarget: target }: Node) => target.name) ?? null;
  const names = listed ?? columns.map(({ name }) => name);
  if (body.selectStmt !== undefined)
    inserted(lineage, body.selectStmt, names, columns, env, written);
  for (const { ResTarget: target } of [
    ...(body.targetList ?? []),
    ...(body.onConflictClause?.targetList ?? []),
  ])
    assign(target.name, target.val, inner);
  lineage.decides(body.onConflictClause?.whereClause, inner);
  lineage.decides(body.onConflictClause?.infer, inner);
  for (const { MergeWhenClause: when } of body.mergeWhenClauses ?? []) {
    lineage.decides(when.condition, inner);
    for (const [i, { ResTarget: target }] of (when.targetList ?? []).entries()) {
      assign(target.name ?? names[i] ?? "", target.val ?? when.values?.[i], inner);
    }
    const values: readonly Node[] = when.values ?? [];
    if (when.targetList === undefined) {
      for (const [i, value] of values.entries()) assign(names[i] ?? "", value, inner);
    }
    if (values.length > 0) written.push({ to: null, value: lineage.value(values, inner) });
  }
  return written;
}

/** `(a, b) = (x, y)`: of a row the one item, of a query all that it returns. */
function assigned(lineage: Lineage, node: Node | undefined, env: Environment): Value {
  const multiple = node?.MultiAssignRef;
  if (multiple === undefined) return lineage.value(node, env);
  const at = (multiple.colno as number) - 1;
  const items: readonly Node[] | undefined = multiple.source?.RowExpr?.args;
  if (items !== undefined) return lineage.value(items[at], env);
  const query = multiple.source?.SubLink?.subselect;
  if (query === undefined) return lineage.value(node, env);
  const columns = lineage.statement(query, env);
  const given = columns[at]?.value.given;
  return { ...all(columns), ...(given && { given }) };
}

function inserted(
  lineage: Lineage,
  select: Node,
  names: readonly string[],
  columns: readonly Column[],
  env: Environment,
  written: Written[],
): void {
  const outputs = lineage.statement(select, env);
  const spread = outputs.some((column) => column.spread);
  for (const [i, output] of outputs.entries()) {
    written.push({ to: spread ? null : (names[i] ?? null), value: output.value });
  }
  const targets = names.map((name) => columns.find((column) => column.name === name));
  for (const target of targets) {
    for (const source of target?.value.sources ?? []) lineage.findings.columns.add(source);
  }
  const meet = (items: readonly Node[]): void => {
    for (const [i, item] of items.entries()) {
      const target = targets[i];
      if (target !== undefined) lineage.meets(item, target.value);
    }
  };
  const body = select.SelectStmt;
  for (const { List: list } of body?.valuesLists ?? []) meet(list.items);
  meet((body?.targetList ?? []).map(({ ResTarget: target }: Node) => target.val));
}

/** The columns that a COPY names, or all of them. */
export function copied(
  columns: readonly Column[],
  list: readonly Node[] | undefined,
): readonly Column[] {
  if (list === undefined) return columns;
  const value = all(columns);
  return strings(list).map(
    (name) => columns.find((column) => column.name === name) ?? { name, value },
  );
}
