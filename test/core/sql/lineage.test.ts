import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import type { Output } from "../../../core/sql/statement.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();

/**
 * `.` clear, `=` the masked column itself, `~` made from masked ones, `?` opaque; `*` nothing
 * known.
 */
function letters(sql: string): string {
  const { statements } = analyse(utf8(sql), grammar, new Names(SHOP), {
    isMasked,
    asks: () => "equality",
    tells: () => false,
    detects: () => false,
  });
  const outputs = statements.at(-1)?.outputs;
  return outputs === null || outputs === undefined ? "*" : outputs.map(letter).join("");
}

function letter({ sources, exact, opaque }: Output): string {
  if (sources.some(isMasked)) return exact && sources.length === 1 ? "=" : "~";
  return opaque ? "?" : ".";
}

const ROWS: readonly (readonly [string, string])[] = [
  // The column as it is, under any name and from anywhere.
  ["select id, name, email, ssn from users", "..=="],
  ["select ssn as id from users", "="],
  ["select * from users", "..=="],
  ["select u.* from users u", "..=="],
  ["select o.*, u.* from orders o, users u", "......=="],
  ["table users", "..=="],
  ['select SSN, "ssn", U&"\\0073sn" from users', "==="],
  ["select x from (select ssn as x from users) t", "="],
  ["select b from (select id, ssn from users) t(a, b)", "="],
  ["with t as (select ssn from users) select * from t", "="],
  ["with t(a, b) as (select id, ssn from users) select b, a from t", "=."],
  ["with a as (select ssn from users), b as (select ssn x from a) select x from b", "="],
  ["with users as (select id as ssn from orders) select ssn from users", "."],
  ["select id, code from people", ".="],
  ["select * from people2", ".~"],
  ["select pin from hr.staff", "="],
  ["select ssn from other.users", "."],
  ["select ssn from events_2026", "="],
  ["select ssn from events", "="],
  ["select t.ssn from orders o left join users t on t.id = o.user_id", "="],
  ["select * from orders o join users u using (id)", ".....=="],
  ["select ssn from orders o join users u using (id)", "="],
  ["select * from users natural join people", "..==="],
  ["select j.ssn from (users u join orders o on true) j", "="],
  ["select c from (users join orders on true) as j(a, b, c, d)", "="],
  ["select ssn from users u, lateral (select u.ssn as y) l", "="],
  ["select y from users u, lateral (select u.ssn as y) l", "="],
  ["select (information_schema._pg_expandarray(indkey)).n from pg_catalog.pg_index", "."],
  ["select (information_schema._pg_expandarray(array[ssn])).x from users", "~"],
  ["select setting from pg_catalog.pg_settings where name = 'max_index_keys'", "."],
  ["select setting from pg_settings where name = 'application_name'", "?"],
  ["select setting from pg_settings where name <> 'max_index_keys'", "?"],
  ["select name from pg_settings s(x, name) where name = 'max_index_keys'", "?"],
  ["select setting from pg_settings, users where name = 'max_index_keys'", "?"],
  [
    `with pg_settings as (select 'max_index_keys' as name, ssn as setting from users)
    select setting from pg_settings where name = 'max_index_keys'`,
    "=",
  ],
  // Expressions.
  ["select upper(ssn), length(ssn), md5(email) from users", "~~~"],
  ["select ssn || '' from users", "~"],
  ["select ssn::text, ssn::varchar, ssn::varchar(3), ssn::name, ssn::int from users", "==~~~"],
  ["select (ssn) from users", "="],
  ["select substr(ssn, 1, 1), id from users", "~."],
  ["select case when ssn = '1' then 1 else 0 end from users", "~"],
  ["select ssn = '1' from users", "~"],
  ["select (select ssn from users limit 1)", "~"],
  ["select (select max(ssn) from users where users.id = o.user_id) from orders o", "~"],
  ["select array(select ssn from users)", "~"],
  ["select exists (select 1 from users where ssn = '1')", "."],
  ["select coalesce(null, ssn), nullif(ssn, ''), greatest(ssn, '') from users", "~~~"],
  ["select array[ssn], row(ssn, id) from users", "~~"],
  ["select (array_agg(ssn))[1] from users", "~"],
  ["select string_agg(name, ssn) from users", "~"],
  ["select count(*) filter (where ssn = '1') from users", "~"],
  ["select string_agg(name, ',' order by ssn) from users", "~"],
  ["select row_number() over (order by ssn) from users", "~"],
  ["select rank() over w from users window w as (partition by ssn)", "~"],
  ["select lag(ssn) over (order by id) from users", "~"],
  ["select percentile_cont(0.5) within group (order by ssn) from users", "~"],
  ["select max(ssn), count(*) from users", "~."],
  ["select name from users group by name order by max(ssn)", "."],
  ["select distinct ssn from users", "="],
  ["select format('%s', u.*) from users u", "~"],
  ["select encode(convert_to(ssn, 'utf8'), 'base64') from users", "~"],
  ["select extract(year from ssn) from users", "~"],
  ["select overlay(ssn placing '' from 1) from users", "~"],
  ["select xmlforest(ssn) from users", "~"],
  ["select json_build_object('a', ssn) from users", "~"],
  ['select ssn collate "C" from users', "~"],
  ["select ssn is null from users", "~"],
  ["select name from users where ssn like '1%' order by email limit 1", "."],
  // Whole rows.
  ["select u from users u", "~"],
  ["select users from users", "~"],
  ["select u::text from users u", "~"],
  ["select (u).ssn from users u", "~"],
  ["select (u).id from users u", "."],
  ["select (u).* from users u", "..=="],
  ["select row_to_json(u) from users u", "~"],
  ["select row_to_json(t) from (select id, ssn from users) t", "~"],
  ["select to_jsonb(users) from users", "~"],
  ["select json_agg(u) from users u", "~"],
  ["select row(u.*) from users u", "~"],
  ["select u.row_to_json from users u", "~"],
  ["select u.steal from orders u", "?"],
  ["select (select u) from users u", "~"],
  ["select count(u) from users u", "~"],
  ["select j.key, j.value from users u, jsonb_each(to_jsonb(u)) j", "~~"],
  ["select * from users u, jsonb_each(to_jsonb(u)) j", "..==~~"],
  ["select v from users u, unnest(array[u.ssn]) v", "~"],
  ["select e from users u, jsonb_array_elements(to_jsonb(array[u.ssn])) e", "~"],
  // Names that only the server's own rules give, and names of an outer query.
  [
    "select (select total from (select (select u.ssn as total from users u limit 1)) t) " +
      "from orders",
    "~",
  ],
  ["select (select ssn from pg_class limit 1) from users", "~"],
  ["select (select u from pg_class limit 1) from users u", "~"],
  ["select (select value from jsonb_array_elements(to_jsonb(u)) total limit 1) from users u", "~"],
  [
    "select (select a from (select xmlelement(name x, ssn) from users) t limit 1) from orders a",
    "~",
  ],
  ["select json_agg from (select json_agg(u) from users u) t", "~"],
  ["select t.case from (select case when id = '1' then ssn else '' end from users) t", "~"],
  ["select int4 from (select (ssn = '1')::int4 from users) t", "~"],
  ["select length from (select length(ssn)::int4 from users) t", "~"],
  // Sets.
  ["select id from orders union select ssn from users", "~"],
  ["select id, ssn from users union all select 1, ''", ".~"],
  ["select ssn, id from users except select id, ssn from users", "~~"],
  ["values ((select ssn from users limit 1), 1)", "~."],
  ["select * from (values (1, (select ssn from users limit 1))) v", ".~"],
  ["select v from (values ('a')) t(v)", "."],
  [
    "with recursive t(a, b) as (select id, ssn from users union all select b, a from t) " +
      "select * from t",
    "~~",
  ],
  [
    "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n from t",
    ".",
  ],
  [
    "with recursive t as (select id, ssn from users union all select t.id, t.ssn from t) " +
      "search depth first by id set o select o, id from t",
    "~.",
  ],
  // Writes.
  ["insert into users values (1, 'a', 'b', 'c') returning id, ssn", ".="],
  ["insert into orders (note) select ssn from users returning note, id", "~."],
  ["insert into orders select * from users returning *", "..~~"],
  ["update orders set note = u.ssn from users u returning note, total", "~."],
  ["update users set name = ssn returning name", "~"],
  ["update users set name = 'x' returning old.ssn, new.id", "=."],
  ["delete from users returning *", "..=="],
  ["delete from orders using users u returning u.ssn", "="],
  [
    "insert into users (id) values (1) on conflict (id) do update set name = excluded.ssn " +
      "returning name",
    "~",
  ],
  [
    "merge into orders o using users u on o.id = u.id when matched then update set note = " +
      "u.ssn returning o.note",
    "~",
  ],
  ["with d as (delete from users returning ssn) select * from d", "="],
  ["insert into audited values (1, 'x') returning word", "?"],
  ["update users set name = 'x'", ""],
  // Copies out.
  ["copy users to stdout", "..=="],
  ["copy users (ssn, id) to stdout", "=."],
  ["copy (select ssn, id from users) to stdout", "=."],
  ["copy (delete from users returning email) to stdout", "="],
  ["copy users from stdin", ""],
  // Plans and settings.
  ["explain select name from users where ssn = '1'", "~"],
  ["explain analyze select id from orders", "."],
  ["show search_path", "."],
  ["show my.thing", "?"],
  // What cannot be known.
  ["select steal() ", "?"],
  ["select public.upper(id) from orders", "?"],
  ["select query_to_xml('select ssn from users', true, true, '')", "?"],
  ["select pg_read_file('x')", "?"],
  ["select current_setting('my.x')", "?"],
  ["select id ~~> 1 from orders", "?"],
  ["select ssn ~~> 1 from users", "~"],
  ["select id::shout from orders", "?"],
  ["select x from nowhere", "?"],
  ["select * from nowhere", "*"],
  ["select nowhere from orders", "?"],
  ["select id from remote", "?"],
  ["select tail from cards", "~"],
  ["select id, number from cards", ".="],
  ["select most_common_vals from pg_stats", "?"],
  ["select query from pg_stat_activity", "?"],
  ["select query from pg_catalog.pg_stat_activity", "?"],
  ["execute p", "*"],
  ["fetch c", "*"],
  ["call p()", "*"],
  ["select * from json_to_record('{}') as x(a int)", "?"],
  ["select * from unnest(array[1])", "*"],
  ["select * from pg_class", "..."],
  ["select c.*, u.ssn from pg_class c, users u", "...="],
  ["select * from pg_proc", "*"],
  ["select * from xmltable('/a' passing '<a/>' columns b text)", "*"],
  // Harmless.
  ["select 1, 'a', null, now(), current_user", "....."],
  ["select $1, $2::int", ".."],
  ["select id, total * 2 from orders where note like 'x%'", ".."],
  ["select o.id, count(*) from orders o group by o.id having count(*) > 1 order by 2", ".."],
  ["select total as t from orders order by t", "."],
  ["select name, id from users where email = 'a'", ".."],
  ["select ctid, xmin, tableoid from users", "..."],
  ["select sum(total) over (partition by user_id) from orders", "."],
  ["select generate_series(1, 3)", "."],
  ["select g from generate_series(1, 3) g", "."],
  ["select * from generate_series(1, 3) with ordinality", ".."],
  ["select u.name, o.total from users u join orders o on o.user_id = u.id", ".."],
  ["select c.relname, n.nspname from pg_catalog.pg_class c, pg_catalog.pg_namespace n", ".."],
  ["select relname from pg_class where pg_table_is_visible(oid)", "."],
  ["select table_name from information_schema.tables", "."],
  ["select version()", "."],
  ["insert into orders (id, note) values (1, 'x') returning id", "."],
  ["begin", ""],
  ["create table t (a int)", ""],
  ["create table t as select ssn from users", ""],
  ["select ssn into t from users", ""],
  ["select id from users for update", "."],
  ["select (select count(*) from orders o where o.user_id = u.id) from users u", "."],
  ["select name from users where id in (select user_id from orders)", "."],
  ["select case when total > 1 then 'a' else 'b' end from orders", "."],
  ["select array[1, 2], row(1, 2), '{}'::jsonb", "..."],
];

describe("lineage", () => {
  it.each(ROWS)("%s", (sql, expected) => {
    expect(letters(sql)).toBe(expected);
  });

  it("knows nothing without a catalog", () => {
    const { statements } = analyse(utf8("select ssn from users"), grammar, new Names(null), {
      isMasked,
      asks: () => "equality",
      tells: () => false,
      detects: () => false,
    });
    expect(statements[0]?.outputs).toEqual([
      { name: "ssn", sources: [], exact: false, opaque: true },
    ]);
  });
});
