import type { Node } from "./grammar.ts";
import { last, strings } from "./tree.ts";

/*
 * Operations that cannot fail, whatever the value: their answers say nothing but what they show.
 * Any other (a cast, a division, a function that is not listed) may answer by an error.
 */

/** Any value has a text (PostgreSQL manual, "Type Casts"). */
const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "name"]);

export const totalCast = (typeName: Node | undefined): boolean =>
  TEXT_TYPES.has(last(strings(typeName?.names)) ?? "") && typeName?.arrayBounds === undefined;

const JSON_TYPES = new Set(["json", "jsonb"]);

export const isJson = (typeName: Node | undefined): boolean =>
  JSON_TYPES.has(last(strings(typeName?.names)) ?? "") && typeName?.arrayBounds === undefined;

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

const OPERATORS = words("= <> != < > <= >= || ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ ? ?| ?& &&");
const RANGES = /^(NOT )?BETWEEN( SYMMETRIC)?$/;

/** `types`: of the columns that go in, by oid; 0: not known. */
export function totalOperation(expression: Node, types: readonly number[]): boolean {
  const operator = last(strings(expression.name)) ?? "";
  // What `~` and LIKE have on their right may be malformed.
  if (operator.includes("~") && !plainPattern(expression.rexpr)) return false;
  // Before version 14 an object and a scalar could not be joined.
  if (operator === "||" && (!areScalars(types) || types.includes(JSONB))) return false;
  return OPERATORS.has(operator) || RANGES.test(operator);
}

/**
 * A literal that is well formed as LIKE's pattern and as a regular expression. A lone `\` at the
 * end fails for those values alone that match up to there.
 */
const plainPattern = (node: Node | undefined): boolean =>
  /^[^\\()[\]{}*+?|]*$/.test(node?.A_Const?.sval?.sval ?? "\\");

const JSONB = 3802;
/**
 * bool, bytea, "char", name, bigint, smallint, integer, text, real, double precision, bpchar,
 * varchar, date, timestamp, timestamptz, numeric, uuid: by oid (pg_type.dat).
 */
const PLAIN = [16, 17, 18, 19, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184, 1700, 2950];
const SCALARS = new Set([...PLAIN, JSONB]);

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

export function totalFunction(
  path: readonly string[],
  args: readonly Node[],
  types: readonly number[],
): boolean {
  const name = last(path) ?? "";
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
