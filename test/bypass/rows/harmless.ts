/*
 * The inverse of the attacks: what people and tools do all day. Each answer must be the very bytes
 * that a direct connection gets.
 */

const TYPES = `select 1::int2, 2::int4, 3::int8, 4.5::float4, 5.25::float8, 6.75::numeric,
  'x'::text,
  'y'::varchar(3), 'z'::char(2), true, null::text, '2024-02-03'::date, '04:05:06'::time,
  '2024-02-03 04:05:06'::timestamp, '2024-02-03 04:05:06Z'::timestamptz, '1 day 2 hours'::interval,
  '\\xdead'::bytea, '{1,2}'::int[], '{a,"b c"}'::text[], '{"a": 1}'::json, '{"b": [2]}'::jsonb,
  '127.0.0.1'::inet, '10.0.0.0/8'::cidr, '08:00:2b:01:02:03'::macaddr, '(1,2)'::point,
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '[1,5)'::int4range, B'101'::bit(3), 'x'::name,
  'glad'::mood, row(1, 'a'), '$5.00'::money, 'a & b'::tsquery, 'a b'::tsvector`;

/** Plain work on tables of which nothing is masked. */
const WORK = [
  "select 1",
  "select 1 as one, 'two' as two",
  "select",
  "",
  "select 'it''s', E'tab\\t', U&'d\\0061t\\+000061', $$dollar$$",
  TYPES,
  "values (1, 'a'), (2, 'b')",
  "table friends",
  "select * from friends order by id",
  "select nickname, id from friends where id = 1",
  "select count(*), max(id), min(nickname) from friends",
  `select f.*, p.id, p.name, p.city from friends f join people p on p.id = f.person_id order
    by f.id`,
  "select id, name from people order by id",
  "select name || ' of ' || city from people where id < 4 order by id",
  "select city, count(*) from people group by city order by city nulls last",
  "select distinct city from people order by city nulls last",
  "select id, row_number() over (order by id) from people where id < 4",
  "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select * from n",
  "select generate_series(1, 1000) as n",
  "select repeat('x', 70000)",
  "select * from generate_series(1, 3) with ordinality as g(a, b)",
  "select string_agg(nickname, ', ' order by id) from friends",
  "select json_build_object('a', nickname) from friends order by id",
  "select to_jsonb(f) from friends f order by id",
  "select json_build_object('id', p.id, 'of', json_build_array(p.name, p.city)) from people p",
  `select p.id, coalesce((select json_agg(f order by f.id) from friends f where f.person_id = p.id),
    '[]'::json) from people p order by p.id`,
  "select to_jsonb(f) ->> 'nickname', jsonb_build_object('a', id) || '{}' from friends f",
  "select * from current_schema(), current_database()",
  "select count(ssn), count(email) from people where id < 3",
  "select case when id > 1 then 'many' else 'one' end from friends order by id",
  "select coalesce(null, 'x'), nullif(1, 1), greatest(1, 2)",
  "select array_agg(id order by id) from friends",
  "select unnest(array['a', 'b'])",
  "select date_trunc('month', timestamp '2024-02-03'), extract(year from date '2024-02-03')",
  "select upper('a'), lower('B'), length('abc'), substr('abc', 2), replace('a', 'a', 'b')",
  "select md5('a'), encode('a'::bytea, 'base64'), to_char(1234.5, '9,999.9')",
  "select * from other.people",
  "select mark from other.people as p",
  "explain (costs off) select * from friends where id = 1",
  "explain (format json, costs off) select 1",
  "select exists (select from friends), 1 in (select id from friends)",
  'select "From", "a""b", "naïve" from odd',
  "select not true, 1 + 2 * 3, 7 % 4, 2 ^ 3, |/ 4, 'a' like '_', 'abc' ~ 'b'",
  "select friends from friends order by id",
  "select n.v from plain n where n.id = any(array[1, 2]) order by id",
  "select from friends",
  "show server_version",
  "show transaction isolation level",
  "show search_path",
  "show standard_conforming_strings",
  "select current_setting('server_version_num')::int >= 120000",
  "select current_database(), current_schema(), current_schemas(false), version() like 'Postgre%'",
  "select current_user, session_user, user",
  "set statement_timeout = '30s'",
  "set search_path to public",
  "reset statement_timeout",
  "copy friends to stdout",
  "copy friends to stdout with (format csv, header)",
  "copy (select id, name from people where id < 4 order by id) to stdout with (format binary)",
  "select nothing from friends",
  "select * from nowhere",
  "select f() from friends",
  "select 1 / 0",
];

