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

const OPERATORS = words(
  "= <> != < > <= >= || ~~ !~~ ~~* !~~* ~ !~ ~* !~* -> ->> #> #>> @> <@ ? ?| ?& &&",
);
const RANGES = /^(NOT )?BETWEEN( SYMMETRIC)?$/;

export const totalOperator = (name: string): boolean => OPERATORS.has(name) || RANGES.test(name);

/** Its right side is a pattern, which may be malformed. */
export const takesPattern = (name: string): boolean => name.includes("~");

const FUNCTIONS = words(
  `lower upper initcap length char_length character_length octet_length bit_length md5 sha224 sha256
  sha384 sha512 concat concat_ws left right btrim ltrim rtrim reverse replace strpos position
  starts_with translate ascii quote_literal quote_ident quote_nullable hashtext to_json to_jsonb
  row_to_json array_to_json json_build_object jsonb_build_object json_build_array
  jsonb_build_array json_agg jsonb_agg array_agg string_agg count min max sum avg bool_and bool_or
  every any_value row_number rank dense_rank percent_rank cume_dist lag lead first_value last_value
  array_length array_upper array_lower array_ndims cardinality array_to_string
  json_typeof jsonb_typeof jsonb_pretty jsonb_strip_nulls extract to_char pg_typeof
  ceil ceiling floor sign`,
);

export const totalFunction = (name: readonly string[]): boolean => FUNCTIONS.has(last(name) ?? "");

/** XML and the standard's JSON syntax parse what they are given. */
export const parses = (kind: string): boolean => /^(Xml|Json)/.test(kind);
