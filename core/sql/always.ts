import type { Node } from "./grammar.ts";
import { kindOf, strings, visit } from "./tree.ts";

/**
 * A condition that does not say which rows: none at all, one that names no column outside a
 * subquery of its own, `id = id`, or one of these joined by OR.
 */
export function alwaysTrue(condition: Node | undefined): boolean {
  if (condition === undefined) return true;
  const kind = kindOf(condition);
  const body = kind === null ? null : condition[kind];
  if (kind === "BoolExpr") {
    const parts: readonly Node[] = body.args;
    if (body.boolop === "AND_EXPR") return parts.every(alwaysTrue);
    if (body.boolop === "OR_EXPR") return parts.some(alwaysTrue);
  }
  if (kind === "CurrentOfExpr") return false;
  return !namesColumn(condition) || isReflexive(kind, body);
}

function namesColumn(node: Node): boolean {
  let found = false;
  visit(node, (kind) => {
    if (kind === "ColumnRef") found = true;
  });
  return found;
}

const SAME = new Set(["=", "<=", ">="]);

function isReflexive(kind: string | null, body: Node | null): boolean {
  if (body === null) return false;
  if (kind === "NullTest") return false;
  if (kind !== "A_Expr") return false;
  const [operator = ""] = strings(body.name).slice(-1);
  return SAME.has(operator) && bare(body.lexpr) === bare(body.rexpr);
}

/** The node without its place in the text. */
const bare = (node: unknown): string =>
  JSON.stringify(node, (key, value) => (key === "location" ? undefined : value)) ?? "";

/** With other tables in FROM, a condition on those alone still means every row of the target. */
export function namesTarget(change: Node): boolean {
  if ((change.fromClause ?? change.usingClause) === undefined) return true;
  const target = change.relation.alias?.aliasname ?? change.relation.relname;
  let found = false;
  visit(change.whereClause, (kind, node) => {
    if (kind === "CurrentOfExpr") found = true;
    if (kind !== "ColumnRef") return;
    const path = strings(node.fields);
    if (path.length === 1 || path[path.length - 2] === target) found = true;
  });
  return found;
}
