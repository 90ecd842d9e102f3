import type { Aggregate } from "../masker.ts";
import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import { fixedSetting } from "./purity.ts";
import { NOTHING, mix, oneOf, type Column, type Environment, type Value } from "./scope.ts";
import { settingValues } from "./settings.ts";
import { shapeOf, type Argument } from "./shapes.ts";
import { changesNothing, isJson, totalCast, totalFunction } from "./total.ts";
import { last, strings } from "./tree.ts";

/** What flows into the result of a function's call. */
export function called(lineage: Lineage, call: Node, env: Environment): Value {
  const name = strings(call.funcname);
  const before = lineage.mayFail;
  const args: readonly Argument[] = (call.args ?? []).map((node: Node) => ({
    node,
    value: lineage.value(node, env),
    row: rowOf(node, env),
  }));
  const around = mix([
    lineage.value(call.agg_order, env),
    lineage.value(call.agg_filter, env),
    lineage.window(call.over, env),
    windowNamed(call.over, env),
  ]);
  const told = toldBy(lineage, call, name, args);
  const whole = mix([around, told ?? mix(args.map(({ value }) => value))]);
  if (told === null && !totalFunction(name, call.args ?? [], lineage.typesOf(whole))) {
    lineage.fails(whole);
  }
  if (call.agg_filter !== undefined && lineage.mayFail > before) {
    lineage.judges(whole, "branch that may fail");
  }
  const setting = last(name) === "current_setting" ? settingValues(call.args)?.[0] : undefined;
  const plain = lineage.names.pure(name) || (setting !== undefined && fixedSetting(setting));
  const made = lineage.made(plain, whole);
  const shape = made.opaque ? undefined : shapeOf(call, name, args, around);
  return shape === undefined ? made : { ...made, shape };
}

/** What flows into a value of another type. */
export function cast(lineage: Lineage, { arg, typeName }: Node, env: Environment): Value {
  const value = lineage.value(arg, env);
  const name = last(strings(typeName?.names));
  const plain = name === undefined || lineage.names.plainType(name);
  const types = value.exact && !value.opaque ? lineage.typesOf(value) : [];
  if (plain && changesNothing(typeName, types)) return value;
  const constant = oneOf([value]);
  // The server reads a literal before it runs anything.
  const literal = plain && arg?.A_Const?.sval !== undefined;
  if (!literal && !totalCast(typeName, types)) lineage.fails(constant);
  const { shape, ...made } = lineage.made(plain, constant);
  // A document as text may be cut.
  return shape !== undefined && isJson(typeName) ? { ...made, shape } : made;
}

function windowNamed(over: Node | undefined, env: Environment): Value {
  const name = over?.name ?? over?.refname;
  return name === undefined ? NOTHING : (env.windows?.get(name) ?? NOTHING);
}

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ["count", "count"],
  ["sum", "sum"],
  ["avg", "sum"],
]);

/**
 * What is left of an aggregate's argument where its rule lets the aggregate show; null: it is no
 * such aggregate, or all of the column is left.
 */
function toldBy(
  { names, findings, tells }: Lineage,
  call: Node,
  name: readonly string[],
  [argument, more]: readonly Argument[],
): Value | null {
  const plainly = AGGREGATES.get(last(name) ?? "");
  const by = call.agg_distinct !== true ? plainly : plainly === "count" && "distinct count";
  if (!by || argument === undefined || more !== undefined) return null;
  const { node, value, row } = argument;
  const column = node.ColumnRef !== undefined && row === null && value.exact && !value.opaque;
  if (!column || call.over !== undefined || !names.pure(name)) return null;
  const told = [...value.sources].filter((source) => tells(source, by));
  if (told.length === 0) return null;
  if (by === "sum") findings.summed.push(value);
  return { ...value, sources: new Set([...value.sources].filter((one) => !told.includes(one))) };
}

/** The columns of the table whose row the expression is; null: no row, or not for certain. */
function rowOf(node: Node, env: Environment): readonly Column[] | null {
  const fields: readonly Node[] = node.ColumnRef?.fields ?? [];
  const star = last(fields)?.A_Star !== undefined;
  const path = strings(star ? fields.slice(0, -1) : fields);
  const [name] = path;
  if (path.length !== 1 || name === undefined) return null;
  for (const scope of env.scopes) {
    const columns = scope.flatMap((range) => range.columns);
    const certain = columns.every(({ spread, anyName }) => spread !== true && anyName !== true);
    if (!certain || scope.some(({ system }) => system)) return null;
    if (!star && columns.some((column) => column.name === name)) return null;
    const [range, another] = scope.filter(({ alias }) => alias === name);
    if (range !== undefined) return another === undefined ? range.columns : null;
  }
  return null;
}
