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

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

const OPERATORS = words("= <> != < > <= >= || ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ ? ?| ?& &&");
const RANGES = /^(NOT )?BETWEEN( SYMMETRIC)?$/;

export const totalOperator = (name: string): boolean => OPERATORS.has(name) || RANGES.test(name);

/** Its right side is a pattern, which may be malformed. */
export const takesPattern = (name: string): boolean => name.includes("~");

/**
 * A literal that is well formed as LIKE's pattern and as a regular expression. A lone `\` at the
 * end fails for those values alone that match up to there.
 */
export const plainPattern = (node: Node | undefined): boolean =>
  /^[^\\()[\]{}*+?|]*$/.test(node?.A_Const?.sval?.sval ?? "\\");

/** Where `||` joins arrays, their dimensions must fit. These types, by their oids, are none. */
const SCALARS = new Set([16, 17, 18, 19, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184]);
const OTHER_SCALARS = new Set([1700, 2950, 3802]);

export const totalJoin = (types: readonly number[]): boolean =>
  types.every((type) => SCALARS.has(type) || OTHER_SCALARS.has(type));

const FUNCTIONS = words(
  `lower upper initcap length char_length character_length octet_length bit_length md5 sha224 sha256
  sha384 sha512 concat concat_ws left right btrim ltrim rtrim reverse strpos position
  starts_with translate quote_literal quote_ident quote_nullable hashtext to_json row_to_json
  array_to_json json_build_array json_agg string_agg count min max bool_and bool_or
  every any_value row_number rank dense_rank percent_rank cume_dist lag lead first_value last_value
  array_length array_upper array_lower array_ndims cardinality array_to_string
  jsonb_typeof jsonb_pretty jsonb_strip_nulls pg_typeof ceil ceiling floor sign`,
);

/** With a second argument they decode bytes. */
const DECODES = new Set(["length"]);

export const totalFunction = (name: readonly string[], count: number): boolean => {
  const own = last(name) ?? "";
  return FUNCTIONS.has(own) && !(DECODES.has(own) && count > 1);
};

/** XML and the standard's JSON syntax parse what they are given. */
export const parses = (kind: string): boolean => /^(Xml|Json)/.test(kind);
