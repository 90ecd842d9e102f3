import type { Node } from "./grammar.ts";
import type { SessionEffect } from "./statement.ts";

/** Parameters that change neither what a statement means nor who runs it (manual, chapter 19). */
const SAFE = new Set([
  "application_name",
  "statement_timeout",
  "lock_timeout",
  "transaction_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "extra_float_digits",
  "datestyle",
  "intervalstyle",
  "bytea_output",
  "timezone",
  "search_path",
  "client_min_messages",
  "work_mem",
  "maintenance_work_mem",
  "temp_buffers",
  "jit",
  "random_page_cost",
  "seq_page_cost",
  "effective_cache_size",
  "effective_io_concurrency",
  "from_collapse_limit",
  "join_collapse_limit",
  "geqo",
  "plan_cache_mode",
  "synchronous_commit",
  "xmloption",
  "synchronize_seqscans",
  "quote_all_identifiers",
  // A query that row security would cut fails with it off.
  "row_security",
  "restrict_nonsystem_relation_kind",
  "check_function_bodies",
  "lc_monetary",
  "lc_numeric",
  "lc_time",
  "transaction_isolation",
  "transaction_read_only",
  "transaction_deferrable",
  "default_transaction_isolation",
  "default_transaction_read_only",
  "default_transaction_deferrable",
  // `SET TRANSACTION` and `SET SESSION CHARACTERISTICS` as the grammar names them.
  "transaction",
  "session characteristics",
]);

const PREFIX = /^(enable_|max_parallel_|parallel_)/;

/** Safe with one value only: anything else changes how texts are read, or where tables lie. */
const ONE_VALUE: ReadonlyMap<string, RegExp> = new Map([
  ["client_encoding", /^utf-?8$|^unicode$/i],
  ["standard_conforming_strings", /^(on|true|yes|1)$/i],
  ["default_tablespace", /^$/],
  ["default_table_access_method", /^heap$/],
]);

/** Whether SET of the parameter to these values is housekeeping; null values: to the default. */
export function safeSetting(parameter: string, values: readonly string[] | null): boolean {
  const name = parameter.toLowerCase();
  const only = ONE_VALUE.get(name);
  if (only !== undefined) return values?.length === 1 && only.test(values[0] as string);
  return SAFE.has(name) || PREFIX.test(name);
}

/** The values of a SET as text; null: something that is not a literal. */
export function settingValues(args: readonly Node[] | undefined): readonly string[] | null {
  const values: string[] = [];
  for (const arg of args ?? []) {
    const constant = (arg.A_Const ?? arg.TypeCast?.arg?.A_Const) as Node | undefined;
    const value =
      constant?.sval?.sval ??
      constant?.ival?.ival ??
      constant?.fval?.fval ??
      constant?.boolval?.boolval;
    if (value === undefined && constant?.ival === undefined) return null;
    values.push(String(value ?? 0));
  }
  return values;
}

/**
 * The path of `SET search_path TO a, b`. `$user` is the login's own name, which is no schema of
 * ours.
 */
export const pathEffect = (path: readonly string[] | null, local: boolean): SessionEffect => ({
  do: "searchPath",
  path,
  local,
});