/** Of drivers, object mappers and administration tools. */
const INTROSPECTION = [
  "select oid, typname, typtype, typelem from pg_type where oid < 1000 order by oid",
  `select t.oid, t.typname, t.typsend, t.typreceive, t.typoutput, t.typinput from pg_type t
    where t.oid in (16, 17, 20, 23, 25) order by 1`,
  `select ns.nspname, typ.oid, typ.typname from pg_type typ join pg_namespace ns on ns.oid =
    typ.typnamespace where typ.typtype = 'e' order by 2`,
  `select e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid where t.typname =
    'mood' order by enumsortorder`,
  "select schemaname, tablename, tableowner from pg_tables where schemaname = 'public' order by 2",
  "select schemaname, viewname from pg_views where schemaname = 'public' order by 2",
  "select indexname, indexdef from pg_indexes where tablename = 'people' order by 1",
  "select sequencename, start_value from pg_sequences order by 1",
  `select table_name, table_type from information_schema.tables where table_schema = 'public'
    order by 1`,
  `select column_name, data_type, is_nullable, column_default, ordinal_position
    from information_schema.columns where table_name = 'people' order by ordinal_position`,
  `select constraint_name, constraint_type from information_schema.table_constraints where
    table_name = 'people' order by 1`,
  `select tc.constraint_name, kcu.column_name, ccu.table_name
    from information_schema.table_constraints tc
    join information_schema.key_column_usage kcu on tc.constraint_name = kcu.constraint_name
    join information_schema.constraint_column_usage ccu on ccu.constraint_name = tc.constraint_name
    where tc.table_name = 'friends' order by 1, 2`,
  "select schema_name from information_schema.schemata order by 1",
  `select routine_name, data_type from information_schema.routines where routine_schema =
    'public' order by 1, 2`,
  "select trigger_name from information_schema.triggers order by 1",
  "select sequence_name from information_schema.sequences order by 1",
  `select a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid),
    a.attnotnull, a.atttypid, a.atttypmod, a.attidentity, a.attgenerated
    from pg_attribute a left join pg_attrdef d on a.attrelid = d.adrelid and a.attnum = d.adnum
    where a.attrelid = '"people"'::regclass and a.attnum > 0
    and not a.attisdropped order by a.attnum`,
  `select i.relname, ix.indisunique, ix.indkey, pg_get_indexdef(ix.indexrelid) from pg_class t
    join pg_index ix on t.oid = ix.indrelid join pg_class i on i.oid = ix.indexrelid
    where t.relname = 'people' order by 1`,
  `select conname, pg_get_constraintdef(oid) from pg_constraint
    where conrelid = 'people'::regclass order by 1`,
  `select c.relname, c.relkind, pg_get_userbyid(c.relowner) from pg_class c where
    c.relnamespace = 'public'::regnamespace order by 1, 2`,
  `select n.nspname, obj_description(n.oid, 'pg_namespace') from pg_namespace n where nspname
    !~ '^pg_' order by 1`,
  "select pg_get_viewdef('people_view'::regclass, true)",
  `select proname, pg_get_function_identity_arguments(oid) from pg_proc where pronamespace =
    'public'::regnamespace order by 1, 2`,
  "select tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1",
  "select rolname, rolsuper, rolcanlogin from pg_roles order by 1",
  "select datname, encoding, datcollate from pg_database where datname = 'shop'",
  "select extname, extversion from pg_extension",
  "select name from pg_available_extensions where name = 'plpgsql'",
  "select inhrelid::regclass, inhparent::regclass from pg_inherits order by 1",
  "select col_description('people'::regclass, 1), shobj_description(1, 'pg_database')",
  "select has_table_privilege('people', 'select'), has_schema_privilege('public', 'create')",
  "select pg_is_in_recovery(), pg_encoding_to_char(6), to_regclass('friends'), to_regclass('nope')",
  "select typname, oid, typarray from pg_type where typname = 'hstore' or typname = 'citext'",
  "select relname, relhasindex, reltuples >= -1 from pg_class where relname = 'people'",
  "select locktype from pg_locks where locktype = 'advisory'",
  "select abbrev from pg_timezone_abbrevs where abbrev = 'UTC'",
  "select collname from pg_collation where collname in ('C', 'POSIX') order by 1",
  "select amname from pg_am order by 1",
  `select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and
    a.attnum = any(i.indkey) where i.indrelid = 'people'::regclass and i.indisprimary`,
];

