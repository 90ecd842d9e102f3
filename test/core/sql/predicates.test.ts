import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { ASKS_MASKED } from "../../../core/command.ts";
import type { Predicates } from "../../../core/masker.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Asked } from "../../../core/sql/asked.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { seededCrypto } from "../../support/values.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();

const asksTooMuch = (sql: string, may: Predicates): boolean => {
  const options = { isMasked, asks: () => may, tells: () => false, detects: () => false };
  const { statements } = analyse(utf8(sql), grammar, new Names(SHOP), options);
  return statements.some(({ risks }) => risks.includes(ASKS_MASKED));
};

/** What a statement asks about masked columns. */
const asked = (sql: string): string => {
  if (asksTooMuch(sql, "allow")) return "more than everything";
  if (asksTooMuch(sql, "equality")) return "more";
  return asksTooMuch(sql, "deny") ? "equality" : "nothing";
};

const ROWS = {
  nothing: [
    "select ssn, email, upper(ssn) from users where id = 1 order by name",
    "select id, name like 'a%', total / 2 from users join orders on orders.user_id = users.id",
    "select count(ssn), max(email), string_agg(ssn, ',') from users group by name",
    "select case when ssn = 'x' then 'y' end, coalesce(ssn, ''), ssn || email from users",
    "select ssn > 'b' from users",
    "select ssn::text, to_json(users), to_jsonb(users), array_agg(ssn) from users",
    "select jsonb_build_object('a', ssn), ssn || '' from users",
    "select ssn like 'x%', ssn ~ '^x' from users",
    "select to_json(users) ->> 'ssn', to_jsonb(users) #> '{ssn}' from users",
    "select coalesce((select json_agg(ssn) from users), '[]'::json), coalesce(ssn, '1') from users",
    "select distinct name from users union select note from orders",
    "select ssn from users union all select email from users",
    "select name from users where exists (select from orders where user_id = users.id)",
    "update users set ssn = 'x' where id = 1 returning ssn",
    "insert into users (id, ssn) values (1, 'x') on conflict (id) do nothing",
    "select id from other.users order by ssn",
    "select relname from pg_class order by 1",
  ],
  equality: [
    "select name from users where ssn = '078-05-1120'",
    "select name from users where $1 = email and id > 3",
    "select name from users where email = $1::text or ssn <> 'x'",
    "select name from users where ssn::text = 'x' and email::varchar in ('a', $1)",
    "select name from users where ssn in ('a', 'b') and not (email = 'c')",
    "select name from users where ssn = any(array['a', 'b'])",
    "select name from users where ssn is null or email is not null",
    "select name from users where ssn is distinct from 'a'",
    "select count(*), ssn from users group by ssn",
    "select ssn, count(*) from users group by 1",
    "select distinct ssn, id from users",
    "select distinct on (email) id from users",
    "select count(distinct ssn), string_agg(name, ',') from users",
    "select distinct on (name) ssn as name, id from users",
    "select a.id from users a join users b on a.ssn = b.ssn",
    "select a.id from users a join users b using (ssn)",
    "select a.id from users a natural join people b where b.code = 'x'",
    "select id from users where ssn in (select pin from hr.staff)",
    "select ssn from users intersect select pin from hr.staff",
    "select ssn from users union select ssn from users",
    "select id from (select id, ssn as s from users) t where s = 'x'",
    "with t as (select ssn s from users) select count(*) from t where s = 'x'",
    "select id from people where code = 'x'",
    "delete from users where ssn = 'x'",
    "delete from orders using users u where u.id = user_id and u.email = 'x'",
    "select count(*) from users group by rollup (ssn, name)",
  ],
  more: [
    "select id from users where ssn > 'x'",
    "select id from users where ssn like 'x%'",
    "select id from users where upper(ssn) = 'X'",
    "select id from users where ssn::varchar(1) = 'X'",
    "select id from users where ssn::name = 'X'",
    "select id from users where (ssn, id) = ('x', 1)",
    "select id from users where ssn = any($1)",
    "select id from users where ssn = any('{a,b}'::text[])",
    "select id from users where ssn = name",
    "select id from users where ssn = (select 'x')",
    "select id from users where ssn in (select 'x')",
    "select id from users where ssn in (select note from orders)",
    "select id from users join (values ('x')) v(s) on v.s = ssn",
    "select id from users join unnest($1::text[]) v(s) on v.s = ssn",
    "select a.id from users a join orders b on a.ssn = b.note",
    "select ssn from users intersect select note from orders",
    "select ssn from users except values ('x'), ('y')",
    "select id from users order by ssn",
    "select string_agg(name, ',' order by ssn), json_agg(id) from users",
    "select count(distinct upper(ssn)) from users",
    "select id, ssn from users order by 2",
    "select ssn as x from users order by x",
    "select ssn as name, id from users order by name",
    "select ssn as name, id from users union all select note, id from orders order by name",
    "select * from pg_cursors intersect select name, ssn from users",
    "select name, ssn from users except select * from pg_cursors",
    "select id from users natural join pg_cursors",
    "select id from users union all select 1 order by id limit (select length(ssn) from users)",
    "select id, rank() over (order by ssn) from users",
    "select id, rank() over w from users window w as (partition by ssn)",
    "select distinct lower(ssn) from users",
    "select id from users group by id having max(ssn) > 'x'",
    "select ssn::int from users",
    "select length(ssn) / id from users",
    "select 'x' like ssn from users",
    "select ssn like 'x\\', ssn ~ '^x' from users",
    "select ssn like $1 from users",
    "select ssn like 'x' || name from users",
    "select case when ssn = 'x' then name ~ '(' end from users",
    "select case when ssn = 'x' then (select id from orders) end from users",
    "select jsonb_build_object(ssn, 1), json_build_object(ssn, 1) from users",
    "select sum(length(ssn)::float8), avg(length(ssn)) from users",
    "select jsonb_build_object(ssn, 1) from users",
    "select to_char(length(ssn), '9') from users",
    "select extract(day from ssn) from users",
    "select replace(ssn, 'x', repeat('y', 1000000)) from users",
    "select ascii(ssn) from users",
    "select length(ssn, 'UTF8') from users",
    "select t.a from users, json_table(ssn, '$[*]' columns (a text path '$')) t",
    "select case when ssn = 'x' then 1 / id end from users",
    "select coalesce(ssn, (1 / id)::text) from users",
    "select ssn = 'x' and 1 / id > 0 from users",
    "select count(1 / id) filter (where ssn = 'x') from users",
    "select generate_series(1, length(ssn)) from users",
    "select unnest(array[ssn]) from users",
    "select id from people2 where c = 'X'",
    "update users set name = 'x' where ssn > 'b'",
    "insert into users values (1) on conflict (id) do update set name = 'x' where users.ssn > 'b'",
    "explain select id from users where ssn > 'x'",
    "copy (select id from users order by ssn) to stdout",
    "declare c cursor for select id from users order by ssn",
    "prepare p as select id from users order by ssn; execute p",
    "create temp table t as select id from users order by ssn",
  ],
} as const;

