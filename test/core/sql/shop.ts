import type { Catalog, Relation } from "../../../core/catalog.ts";
import type { SourceColumn } from "../../../core/masker.ts";

/** A small shop: `users.ssn`, `users.email` and `staff.pin` are masked, all else is not. */

const relation = (
  oid: number,
  name: string,
  columns: readonly string[],
  more: Partial<Relation> = {},
): Relation => ({
  oid,
  schema: "public",
  name,
  kind: "r",
  columns: columns.map((column, i) => ({
    number: i + 1,
    name: column,
    type: 25,
    generatedFrom: [],
  })),
  definition: null,
  parents: [],
  hasTriggers: false,
  ...more,
});

const generated = relation(20_020, "cards", ["id", "number", "tail"]);

export const SHOP: Catalog = {
  version: "shop-1",
  relations: [
    relation(20_001, "users", ["id", "name", "email", "ssn"]),
    relation(20_002, "orders", ["id", "user_id", "total", "note"]),
    relation(20_003, "people", ["id", "name", "code"], {
      kind: "v",
      definition: " SELECT users.id,\n    users.name,\n    users.ssn AS code\n   FROM users;",
    }),
    relation(20_004, "people2", ["n", "c"], {
      kind: "v",
      definition: " SELECT people.name AS n,\n    upper(people.code) AS c\n   FROM people;",
    }),
    relation(20_005, "staff", ["id", "pin"], { schema: "hr" }),
    relation(20_006, "users", ["id", "ssn"], { schema: "other" }),
    relation(20_007, "events", ["id", "ssn"], { kind: "p" }),
    relation(20_008, "events_2026", ["id", "ssn"], { parents: [20_007] }),
    relation(20_009, "remote", ["id"], { kind: "f" }),
    relation(20_010, "audited", ["id", "word"], { hasTriggers: true }),
    {
      ...generated,
      columns: generated.columns.map((column) =>
        column.name === "tail" ? { ...column, generatedFrom: ["number"] } : column,
      ),
    },
  ],
  pureFunctions: [
    "upper",
    "lower",
    "length",
    "substr",
    "substring",
    "md5",
    "count",
    "sum",
    "max",
    "min",
    "array_agg",
    "string_agg",
    "json_agg",
    "json_build_array",
    "jsonb_build_array",
    "jsonb_build_object",
    "row_to_json",
    "to_jsonb",
    "format",
    "concat",
    "coalesce",
    "left",
    "right",
    "unnest",
    "jsonb_each",
    "generate_series",
    "row_number",
    "rank",
    "lag",
    "encode",
    "reverse",
    "translate",
    "ascii",
    "to_char",
    "quote_literal",
    "regexp_replace",
    "now",
    "overlay",
    "json_each",
    "jsonb_array_elements",
    "json_build_object",
    "nullif",
    "xmlforest",
    "position",
    "extract",
    "format_type",
    "pg_get_userbyid",
    "pg_table_is_visible",
    "pg_get_expr",
    "percentile_cont",
    "first_value",
    "convert_to",
    "array_to_string",
    "to_json",
    "jsonb_agg",
    "btrim",
    "version",
  ],
  userOperators: ["~~>"],
  userTypes: ["shout"],
  systemColumns: { "pg_catalog.pg_class": ["oid", "relname", "relkind"] },
  searchPath: ["public"],
};

const MASKED = new Set([
  "public.users.email",
  "public.users.ssn",
  "hr.staff.pin",
  "public.events.ssn",
  "public.cards.number",
]);

export const isMasked = ({ schema, table, column }: SourceColumn): boolean =>
  MASKED.has(`${schema}.${table}.${column}`);
