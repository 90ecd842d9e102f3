import { ASKS_MASKED } from "../command.ts";
import type { AnalyseOptions } from "./analyse.ts";
import type { Findings } from "./findings.ts";
import type { Node } from "./grammar.ts";
import { toldNull } from "./lineage-call.ts";
import type { Lineage } from "./lineage.ts";
import { NOTHING, all, mix, type Column, type Environment, type Value } from "./scope.ts";
import type { Leak, Question } from "./statement.ts";
import { kindOf, last, strings } from "./tree.ts";

/*
 * What a statement asks about columns besides showing them. Which rows come back, in which order,
 * and whether there is an error are answers too; docs/lineage.md states the rules.
 */

/** A_Expr kinds whose operator may be `=` or `<>`. */
const COMPARING = new Set([
  "AEXPR_OP",
  "AEXPR_OP_ANY",
  "AEXPR_IN",
  "AEXPR_DISTINCT",
  "AEXPR_NOT_DISTINCT",
]);
const EQUALITY = new Set(["=", "<>", "!="]);

/** Notes what a condition asks, and returns all that it looks at. */
export function condition(lineage: Lineage, node: Node, env: Environment): Value {
  const kind = kindOf(node);
  const body = kind === null ? null : node[kind];
  switch (kind) {
    case "BoolExpr":
      return mix((body.args as Node[]).map((part) => condition(lineage, part, env)));
    case "NullTest":
      return toldNull(lineage, body, env) ?? compare(lineage, node, [body.arg], env);
    case "A_Expr":
      if (!COMPARING.has(body.kind) || !EQUALITY.has(last(strings(body.name)) ?? "")) break;
      // The elements of an array that comes as one text, or bound, are not known here.
      if (body.kind === "AEXPR_OP_ANY" && !isList(body.rexpr)) break;
      return compare(lineage, node, [body.lexpr, body.rexpr], env);
    case "SubLink":
      return sublink(lineage, body, env);
    default:
  }
  return lineage.judges(lineage.value(node, env), "condition");
}

/** Columns and constants are compared as they are; anything else is judged. */
function compare(
  lineage: Lineage,
  node: Node,
  sides: readonly (Node | undefined)[],
  env: Environment,
): Value {
  const whole = lineage.value(node, env);
  const values: Value[] = [];
  for (const side of sides) {
    const value = side !== undefined && isColumn(side) ? lineage.value(side, env) : null;
    // A cast to the column's own type leaves it what it is; another one makes something of it.
    if (value !== null && (value.exact || side?.ColumnRef !== undefined)) values.push(value);
    else if (side !== undefined && !isPlain(side)) return lineage.judges(whole, "condition");
  }
  const guesses = sides.map((side) => elements(side)?.length ?? 1);
  compared(lineage, values, Math.max(1, ...guesses));
  return whole;
}

/** Of a list or an array; null: something else. */
function elements(node: Node | undefined): readonly Node[] | null {
  if (node?.TypeCast !== undefined) return elements(node.TypeCast.arg);
  if (node?.List !== undefined) return node.List.items;
  return node?.A_ArrayExpr === undefined ? null : (node.A_ArrayExpr.elements ?? []);
}

const isList = (node: Node): boolean => elements(node) !== null;

const isColumn = (node: Node): boolean =>
  node.ColumnRef !== undefined || (node.TypeCast !== undefined && isColumn(node.TypeCast.arg));

const isPlain = (node: Node): boolean => elements(node)?.every(isConstant) ?? isConstant(node);

const isConstant = (node: Node): boolean =>
  node.A_Const !== undefined ||
  node.ParamRef !== undefined ||
  (node.TypeCast !== undefined && isConstant(node.TypeCast.arg));

export function compared(lineage: Lineage, values: readonly Value[], guesses = 1): void {
  const some = values.some(({ sources, code }) => sources.size > 0 || code === true);
  if (some) lineage.findings.compared.push({ values, guesses });
}

function sublink(lineage: Lineage, body: Node, env: Environment): Value {
  const columns = lineage.statement(body.subselect, env);
  const value = all(columns);
  // Whether there are rows is what its own conditions ask.
  if (body.subLinkType === "EXISTS_SUBLINK") return value;
  const test = lineage.value(body.testexpr, env);
  const equal = body.operName === undefined || EQUALITY.has(last(strings(body.operName)) ?? "");
  const [only, more] = columns;
  if (body.testexpr?.ColumnRef !== undefined && equal && only !== undefined && more === undefined) {
    compared(lineage, [test, only.value]);
  } else lineage.judges(mix([test, value]), "condition");
  return mix([test, value]);
}

