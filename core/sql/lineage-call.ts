import type { Aggregate, SourceColumn } from "../masker.ts";
import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import { fixedSetting, serversOwn } from "./purity.ts";
import { compared } from "./predicates.ts";
import {
  CODE,
  NOTHING,
  OPAQUE,
  mix,
  oneOf,
  type Column,
  type Environment,
  type Value,
} from "./scope.ts";
import { settingValues } from "./settings.ts";
import { shapeOf, type Argument } from "./shapes.ts";
import { changesNothing, isJson, totalCast, totalFunction } from "./total.ts";
import { last, strings } from "./tree.ts";

/** Of PostgreSQL's own types (FirstNormalObjectId). */
const FIRST_USER_OID = 16_384;

/** What flows into the result of a function's call. */
export function called(lineage: Lineage, call: Node, env: Environment): Value {
  const name = strings(call.funcname);
  const before = lineage.mayFail;
  const args: readonly Argument[] = (call.args ?? []).map((node: Node) => ({
    node,
    value: lineage.value(node, env),
    row: rowOf(node, env),
  }));
  // The server may sort all its rows for one aggregate, and the others get them in that order.
  if (call.agg_distinct === true) for (const { value } of args) compared(lineage, [value]);
  const around = mix([
    lineage.judges(lineage.value(call.agg_order, env), "order"),
    lineage.value(call.agg_filter, env),
    lineage.window(call.over, env),
    windowNamed(call.over, env),
  ]);
  const told = toldBy(lineage, call, name, args);
  const whole = mix([around, told ?? mix(args.map(({ value }) => value))]);
  if (told === null && !isTotal(lineage, call, name, args, whole)) lineage.fails(whole);
  if (call.agg_filter !== undefined && lineage.mayFail > before) {
    lineage.judges(whole, "branch that may fail");
  }
  const plain = lineage.names.pure(name) || givesBack(call, name, whole);
  const made = lineage.made(plain, whole, serversOwn(name) ? OPAQUE : CODE);
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

/** A setting that holds nobody's text, or the new one, which stands in the statement. */
function givesBack(call: Node, name: readonly string[], { sources, opaque }: Value): boolean {
  if (last(name) === "set_config") return sources.size === 0 && !opaque;
  const setting = last(name) === "current_setting" ? settingValues(call.args)?.[0] : undefined;
  return setting !== undefined && fixedSetting(setting);
}

function isTotal(
  lineage: Lineage,
  call: Node,
  name: readonly string[],
  [first]: readonly Argument[],
  whole: Value,
): boolean {
  if (totalFunction(name, call.args ?? [], lineage.typesOf(whole))) return true;
  const { exact = false, sources = [] } = first?.value ?? {};
  const sums = ["sum", "avg"].includes(last(name) ?? "") && exact;
  return sums && [...sources].every((source) => lineage.names.isSummable(source));
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
  const left = without(value, (source) => tells(source, by));
  if (left !== null && by === "sum") findings.summed.push(value);
  return left;
}

/** What is left of a value; null: all of it. */
function without(value: Value, told: (source: SourceColumn) => boolean): Value | null {
  const sources = [...value.sources].filter((source) => !told(source));
  return sources.length === value.sources.size ? null : { ...value, sources: new Set(sources) };
}

/**
 * `IS NULL` of a column whose mask shows as much: it is no question, and holds nothing of it. Null:
 * it is one.
 */
export function toldNull(lineage: Lineage, { arg }: Node, env: Environment): Value | null {
  if (arg?.ColumnRef === undefined) return null;
  const value = lineage.value(arg, env);
  if (!value.exact || value.opaque) return null;
  // A row of NULLs is NULL to this test; a type of a user's may be a row.
  const known = lineage.typesOf(value).every((type) => type > 0 && type < FIRST_USER_OID);
  if (!known) return null;
  const left = without(value, (source) => lineage.tells(source, "count"));
  return left && mix([left]);
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
