import type { Node } from "./grammar.ts";
import { last, strings } from "./tree.ts";

/*
 * Operations that cannot fail, whatever the value: their answers say nothing but what they show.
 * Any other (a cast, a division, a function that is not listed) may answer by an error.
 */

/** Any value has a text (PostgreSQL manual, "Type Casts"). */
const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "name"]);

/**
 * By a type's name: the types, by oid (pg_type.dat), whose values it takes as they are, and those
 * that it has room for.
 */
const CASTS: ReadonlyMap<string, { readonly same: readonly number[]; readonly wider?: number[] }> =
  new Map([
    ["text", { same: [25, 1043] }],
    ["varchar", { same: [25, 1043] }],
    ["bool", { same: [16] }],
    ["bytea", { same: [17] }],
    ["int2", { same: [21] }],
    ["int4", { same: [23], wider: [21] }],
    ["int8", { same: [20], wider: [21, 23] }],
    ["float4", { same: [700], wider: [20, 21, 23] }],
    ["float8", { same: [701], wider: [20, 21, 23, 700] }],
    ["numeric", { same: [1700], wider: [20, 21, 23] }],
    ["json", { same: [114], wider: [3802] }],
    ["jsonb", { same: [3802] }],
    ["date", { same: [1082] }],
    ["time", { same: [1083] }],
    ["timestamp", { same: [1114] }],
    ["timestamptz", { same: [1184] }],
    ["interval", { same: [1186] }],
    ["uuid", { same: [2950] }],
  ]);

const nameOf = (typeName: Node | undefined): string =>
  typeName?.arrayBounds === undefined ? (last(strings(typeName?.names)) ?? "") : "";

/** A cast of columns of these types to a type that they have; with a length it may cut. */
export function changesNothing(typeName: Node | undefined, types: readonly number[]): boolean {
  const same = CASTS.get(nameOf(typeName))?.same ?? [];
  const sized = typeName?.typmods !== undefined;
  return !sized && types.length > 0 && types.every((type) => same.includes(type));
}

/** `types`: of the columns that are cast, as they are; none: of a value that was made. */
export function totalCast(typeName: Node | undefined, types: readonly number[]): boolean {
  const name = nameOf(typeName);
  if (TEXT_TYPES.has(name)) return true;
  const { same = [], wider = [] } = CASTS.get(name) ?? {};
  const room = [...same, ...wider];
  const sized = typeName?.typmods !== undefined;
  return !sized && types.length > 0 && types.every((type) => room.includes(type));
}

const JSON_TYPES = new Set(["json", "jsonb"]);

export const isJson = (typeName: Node | undefined): boolean => JSON_TYPES.has(nameOf(typeName));

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Since version 14 any two jsonb values can be joined. */
const OF_SCALARS_OPERATORS = words("|| -> ->> #> #>>");
const OPERATORS = words("= <> != < > <= >= ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ ? ?| ?& &&");
const RANGES = /^(NOT )?BETWEEN( SYMMETRIC)?$/;

/** `types`: of the columns that go in, by oid; 0: not known. */
export function totalOperation(expression: Node, types: readonly number[]): boolean {
  const operator = last(strings(expression.name)) ?? "";
  // What `~` and LIKE have on their right may be malformed.
  if (operator.includes("~") && !plainPattern(expression.rexpr)) return false;
  if (OF_SCALARS_OPERATORS.has(operator)) return areScalars(types);
  return OPERATORS.has(operator) || RANGES.test(operator);
}

/**
 * A literal that is well formed as LIKE's pattern and as a regular expression. A lone `\` at the
 * end fails for those values alone that match up to there.
 */
const plainPattern = (node: Node | undefined): boolean =>
  /^[^\\()[\]{}*+?|]*$/.test(node?.A_Const?.sval?.sval ?? "\\");

/**
 * bool, bytea, "char", name, bigint, smallint, integer, text, real, double precision, bpchar,
 * varchar, date, timestamp, timestamptz, numeric, uuid, jsonb: by oid (pg_type.dat).
 */
const SCALARS = new Set([
  16, 17, 18, 19, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184, 1700, 2950, 3802,
]);

/** Arrays fail where their dimensions do not fit, json where jsonb cannot hold what it says. */
const areScalars = (types: readonly number[]): boolean => types.every((type) => SCALARS.has(type));

const FUNCTIONS = words(
  `lower upper initcap length char_length character_length octet_length bit_length md5 sha224 sha256
  sha384 sha512 concat concat_ws left right btrim ltrim rtrim reverse strpos position
  starts_with translate quote_literal quote_ident quote_nullable hashtext to_json row_to_json
  array_to_json json_build_array json_agg string_agg count min max bool_and bool_or
  every any_value row_number rank dense_rank percent_rank cume_dist lag lead first_value last_value
  array_length array_upper array_lower array_ndims cardinality array_to_string
  jsonb_typeof jsonb_pretty jsonb_strip_nulls pg_typeof ceil ceiling floor sign`,
);

/** Of scalars alone. */
const OF_SCALARS = words("array_agg to_jsonb jsonb_agg jsonb_build_array jsonb_build_object");
/** A key may not be NULL: each must be a constant. */
const KEYED = words("json_build_object jsonb_build_object");
/** With a second argument they decode bytes. */
const DECODES = words("length");

/** Parts that every date has, also an infinite one. */
const DATE_PARTS = words(
  `century day decade dow doy epoch isodow isoyear month quarter week year millennium`,
);
/** date, timestamp; a timestamptz has first to be taken to a time zone. */
const DATES = new Set([1082, 1114]);

export function totalFunction(
  path: readonly string[],
  args: readonly Node[],
  types: readonly number[],
): boolean {
  const name = last(path) ?? "";
  if (name === "extract" || name === "date_part") {
    const [part] = args;
    const known = DATE_PARTS.has(part?.A_Const?.sval?.sval ?? "");
    return known && types.length > 0 && types.every((type) => DATES.has(type));
  }
  if (DECODES.has(name) && args.length > 1) return false;
  if (KEYED.has(name) && !args.every((arg, i) => i % 2 === 1 || arg.A_Const !== undefined)) {
    return false;
  }
  return FUNCTIONS.has(name) || (OF_SCALARS.has(name) && areScalars(types));
}

const AGGREGATES = words(
  `count sum avg min max string_agg array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg
  bool_and bool_or every`,
);

/** A query of one row at most is no error where one value is wanted. */
export function atMostOneRow({ SelectStmt: select }: Node): boolean {
  if (select?.limitCount?.A_Const?.ival?.ival === 1) return true;
  if (select?.op !== "SETOP_NONE" || select.groupClause !== undefined) return false;
  return (select.targetList ?? []).some(({ ResTarget: target }: Node) => aggregates(target.val));
}

/** Without GROUP BY all rows become one. */
function aggregates(node: Node | undefined): boolean {
  const [first] = node?.CoalesceExpr?.args ?? [];
  if (first !== undefined) return aggregates(first);
  const call = node?.TypeCast?.arg?.FuncCall ?? node?.FuncCall;
  return call?.over === undefined && AGGREGATES.has(last(strings(call?.funcname)) ?? "");
}

/** XML and the standard's JSON syntax parse what they are given. */
export const parses = (kind: string): boolean => /^(Xml|Json)/.test(kind);