/** Each item of GROUP BY or DISTINCT ON is told from others by equality; ORDER BY shows order. */
export function arranged(
  lineage: Lineage,
  items: readonly Node[] | undefined,
  env: Environment,
  by: "equality" | "order",
): void {
  for (const item of items ?? []) {
    const node: Node | undefined = item.SortBy?.node ?? item;
    const kind = kindOf(node);
    if (kind === "GroupingSet") {
      arranged(lineage, node?.GroupingSet.content, env, by);
      continue;
    }
    const outputs = env.outputs ?? [];
    // DISTINCT alone is a list of nothing: all outputs.
    if (kind === null) for (const { value } of outputs) told(lineage, value, by);
    else {
      told(lineage, positioned(node as Node, outputs) ?? lineage.value(node, env), by);
      for (const { value } of named(node as Node, outputs)) told(lineage, value, by);
    }
  }
}

/** ORDER BY and DISTINCT ON take a bare name for an output's before they take it for an input's. */
function named(node: Node, outputs: readonly Column[]): readonly Column[] {
  const path = strings(node.ColumnRef?.fields);
  if (path.length !== 1) return [];
  return outputs.filter(({ name, anyName, spread }) => anyName || spread || name === path[0]);
}

function told(lineage: Lineage, value: Value, by: "equality" | "order"): void {
  lineage.findings.filter.add(value);
  if (by === "equality") compared(lineage, [value]);
  else lineage.judges(value, "order");
}

/** `ORDER BY 2` is the second output. Null: the item is no such number. */
function positioned(node: Node, outputs: readonly Column[]): Value | null {
  const position: unknown = node.A_Const?.ival?.ival;
  if (typeof position !== "number") return null;
  const uncounted = outputs.some(({ spread }) => spread);
  return uncounted ? all(outputs) : (outputs[position - 1]?.value ?? NOTHING);
}

/** UNION, INTERSECT and EXCEPT, but for UNION ALL, tell equal rows from others. */
export function combined(
  lineage: Lineage,
  select: Node,
  left: readonly Column[],
  right: readonly Column[],
): void {
  if (select.op === "SETOP_UNION" && select.all === true) return;
  if ([...left, ...right].some(({ spread }) => spread)) {
    compared(lineage, [all(left), all(right)]);
    return;
  }
  for (const [i, { value }] of left.entries()) {
    compared(lineage, [value, right[i]?.value ?? all(right)]);
  }
}

/** Joined by USING or NATURAL: the sides of one column. */
export const joined = (lineage: Lineage, sides: readonly Column[]): void =>
  compared(
    lineage,
    sides.map(({ value }) => value),
  );

type Asked = Pick<Findings, "compared" | "judged" | "summed">;

/**
 * What is asked beyond what the rules allow. Equality among masked columns and constants is what
 * `equality` allows: with a column that the client may have filled, a thousand guesses would be
 * one question.
 */
export function* asksTooMuch(
  { compared: groups, judged }: Asked,
  { isMasked, asks, denies }: Pick<AnalyseOptions, "isMasked" | "asks" | "denies">,
): Generator<Leak> {
  const ofCode = ({ code }: Value): boolean => code === true;
  const asksCode =
    judged.some(({ value }) => ofCode(value)) || groups.some(({ values }) => values.some(ofCode));
  if (denies === true && asksCode) {
    yield { risk: ASKS_MASKED, source: null, by: { way: "own code" } };
  }
  const hidden = (value: Value): boolean => [...value.sources].some(isMasked);
  function* asked(value: Value, how: Question): Generator<Leak> {
    for (const source of value.sources) {
      const may = isMasked(source) ? asks(source) : "allow";
      const tooMuch = may === "deny" || (may === "equality" && how !== "equality");
      if (tooMuch) yield { risk: ASKS_MASKED, source, by: { way: how } };
    }
  }
  for (const { value, how } of judged) if (hidden(value)) yield* asked(value, how);
  for (const { values } of groups) {
    if (!values.some(hidden)) continue;
    const alike = values.every((value) => value.exact && hidden(value));
    for (const value of values) yield* asked(value, alike ? "equality" : "equality with others");
  }
}

/** How many questions about masked values the answer answers, each constant being one. */
export function countQuestions(
  { compared: groups, judged, summed }: Asked,
  { isMasked }: Pick<AnalyseOptions, "isMasked">,
): number {
  const hidden = (value: Value): boolean => [...value.sources].some(isMasked);
  return groups
    .filter(({ values }) => values.some(hidden))
    .reduce(
      (sum, { guesses }) => sum + guesses,
      judged.filter(({ value }) => hidden(value)).length + summed.length,
    );
}
