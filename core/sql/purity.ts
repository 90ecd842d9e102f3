/** Not pure (what they return is kept elsewhere), and yet they change nothing and reach nothing. */
const HARMLESS = new Set([
  "current_setting",
  "currval",
  "lastval",
  "txid_current_if_assigned",
  "pg_current_xact_id_if_assigned",
]);

export const harmless = (name: readonly string[]): boolean =>
  (name.length === 1 || (name.length === 2 && name[0] === "pg_catalog")) &&
  HARMLESS.has(name[name.length - 1] as string);

/** The standard's schema has helpers of its own; drivers list keys and indexes with them. */
const HELPERS =
  /^_pg_(expandarray|index_position|truetyp(id|mod)|(char|numeric|datetime|interval)_[a-z_]+)$/;

export const standardHelper = (schema: string, name: string): boolean =>
  schema === "information_schema" && HELPERS.test(name);

/** They hand out numbers, or roll dice, and never a value that somebody stored. */
const NUMBERING = /^(nextval|setval|currval|lastval|uuid_generate_v(1|1mc|4)|gen_salt)$/;

export const numbering = (name: readonly string[]): boolean =>
  NUMBERING.test(name[name.length - 1] as string);

/** By their names: users' functions do not begin so, as a rule, and have no such schema. */
export function serversOwn(name: readonly string[]): boolean {
  const [first = ""] = name;
  if (name.length > 1) return first === "pg_catalog" || first === "information_schema";
  return first.startsWith("pg_") || harmless(name) || numbering(name);
}

const RISKS: readonly (readonly [RegExp, string])[] = [
  [/^(pg_read_|pg_ls_|pg_stat_file|pg_file_|lo_import|lo_export)/, "reads or writes a server file"],
  [/^(dblink|postgres_fdw_|http_|pg_logical_)/, "reaches another server"],
  [/^(pg_terminate_backend|pg_cancel_backend)$/, "ends other sessions"],
  [/^(query_to_|cursor_to_|table_to_|schema_to_|database_to_|ts_stat|ts_rewrite)/, "opaque code"],
  [/^(lo_|loread|lowrite)/, "large objects"],
  [/^(pg_reload_conf|pg_rotate_logfile|pg_promote|pg_switch_wal|set_config)$/, "changes settings"],
];

/** A short word for reviewers, or null. */
export const riskOf = (name: string): string | null =>
  RISKS.find(([pattern]) => pattern.test(name))?.[1] ?? null;

/** Parameters that no session can fill with a text of its own. */
const FIXED_SETTINGS = new Set([
  "server_version",
  "server_version_num",
  "server_encoding",
  "client_encoding",
  "block_size",
  "integer_datetimes",
  "max_connections",
  "max_identifier_length",
  "max_index_keys",
  "standard_conforming_strings",
  "bytea_output",
  "transaction_isolation",
  "transaction_read_only",
  "default_transaction_isolation",
  "default_transaction_read_only",
]);

export const fixedSetting = (name: string): boolean => FIXED_SETTINGS.has(name.toLowerCase());