describe("questions about masked columns are counted", () => {
  it.each([
    ["select ssn from users where id = 1", 0],
    ["select id from users where ssn = 'a'", 1],
    ["select id from users where ssn = 'a' or ssn = 'b' and email = $1", 3],
    ["select id from users where ssn in ('a', 'b', $1)", 3],
    ["select id from users where ssn = any(array['a', 'b'])", 2],
    ["select id from users where ssn is null", 1],
    ["select count(*) from users group by ssn", 1],
    ["select id from users where ssn like 'a%' order by ssn", 2],
    ["select a.id from users a join users b using (ssn) where a.email = 'x'", 2],
    ["select id from users where ssn = 'a'; select id from users where ssn = 'b'", 2],
    ["prepare p as select id from users where ssn in ('a', 'b'); execute p", 2],
  ])("%s: %i", (sql, count) => {
    const options = {
      isMasked,
      asks: () => "equality" as const,
      tells: () => false,
      detects: () => false,
    };
    const { statements } = analyse(utf8(sql), grammar, new Names(SHOP), options);
    expect(statements.reduce((sum, { questions }) => sum + questions, 0)).toBe(count);
  });

  it("over a session, each command once for its values", () => {
    const asked = new Asked(seededCrypto());
    const bound = (value: string | null) => [
      { type: 25, format: 0, value: value === null ? null : utf8(value) },
    ];
    const counts = [
      asked.count(1, "where ssn = $1", bound("a")),
      asked.count(1, "where ssn = $1", bound("a")),
      asked.count(1, "where ssn = $1", bound("b")),
      asked.count(0, "select 1", []),
      asked.count(3, "where ssn in ('a', 'b', 'c')", []),
      asked.count(1, "where ssn = $1", bound(null)),
    ];
    expect(counts).toEqual([1, 1, 2, 0, 5, 6]);
  });
});

describe.each(Object.entries(ROWS))("asks %s about masked columns", (what, statements) => {
  it.each([...statements])("%s", (sql) => expect(asked(sql)).toBe(what));
});
