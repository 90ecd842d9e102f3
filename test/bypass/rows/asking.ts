import { type Row, rows } from "./row.ts";

/*
 * C. Which rows come, how many, in which order, and errors. Rui's rules allow equality, those of
 * max nothing.
 */

const as = (who: "rui" | "max", list: readonly (string | readonly string[])[]) =>
  list.map((sql) => ({ sql: typeof sql === "string" ? [sql] : sql, as: who }));

const EQUAL = [
  "select name from people where secret = 'Quokkaton'",
  "select name from people where 'Quokkaton' = secret and id < 9",
  "select name from people where ssn in ('Kestrelux-4471', 'x')",
  "select name from people where email = any(array['x', 'y'])",
  "select count(*) from people group by secret",
  "select distinct secret, name from people",
  "select distinct on (name) secret as name, id from people",
  "select a.name from people a join people b on a.secret = b.secret",
  "select a.name from people a join people b using (secret)",
  "select name from people where secret in (select secret from people)",
  "select p.name from people p natural join (select secret from people where id = 1) q",
  `select count(q.name) from (select id, secret from people) p natural left join
    (select id + 8 as id, secret, name from people) q`,
  "select t.* from (select secret from people) t union select secret from people",
];

const MORE = [
  "select name from people where secret like 'Q%'",
  "select name from people where secret ~ '^Q'",
  "select name from people where secret > 'M'",
  "select name from people where secret between 'A' and 'R'",
  "select name from people where left(secret, 1) = 'Q'",
  "select name from people where length(secret) = 9",
  "select name from people where (secret, id) = ('Quokkaton', 1)",
  "select name from people where (select secret) = 'Quokkaton'",
  "select name from people where exists (select where secret > 'M')",
  "select name from people where salary > 900000",
  "select name from people where salary * 2 = 1836547.10",
  "select name from people where secret = name",
  "select name from people order by secret",
  "select name from people order by salary desc limit 1",
  "select name, secret from people order by 2",
  "select name, secret as s from people order by s",
  "select secret as name, id from people order by name",
  "select secret as id, name from people order by id desc limit 1",
  "select secret as name, id from people union all select nickname, id from friends order by name",
  "select * from (select secret as name, id from people order by name limit 2) t",
  "select name, secret from people intersect select nspname, nspname from pg_namespace",
  "(select nspname, rolname from pg_namespace, pg_roles) except select name, secret from people",
  [
    "begin",
    'declare "Dee" cursor for select 1',
    "select name from people natural join (select '0'::text as secret, * from pg_cursors) c",
  ],
  [
    "begin",
    'declare "0" cursor for select 1',
    `select * from pg_cursors intersect select p.secret, c.statement, c.is_holdable, c.is_binary,
      c.is_scrollable, c.creation_time from people p, pg_cursors c`,
  ],
  "select name, upper(secret) as name2 from people order by name2 limit 1",
  "select id as secret, name from (select secret as id, name from people) t order by secret",
  "select p.name from people p natural join (select upper(secret) as secret from people) q",
  "select t.* from (select secret from people) t union select name from people",
  "select t.* from (select name, secret from people) t except select name, name from people",
  "select t.* from (select ssn from people) t union all select ssn from people order by ssn",
  "select t.* from (select secret, id from people) t intersect select 'Quokkaton', 1",
  "table people_view_view order by comment",
  "select name, secret s from people group by name, s order by s",
  "select name, row_number() over (order by salary) from people",
  "select name from people p join (values ('Quokkaton'), ('x')) v(s) on v.s = p.secret",
  "select name from people p join unnest(array['Quokkaton', 'x']) v(s) on v.s = p.secret",
  "select name from people where secret in (select 'Quokkaton')",
  "select count(*) from (select secret from people intersect select 'Quokkaton') t",
  "select count(*) from (select secret from people except values ('Quokkaton'), ('x')) t",
  "select count(*) from people having min(secret) > 'M'",
  "select name from people limit (select length(secret) from people where id = 1)",
  "select name from people, generate_series(1, length(secret))",
  "select secret::int from people",
  "select 1 / (length(secret) - 9) from people",
  "select case when secret = 'Quokkaton' then 1 / (id - 1) end from people",
  "select salary::int / id from people",
  "select name from people where name like secret",
  "with t as (select name, secret as s from people order by s) select name from t",
  "select t.name from (select name, secret from people) t where t.secret > 'M'",
  "explain select name from people where secret > 'M'",
  "copy (select name from people order by secret) to stdout",
  "begin; declare c cursor for select name from people order by secret; fetch all from c",
];

const PREPARED = ["prepare asking as select name from people order by secret", "execute asking"];

/** 600 guesses; the policy allows a session 1,000. */
const guesses = (from: number): string => {
  const list = Array.from({ length: 600 }, (_, i) => `'${from + i}'`);
  return `select name from people where secret in (${list.join(", ")})`;
};

export const ASKING: readonly Row[] = [
  ...rows("C", "passes", as("rui", EQUAL)),
  ...rows("C", "refused", as("max", EQUAL)),
  ...rows("C", "refused", as("rui", MORE)),
  ...rows("C", "refused", as("max", MORE)),
  // What a function returns may be a masked value.
  ...rows(
    "C",
    "refused",
    as("max", [
      "select name from people where tell(1) = 'Quokkaton'",
      "select name from people where id = 1 and tell(id) in ('a', 'Quokkaton')",
      "select name from people order by tell(id)",
      "select count(*) from tell_all() t(t) where t > 'M'",
      "select count(*) from tell_all() t(t) group by t",
      "select 1 / (length(tell(1)) - 9)",
      "select tell(1)::int",
      "select case when tell(1) > 'M' then 1 / (id - 1) end from people",
    ]),
  ),
  // The mask shows it.
  ...rows("C", "passes", as("max", ["select name from people where secret is null"])),
  ...rows("C", "refused", as("max", ["select name from people where salary is null"])),
  ...rows("C", "passes", [{ sql: [guesses(0), guesses(0)], as: "rui" }]),
  ...rows("C", "refused", [
    { sql: [guesses(0), guesses(600)], as: "rui" },
    { sql: PREPARED, as: "rui" },
    { sql: PREPARED, as: "max" },
  ]),
  ...rows("C", "masked", as("rui", ["select secret, ssn from people order by id"])),
];
