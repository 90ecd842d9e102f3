/**
 * Relations of the server's own, by name. Their columns are not in our catalog, and need not be.
 */

export const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(["pg_catalog", "information_schema"]);

/**
 * What shows other people's data, statements or secrets: statistics hold sampled values, activity
 * and prepared statements hold texts, large objects hold anything.
 */
const REVEALING = new Set([
  "pg_stats",
  "pg_stats_ext",
  "pg_stats_ext_exprs",
  "pg_statistic",
  "pg_statistic_ext_data",
  "pg_stat_activity",
  "pg_stat_statements",
  "pg_prepared_statements",
  "pg_prepared_xacts",
  "pg_cursors",
  "pg_largeobject",
  "pg_authid",
  "pg_shadow",
  "pg_user_mapping",
  "pg_user_mappings",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_foreign_table",
  "pg_subscription",
  "pg_hba_file_rules",
  "pg_ident_file_mappings",
  "pg_file_settings",
  "pg_settings",
  "pg_db_role_setting",
  "pg_stat_replication",
  "pg_stat_wal_receiver",
  "pg_stat_subscription",
  "user_mapping_options",
  "_pg_user_mappings",
  "_pg_foreign_servers",
  "_pg_foreign_tables",
  "foreign_server_options",
  "foreign_table_options",
]);

export const revealing = (name: string): boolean => REVEALING.has(name);

/** Of some it is known which columns do: they hold secrets, texts and what sessions set. */
const REVEALING_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map([
  ["pg_settings", ["setting", "boot_val", "reset_val", "sourcefile"]],
  ["pg_db_role_setting", ["setconfig"]],
  ["pg_foreign_data_wrapper", ["fdwoptions"]],
  ["pg_foreign_server", ["srvoptions"]],
  ["pg_foreign_table", ["ftoptions"]],
  ["pg_subscription", ["subconninfo"]],
  ["pg_cursors", ["statement"]],
  ["pg_prepared_statements", ["statement"]],
]);

/** Null: any column of it may. */
export const revealingColumns = (name: string): readonly string[] | null =>
  REVEALING_COLUMNS.get(name) ?? null;

/** Columns that every table has. They point at rows and carry none of their data. */
export const ROW_COLUMNS: ReadonlySet<string> = new Set([
  "ctid",
  "xmin",
  "xmax",
  "cmin",
  "cmax",
  "tableoid",
]);

/** Views of the standard's schema are looked up only when named with it. */
export const isSystemName = (name: string): boolean => name.startsWith("pg_");
