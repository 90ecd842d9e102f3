import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { canaryIn, canaryInCells } from "./canary.ts";
import { useGate } from "./gate.ts";
import { cellsOf, errorsOf, textsOf, type Wire } from "./wire.ts";

/*
 * A. A stale catalog: one session changes what a name means, and another, which read the catalog
 * before, asks by that name. Either the change or the question is refused, or the answer is masked.
 */

const gate = useGate();

/** What is there first, what the second session does, and what the first one asks then. */
const ROWS: readonly (readonly [string, readonly string[], string])[] = [
  [
    "create view fresh1 as select id, name as word from people",
    ["create or replace view fresh1 as select id, secret as word from people"],
    "select id, word from fresh1",
  ],
  [
    "create view fresh2 as select id, name as word from people",
    ["drop view fresh2", "create view fresh2 as select id, secret as word from people"],
    "select upper(word) from fresh2",
  ],
  [
    "create view fresh3 as select id, name as word from people",
    [
      "begin",
      "drop view fresh3",
      "create view fresh3 as select id, secret as word from people",
      "commit",
    ],
    "select word from fresh3",
  ],
  [
    "create table fresh4 (id int, word text)",
    ["drop table fresh4; create view fresh4 as select id, secret as word from people"],
    "select word || '' from fresh4",
  ],
  [
    `create view fresh5 as select id, name as word from people; create view spare5 as
    select id, secret as word from people`,
    ["drop view fresh5", "alter view spare5 rename to fresh5"],
    "select word from fresh5",
  ],
  [
    "create view spare6 as select id, name as word, secret from people",
    [
      "alter view spare6 rename column word to aside",
      "alter view spare6 rename column secret to word",
    ],
    "select word from spare6",
  ],
  [
    "create schema early; create table fresh7 (word text)",
    ["create view early.fresh7 as select secret as word from people"],
    "select word || '' from fresh7",
  ],
  [
    "create table fresh16 (word text)",
    ["create schema earliest create view fresh16 as select secret as word from public.people"],
    "select word || '' from fresh16",
  ],
  [
    "create table fresh8 (id int, name text, secret text)",
    ["alter table people inherit fresh8"],
    "select upper(secret) from fresh8",
  ],
  [
    "create table fresh9 (day int, notes text) partition by list (day)",
    [
      "alter table diary detach partition diary_old",
      "alter table fresh9 attach partition diary_old for values in (1, 2)",
    ],
    "select upper(notes) from fresh9",
  ],
  [
    `create function word10(text, int) returns text language sql as 'select secret from
    people where id = $2'`,
    ["create operator + (leftarg = text, rightarg = int, function = word10)"],
    "select 'x'::text + 1",
  ],
  [
    `create function word11(text, text) returns text language sql as 'select secret from
    people limit 1'`,
    ["create aggregate max(text, text) (sfunc = word11, stype = text)"],
    "select max('x'::text, 'y'::text)",
  ],
  [
    `create function word12(text, date) returns text language sql as 'select secret from
    people limit 1'`,
    ["alter function word12 rename to starts_with"],
    "select starts_with('x'::text, date '2000-01-01')",
  ],
  [
    `create schema aside13; create function aside13.lower(date) returns text language
    sql as 'select secret from people limit 1'`,
    ["alter function aside13.lower(date) set schema public"],
    "select lower(date '2000-01-01')",
  ],
  [
    "create function word14(mood) returns text language sql as 'select secret from people limit 1'",
    ["create cast (mood as text) with function word14(mood) as implicit"],
    "select upper('glad'::mood)",
  ],
  [
    "create materialized view fresh15 as select id, name as word from people",
    [
      "drop materialized view fresh15",
      "create materialized view fresh15 as select id, secret as word from people",
    ],
    "select upper(word) from fresh15",
  ],
  [
    "select",
    [
      "create view pg_catalog.fresh as select secret as word from people",
      "create view pg_shadow as select secret as usename from people",
    ],
    "select usename from pg_shadow",
  ],
];

/** Early in the path, so that what is made there goes before. */
const PATH = "set search_path = earliest, early, public";

describe("a name that another session gives to something else", () => {
  test.for(ROWS)("%s", async ([first, changes, question]) => {
    const made = await gate().direct("shop");
    expect(errorsOf(await made.query(first))).toEqual([]);
    const [asking, changing] = [await gate().open(), await gate().open()];
    const ask = async (wire: Wire) => {
      const answers = await wire.query(question);
      const whole = Buffer.concat(wire.seen).toString("latin1");
      expect(canaryIn(whole)).toBeNull();
      expect(canaryInCells(cellsOf(answers))).toBeNull();
    };
    await asking.query(PATH);
    await ask(asking);
    for (const sql of changes) await changing.query(sql);
    await ask(asking);
    for (const wire of [made, asking, changing]) wire.close();
  });
});

test("a session that lives learns what others have changed", { timeout: 90_000 }, async () => {
  const made = await gate().direct("shop");
  await made.query("create view learnt as select id, name as word from people");
  const asking = await gate().open();
  const question = "select word from learnt where id = 1";
  expect(textsOf(await asking.query(question))).toEqual(["Ann"]);
  await made.query("create or replace view learnt as select id, secret as word from people");
  const changing = await gate().open();
  await changing.query("create table news (id int); drop table news");
  const until = performance.now() + 75_000;
  let seen: readonly (string | null)[] = [];
  do {
    await sleep(1000);
    seen = textsOf(await asking.query(question));
  } while (seen[0] !== "[redacted]" && performance.now() < until);
  expect(seen).toEqual(["[redacted]"]);
  for (const wire of [made, asking, changing]) wire.close();
});
