import { utf8, hex } from "../bytes.ts";
import type { Catalog, CatalogColumn, Gone, Relation } from "../catalog.ts";
import type { UnixMs } from "../decision.ts";

/**
 * What is not the server's own and not an extension's: those are installed by whoever runs the
 * server.
 */
const USERS = (catalog: string, oid: string, namespace: string): string =>
  `${namespace} not in (select oid from pg_catalog.pg_namespace where nspname in
    ('pg_catalog', 'information_schema', 'pg_toast'))
  and not exists (select 1 from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.${catalog}'::regclass
    and d.objid = ${oid} and d.deptype = 'e')`;

/** Volatile by their label; they read a clock, chance, or a size, and nobody's data. */
const VOLATILE = [
  "random",
  "random_normal",
  "gen_random_uuid",
  "uuidv4",
  "uuidv7",
  "clock_timestamp",
  "timeofday",
  "pg_relation_size",
  "pg_table_size",
  "pg_indexes_size",
  "pg_total_relation_size",
  "pg_database_size",
  "pg_is_in_recovery",
]
  .map((name) => `'${name}'`)
  .join(", ");

/** Printing a view waits for whoever changes it, or what it reads; that may be the asker itself. */
const LOCKED = `exists (select 1 from pg_catalog.pg_locks k
  where k.mode = 'AccessExclusiveLock' and k.granted and (k.relation = c.oid
    or k.relation in (select d.refobjid from pg_catalog.pg_rewrite w
      join pg_catalog.pg_depend d on d.objid = w.oid
        and d.classid = 'pg_catalog.pg_rewrite'::regclass
        and d.refclassid = 'pg_catalog.pg_class'::regclass
      where w.ev_class = c.oid)))`;

/**
 * Plain queries for PostgreSQL 14 to 18, in the order in which `buildCatalog` takes their rows.
 * They leave the connection's search path changed: it must be one of its own.
 */
export const CATALOG_QUERIES: readonly string[] = [
  `select s.schema from unnest(pg_catalog.current_schemas(false)) with ordinality as s(schema, at)
  order by s.at`,
  // From here on every user's relation is printed with its schema: views mean the same on any path.
  `select pg_catalog.set_config('search_path', 'pg_catalog', false),
    pg_catalog.set_config('lock_timeout', '2s', false)`,
  `select c.oid::int8::text as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
    case when c.relkind not in ('v', 'm') then null when ${LOCKED} then ''
      else pg_catalog.pg_get_viewdef(c.oid) end as definition,
    (select pg_catalog.array_to_string(pg_catalog.array_agg(i.inhparent::int8::text), ',')
      from pg_catalog.pg_inherits i where i.inhrelid = c.oid) as parents,
    exists (select 1 from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
      or exists (select 1 from pg_catalog.pg_rewrite r where r.ev_class = c.oid
        and r.rulename <> '_RETURN') as triggers
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)' order by c.oid`,
  `select a.attrelid::int8::text as oid, a.attnum::text as number, a.attname as name,
    a.atttypid::int8::text as type, a.atttypid = 1700 and a.atttypmod >= 0 as sized,
    case when a.attgenerated <> '' then (select pg_catalog.string_agg(b.attnum::text, ',')
      from pg_catalog.pg_attrdef g
      join pg_catalog.pg_depend p on p.objid = g.oid
        and p.classid = 'pg_catalog.pg_attrdef'::regclass
        and p.refclassid = 'pg_catalog.pg_class'::regclass and p.refobjid = a.attrelid
      join pg_catalog.pg_attribute b on b.attrelid = a.attrelid and b.attnum = p.refobjsubid
      where g.adrelid = a.attrelid and g.adnum = a.attnum and p.refobjsubid > 0
        and p.refobjsubid <> a.attnum) end as made
  from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)' order by a.attrelid, a.attnum`,
  `select p.proname as name from pg_catalog.pg_proc p
  join pg_catalog.pg_language l on l.oid = p.prolang
  where p.pronamespace = 'pg_catalog'::regnamespace
  group by p.proname
  having bool_and(l.lanname in ('internal', 'sql') and (p.provolatile <> 'v'
      or p.proname in (${VOLATILE})))
    and not exists (select 1 from pg_catalog.pg_proc u where u.proname = p.proname
      and ${USERS("pg_proc", "u.oid", "u.pronamespace")})
  order by 1`,
  `select distinct o.oprname as name from pg_catalog.pg_operator o
  where ${USERS("pg_operator", "o.oid", "o.oprnamespace")} order by 1`,
  `select distinct t.typname as name from pg_catalog.pg_type t
  where ${USERS("pg_type", "t.oid", "t.typnamespace")}
    and (t.typtype in ('b', 'd', 'r') and t.typelem = 0
      or exists (select 1 from pg_catalog.pg_cast c
        where t.oid in (c.castsource, c.casttarget) and c.castfunc <> 0))
  union select distinct t.typname from pg_catalog.pg_cast c
  join pg_catalog.pg_type t on t.oid in (c.castsource, c.casttarget)
  join pg_catalog.pg_proc f on f.oid = c.castfunc
  where ${USERS("pg_proc", "f.oid", "f.pronamespace")} order by 1`,
  `select n.nspname as schema, c.relname as name,
    (select pg_catalog.string_agg(a.attname::text, ',' order by a.attnum)
      from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v') and n.nspname in ('pg_catalog', 'information_schema')
  order by 1, 2`,
];