/** Changes of the schema, as migration tools send them: each list is one session. */
const MIGRATIONS = [
  [
    "begin",
    "create table if not exists schema_migrations (version text primary key, applied_at timestamp)",
    "select version from schema_migrations order by version",
    "create table accounts (id serial primary key, title text not null default '', n int)",
    "create index accounts_title on accounts (lower(title))",
    "alter table accounts add column note text, add constraint positive check (n > 0)",
    "insert into accounts (title, n) values ('a', 1), ('b', 2) returning id, title",
    "update accounts set n = n + 1 where id = 1",
    "select * from accounts order by id",
    "create view account_titles as select id, title from accounts",
    "select * from account_titles order by id",
    "alter table accounts rename column note to remark",
    "comment on table accounts is 'money'",
    "insert into schema_migrations values ('1', null)",
    "rollback",
  ],
  [
    `do $$ begin create type size as enum ('S', 'M'); exception when duplicate_object then
      null; end $$`,
    "create table shirts (id int generated always as identity, size size not null default 'S')",
    "insert into shirts default values returning *",
    "alter type size add value if not exists 'L'",
    "drop table shirts",
    "drop type size",
  ],
  [
    "create temp table scratch (a int, b text)",
    "insert into scratch select g, 'row ' || g from generate_series(1, 5) g",
    "select * from scratch order by a",
    "select b, count(*) from scratch group by b order by b",
    "copy scratch to stdout",
    "delete from scratch where a > 3",
    "select sum(a) from scratch",
    "drop table scratch",
  ],
  [
    "begin isolation level serializable",
    "savepoint one",
    "insert into plain values (40, 'forty', 40)",
    "rollback to savepoint one",
    "release savepoint one",
    "select count(*) from plain where id = 40",
    "commit",
    "begin read only",
    "insert into plain values (41, 'x', 1)",
    "select 1",
    "rollback",
  ],
  [
    "prepare three as select nickname from friends where id = $1",
    "execute three(1)",
    "deallocate three",
    "begin",
    "declare c scroll cursor for select id, nickname from friends order by id",
    "fetch 1 from c",
    "fetch all from c",
    "move backward all in c",
    "close c",
    "commit",
    "discard all",
  ],
  [
    `insert into plain values (50, 'a', 1) on conflict (id) do update set v = excluded.v
      returning *`,
    `insert into plain values (50, 'b', 1) on conflict (id) do update set v = excluded.v
      returning v`,
    "update plain set n = 7 where id = 50 returning old.n, new.n",
    `merge into plain p using (values (50)) s(id) on p.id = s.id when matched then update set
      v = 'c'`,
    "delete from plain where id = 50 returning *",
    "insert into plain values (1, 'again', 1)",
    "insert into plain values (51, 'x', -1)",
  ],
];

/** One session each; every answer of it is compared. */
export const HARMLESS: readonly (readonly string[])[] = [
  ...[...WORK, ...INTROSPECTION].map((sql) => [sql]),
  ...MIGRATIONS,
];

/** psql's own questions. */
export const COMMANDS =
  `\\d;\\d+;\\d people;\\d+ people;\\d people_view;\\d+ people_view;\\d diary;\\dt;\\dt+;
  \\dt *.*;\\di;\\di+;\\dv;\\dv+;\\dm;\\ds;\\dn;\\dn+;\\df;\\df+;\\dT;\\dT+;\\dD;\\do;
  \\da;\\du;\\dg+;\\dx;\\dp;
  \\ddp;  \\dC;\\dF;\\dy;\\db;\\dc;\\dE;\\dL;\\drds;\\dRp;\\dA;\\sf tell;\\sv people_view;
  \\encoding;\\dd;\\dP;\\dX;\\z people;\\df tell*;\\dS pg_class;\\dFp;\\dFt;\\dFd;
  \\des;\\dew;\\deu;\\det;\\dl`
    .split(";")
    .map((command) => command.trim());
