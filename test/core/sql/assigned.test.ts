import { expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();

/** `table.column=constant` of all that a text writes into masked columns, as EXECUTE finds it. */
function assigned(sql: string): string {
  const names = new Names(SHOP);
  const options = {
    isMasked,
    asks: () => "allow" as const,
    tells: () => false,
    detects: () => false,
  };
  const { statements } = analyse(utf8(sql), grammar, names, options);
  const all = statements.flatMap((statement) => statement.assigned);
  return all
    .map(({ column, value }) => {
      const shown = typeof value === "number" ? `$${value}` : value;
      return `${column.table}.${column.column}=${shown}`;
    })
    .toSorted()
    .join(" ");
}

it.each([
  // A column of its own, by position and by name.
  ["insert into users values (1, 'a', 'b', 'c')", "users.email=b users.ssn=c"],
  ["insert into users (ssn, id) values ($2, $1)", "users.ssn=$2"],
  ["insert into users (ssn) values ('a'), ($1), (null), (default)", "users.ssn=$1 users.ssn=a"],
  [
    "insert into users (ssn) values (''), (0), (1.5), (true), (false)",
    "users.ssn= users.ssn=0 users.ssn=1.5 users.ssn=f users.ssn=t",
  ],
  ["insert into users (id, ssn) select 1, 'a' union all select 2, $1", "users.ssn=$1 users.ssn=a"],
  ["insert into users (id, ssn) select id, 'a' from orders", "users.ssn=a"],
  ["insert into other.users (ssn) values ('a')", ""],
  ["insert into orders (note) values ('a')", ""],
  ["insert into orders values (1, 2, 3, $1)", ""],
  ["update users set ssn = 'a', name = 'b' where email = 'c'", "users.ssn=a"],
  ["update users set ssn = $1::text, email = cast('x' as varchar)", "users.email=x users.ssn=$1"],
  ["update users set (name, ssn) = ('a', $1)", "users.ssn=$1"],
  ["update users set (name, ssn) = row('a', 'b')", "users.ssn=b"],
  ["update users set (name, ssn) = (select 'a', 'b')", "users.ssn=b"],
  ["update users set ssn = default", ""],
  ["update users set ssn = null", ""],
  ["update events set ssn = 'a'", "events.ssn=a"],
  ["update events_2026 set ssn = 'a'", "events.ssn=a"],
  ["update people set code = 'a'", "users.ssn=a"],
  // Through what chooses one of several, and through tables of constants.
  ["update users set ssn = coalesce($1, ssn)", "users.ssn=$1"],
  ["update users set ssn = (select 'a')", "users.ssn=a"],
  [
    "update users set ssn = case when id = 7 then 'a' when name = 'no' then $1 else ssn end",
    "users.ssn=$1 users.ssn=a",
  ],
  ["update users set ssn = case name when 'no' then 'a' end", "users.ssn=a"],
  [
    "update users u set ssn = v.s from (values (1, 'a'), ($1, $2)) v(id, s) where v.id = u.id",
    "users.ssn=$2 users.ssn=a",
  ],
  ["with v(s) as (select $1) update users set ssn = s from v", "users.ssn=$1"],
  ["with u as (update users set ssn = 'a' returning id) select * from u", "users.ssn=a"],
  [
    `insert into users (id, ssn) values (1, 'a')
      on conflict (id) do update set ssn = 'b', email = $1`,
    "users.email=$1 users.ssn=a users.ssn=b",
  ],
  [
    `merge into users u using orders o on o.user_id = u.id
      when matched then update set ssn = 'a'
      when not matched then insert (id, email) values (1, $1)`,
    "users.email=$1 users.ssn=a",
  ],
  [
    "merge into users u using orders o on true when not matched then insert values (1, 'a', 'b')",
    "users.email=b",
  ],
  ["explain analyze update users set ssn = 'a'", "users.ssn=a"],
  // COPY FROM: the number of the field; generated columns have none.
  ["copy users from stdin", "users.email=$3 users.ssn=$4"],
  ["copy users (ssn, id) from stdin with (format csv)", "users.ssn=$1"],
  ["copy cards from stdin", "cards.number=$2"],
  ["copy users to stdout", ""],
  // What is made from a constant is another value; conditions write nothing.
  ["update users set ssn = upper('a'), email = email || 'b'", ""],
  ["update users set name = 'a' where ssn = 'b'", ""],
  ["select * from users where ssn = 'a'", ""],
  ["update users set ssn = ssn", ""],
  // A prepared statement writes its own constants and what EXECUTE gives.
  [
    "prepare p as update users set ssn = $1, email = 'b'; execute p('a')",
    "users.email=b users.ssn=a",
  ],
  [
    "prepare p(text, int) as update users set ssn = $1 where id = $2; execute p('a', 7)",
    "users.ssn=a",
  ],
  ["execute nobody('a')", ""],
])("%s", (sql, found) => {
  expect(assigned(sql)).toBe(found);
});