/**
 * Stable or immutable by their label, and yet they read other data, files, settings, sessions or
 * the network, or run a text as a query.
 */
const REACHES = new RegExp(
  `^(${`
    query_to_ table_to_ schema_to_ database_to_ cursor_to_ pg_read_ pg_ls_ pg_stat_ pg_file_
    lo_ loread lowrite dblink pg_logical_ pg_current_logfile pg_terminate pg_cancel pg_reload
    set_config pg_advisory pg_try_advisory nextval currval lastval setval ts_stat ts_rewrite
    pg_notify pg_show_ current_setting pg_cursor pg_prepared pg_export pg_import pg_sleep
    pg_switch pg_create_ pg_drop_ pg_promote pg_replication pg_wal pg_walfile pg_start pg_stop
    pg_backup pg_rotate binary_upgrade pg_hba pg_ident pg_config pg_extension pg_event
    pg_sequence pg_listening pg_get_publication pg_get_multixact pg_get_wal pg_get_replication
    pg_get_shmem pg_get_backend pg_get_process pg_lock pg_blocking pg_safe_snapshot
    pg_isolation pg_nextoid pg_collation_actual pg_control row_security inet_client
    inet_server current_query pg_mcv_list pg_timezone pg_user_mapping satisfies
    json_populate jsonb_populate json_to_record jsonb_to_record pg_trigger_depth
    pg_partition_root
  `
    .trim()
    .split(/\s+/)
    .join("|")})`,
);

/** They run the type's own code, or write: the label says otherwise for some servers. */
const KEPT = new Set([
  "json_to_record",
  "json_to_recordset",
  "jsonb_to_record",
  "jsonb_to_recordset",
  "json_populate_record",
  "json_populate_recordset",
  "jsonb_populate_record",
  "jsonb_populate_recordset",
  "pg_stat_get_numscans",
]);

export const isPure = (name: string): boolean => KEPT.has(name) || !REACHES.test(name);

type Row = Readonly<Record<string, unknown>>;
const numbers = (list: unknown): number[] =>
  typeof list === "string" && list !== "" ? list.split(",").map(Number) : [];
const isTrue = (value: unknown): boolean => value === true || value === "t";
const names = (rows: readonly Row[] | undefined, key = "name"): string[] =>
  (rows ?? []).map((row) => String(row[key]));

/** No session goes by a catalog that is older. */
const goneForMs = 3_600_000;

/** Relations that `before` has, or had, and that are not there at `now`. */
export function goneFrom(
  before: Catalog | null,
  relations: readonly Relation[],
  now: UnixMs,
): readonly Gone[] {
  const there = new Set(relations.map(({ schema, name }) => `${schema}.${name}`));
  const { relations: last = [], gone = [] } = before ?? {};
  return [...gone, ...last.map((relation): Gone => ({ ...relation, goneAt: now }))].filter(
    ({ schema, name, goneAt }) => now - goneAt < goneForMs && !there.has(`${schema}.${name}`),
  );
}

/**
 * The rows of CATALOG_QUERIES as a catalog; its version is a digest of the rest. `before`: the
 * last one that was read.
 */
export function buildCatalog(
  rows: readonly (readonly Row[])[],
  digest: (bytes: Uint8Array) => Uint8Array,
  before: Catalog | null = null,
  now: UnixMs = 0,
): Catalog {
  const [path, , relations = [], columns = [], functions, operators, types, system = []] = rows;
  const byOid = new Map<string, Row[]>();
  for (const row of columns) {
    const key = String(row.oid);
    const known = byOid.get(key);
    if (known === undefined) byOid.set(key, [row]);
    else known.push(row);
  }
  const last = new Map(before?.relations.map((each) => [each.oid, each.definition]));
  const there = relations
    .map((row) => relation(row, byOid.get(String(row.oid)) ?? []))
    .map((each) =>
      // Locked: as it was, for what is being done to it is not done.
      each.definition === "" ? { ...each, definition: last.get(each.oid) ?? "" } : each,
    );
  const content = {
    relations: there,
    gone: goneFrom(before, there, now),
    pureFunctions: names(functions).filter(isPure),
    userOperators: names(operators),
    userTypes: names(types),
    systemColumns: Object.fromEntries(
      system.map((row) => [
        `${String(row.schema)}.${String(row.name)}`,
        String(row.columns).split(","),
      ]),
    ),
    searchPath: names(path, "schema"),
  };
  return { version: hex(digest(utf8(JSON.stringify(content))).subarray(0, 16)), ...content };
}

function relation(row: Row, columns: readonly Row[]): Relation {
  const nameOf = new Map(columns.map((column) => [Number(column.number), String(column.name)]));
  return {
    oid: Number(row.oid),
    schema: String(row.schema),
    name: String(row.name),
    kind: String(row.kind) as Relation["kind"],
    columns: columns.map((column): CatalogColumn => ({
      number: Number(column.number),
      name: String(column.name),
      type: Number(column.type),
      ...(isTrue(column.sized) ? { sized: true } : {}),
      generatedFrom: numbers(column.made).flatMap((number) => nameOf.get(number) ?? []),
    })),
    definition: typeof row.definition === "string" ? row.definition : null,
    parents: numbers(row.parents),
    hasTriggers: isTrue(row.triggers),
  };
}
