import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();
const options = {
  isMasked,
  asks: () => "equality" as const,
  tells: () => false,
  detects: (literal: string) => literal.includes("4111"),
};
const read = (sql: string, names = new Names(SHOP)) => analyse(utf8(sql), grammar, names, options);

const OPERATIONS: readonly (readonly [string, string])[] = [
  ["select 1", "select"],
  ["values (1)", "select"],
  ["show all", "show"],
  ["explain delete from users", "explain"],
  ["explain analyze delete from users", "delete explain"],
  ["explain (analyze false) delete from users", "explain"],
  ["explain (analyze, verbose) update users set id = 1", "explain update"],
  ["with d as (delete from users returning *) select * from d", "delete select"],
  ["with i as (insert into users values (1)) select 1", "insert select"],
  ["select * into x from users", "create select"],
  ["select 1 as a into x union select 2", "create select"],
  ["create table x as select * from users", "create select"],
  ["copy users to stdout", "select"],
  ["copy users from stdin", "copy insert"],
  ["copy (delete from users returning id) to stdout", "delete"],
  ["copy users to program 'x'", "program select"],
  ["copy users from '/etc/passwd'", "copy insert program"],
  ["insert into users values (1) on conflict (id) do update set name = 'x'", "insert update"],
  ["do $$ begin end $$", "do"],
  ["call p()", "call"],
  ["select steal()", "function select"],
  ["select pg_terminate_backend(1)", "function select"],
  ["select set_config('application_name', 'x', false)", "function select set"],
  ["select set_config('role', 'x', false)", "configure function select"],
  ["select set_config('ro' || 'le', 'x', false)", "configure function select"],
  ["lock users", "lock"],
  ["notify a, 'b'", "notify"],
  ["vacuum full users", "maintain"],
  ["refresh materialized view x", "refresh"],
  ["reassign owned by a to b", "role"],
  ["truncate users", "truncate"],
  ["alter role a password 'x'", "role"],
  ["alter system set x = 1", "configure"],
  ["set role x", "configure"],
  ["set session authorization x", "configure"],
  ["set statement_timeout = 1", "set"],
  ["set search_path to a, b", "set"],
  ["set client_encoding to 'UTF8'", "set"],
  ["set client_encoding to 'SJIS'", "configure"],
  ["set standard_conforming_strings = off", "configure"],
  ["set row_security = off", "set"],
  [
    "select set_config(name, 'view', false) from pg_settings where name = 'row_security'",
    "function select set",
  ],
  [
    "select set_config(name, 'view', false) from pg_settings where name = 'role'",
    "configure function select",
  ],
  [
    "select set_config(name, 'x', false) from pg_settings where name <> 'jit'",
    "configure function select",
  ],
  [
    "select set_config(name, 'x', false) from (select 'role' as name) pg_settings " +
      "where name = 'jit'",
    "configure function select",
  ],
  [
    "select (select set_config(name, 'x', false) from (values ('role')) v(name)) " +
      "from pg_settings where name = 'jit'",
    "configure function select",
  ],
  ["reset all", "configure"],
  ["reset statement_timeout", "set"],
  ["set transaction read only", "transaction"],
  ["set session characteristics as transaction read write", "transaction"],
  ["begin", "transaction"],
  ["rollback to a", "transaction"],
  ["prepare p as delete from users", "prepare"],
  ["execute nobody", "execute unknown"],
  ["fetch all from nobody", "cursor unknown"],
  ["declare c cursor for select * from users", "cursor select"],
  ["grant select on users to x", "grant"],
  ["alter table users owner to x", "alter grant"],
  ["load 'x'", "load"],
  ["create extension dblink", "load"],
  ["create function f() returns int language sql as 'delete from users'", "create"],
  ["drop table users", "drop"],
  ["discard all", "discard"],
  ["listen a", "listen"],
];

describe("operations are effects", () => {
  it.each(OPERATIONS)("%s", (sql, expected) => {
    expect(read(sql).statements[0]?.operations.join(" ")).toBe(expected);
  });

  it("takes what EXECUTE names from the session", () => {
    const names = new Names(SHOP);
    names.apply(
      read("prepare p as delete from users returning ssn", names).statements[0]?.effects ?? [],
    );
    const [statement] = read("execute p", names).statements;
    expect(statement?.operations).toEqual(["delete", "execute"]);
    expect(statement?.outputs?.[0]?.sources).toEqual([
      { schema: "public", table: "users", column: "ssn" },
    ]);
    expect(statement?.unbounded).toBe(true);
  });

  it("reads every statement of a string", () => {
    expect(read("select 1; ; delete from users").statements.map((s) => s.operations)).toEqual([
      ["select"],
      ["delete"],
    ]);
    expect(read(" -- nothing\n;").statements).toEqual([]);
  });
});

describe("copy", () => {
  it.each([
    ["copy users to stdout", "out text \t \\N"],
    ["copy users to stdout csv header", "out csv , "],
    ["copy users from stdin (format csv, delimiter ';', null 'x')", "in csv ; x"],
    ["copy users to stdout with binary", "out binary \t \\N"],
    ["copy users to stdout (encoding 'latin1')", null],
  ])("%s", (sql, expected) => {
    const copy = read(sql).statements[0]?.copy ?? null;
    const words = copy && `${copy.direction} ${copy.format} ${copy.delimiter} ${copy.nullText}`;
    expect(words).toBe(expected);
  });

  it("reads header and forced quotes", () => {
    const [statement] = read("copy users to stdout (format csv, header, force_quote *)").statements;
    expect(statement?.copy).toMatchObject({
      header: true,
      forceQuoteAll: true,
      quote: '"',
      escape: '"',
    });
    const [off] = read("copy users to stdout (format csv, header false)").statements;
    expect(off?.copy).toMatchObject({ header: false, forceQuoteAll: false });
  });
});

describe("unbounded", () => {
  it.each([
    ["delete from users", true],
    ["delete from users where true", true],
    ["delete from users where 1 = 1", true],
    ["delete from users where id = id", true],
    ["delete from users where id = 1 or true", true],
    ["delete from users where id = 1 and true", false],
    ["delete from users where id = 1", false],
    ["update users set id = 1 where now() is not null", true],
    ["update users u set id = 1 from orders o where o.id = 1", true],
    ["update users u set id = 1 from orders o where o.id = u.id", false],
    ["with d as (delete from users) select 1", true],
    ["truncate users", true],
    ["select * from users", false],
  ])("%s: %s", (sql, expected) => {
    expect(read(sql).statements[0]?.unbounded).toBe(expected);
  });
});

describe("can change nothing", () => {
  it.each([
    ["select id, upper(name) from users where id = 1", true],
    ["select * from people", true],
    ["show work_mem", true],
    ["values (1)", true],
    ["select relname from pg_class", true],
    ["select id from users for update", false],
    ["select steal()", false],
    ["select id into x from users", false],
    ["select id ~~> 1 from users", false],
    ["select id::shout from users", false],
    ["select id from remote", false],
    ["select id from nowhere", false],
    ["with d as (delete from users) select 1", false],
    ["select u.steal from users u", false],
    ["explain select 1", false],
    ["select nextval('x')", false],
  ])("%s: %s", (sql, expected) => {
    expect(read(sql).statements[0]?.changesNothing).toBe(expected);
  });
});

describe("objects", () => {
  it("resolves names through the search path and views", () => {
    const names = new Names(SHOP);
    expect(read("select * from people", names).statements[0]?.reads).toEqual([
      "public.people",
      "public.users",
    ]);
    names.apply([{ do: "searchPath", path: ["other", "public"], local: false }]);
    expect(read("select * from users", names).statements[0]?.reads).toEqual(["other.users"]);
    expect(read("insert into orders select 1", names).statements[0]?.writes).toEqual([
      "public.orders",
    ]);
    expect(read("drop table users, hr.staff", names).statements[0]?.writes).toEqual([
      "hr.staff",
      "other.users",
    ]);
    expect(read("truncate orders", names).statements[0]?.writes).toEqual(["public.orders"]);
  });

  it("warns when masked data would be copied to where it is not masked", () => {
    for (const sql of [
      "create table x as select ssn from users",
      "select ssn into x from users",
      "insert into orders (note) select ssn from users",
      "select set_config('my.x', ssn, false) from users",
      "with i as (insert into orders (note) select ssn from users) select 1",
      "update orders set note = u.ssn from users u where u.id = user_id",
    ]) {
      expect(read(sql).statements[0]?.risks).toContain("copies masked data");
    }
    for (const sql of [
      "insert into orders (note) values ('x')",
      "create temp table x as select ssn from users",
      "create materialized view x as select ssn from users",
      "update users set ssn = ssn",
    ]) {
      expect(read(sql).statements[0]?.risks).toEqual([]);
    }
    expect(read("update users set ssn = reverse(ssn)").statements[0]?.risks).toContain(
      "copies masked data",
    );
    expect(read("insert into orders (id) values (nextval('s'))").statements[0]?.risks).toEqual([]);
  });
});

describe("the shown form", () => {
  it.each([
    [
      "select id from orders where note = 'hello' -- hi",
      "select id from orders where note = 'hello'",
    ],
    [
      "select id from users where ssn = '123-45' limit 5",
      "select id from users where ssn = '…' limit 5",
    ],
    ["select id from users where id = 42", "select id from users where id = 42"],
    [
      "select id from users where id in (1, 2) and email like E'a\\'%'",
      "select id from users where id in (1, 2) and email like '…'",
    ],
    [
      "insert into users values (1, 'ann', 'a@b', $$x$$)",
      "insert into users values (1, 'ann', '…', '…')",
    ],
    [
      "update users set name = 'x', ssn = '1' where id = 7",
      "update users set name = 'x', ssn = '…' where id = 7",
    ],
    ["select upper('secret') from users", "select upper('…') from users"],
    ["select 'x' from nowhere", "select '…' from nowhere"],
    ["alter role ann password 'hunter2'", "alter role ann password '…'"],
    ["select '4111 1111'", "select '…'"],
    ["select /* a /* b */ c */ 1", "select 1"],
  ])("%s", (sql, expected) => {
    expect(read(sql).statements[0]?.shown).toBe(expected);
  });

  it("shows no more than its verb of what it cannot read", () => {
    const { statements, unknown } = read("select 'secret' 1");
    expect(unknown).toMatch(/^syntax error/);
    expect(statements[0]?.shown).toBe("SELECT … (17 bytes, not readable)");
    expect(read("pasted").statements[0]?.shown).toBe("… (6 bytes, not readable)");
    expect(statements[0]?.operations).toEqual(["unknown"]);
    expect(statements[0]?.outputs).toBeNull();
  });

  it("cuts what is long", () => {
    const shown = read(`select ${"1, ".repeat(5_000)} 1`).statements[0]?.shown ?? "";
    expect(shown.length).toBeLessThanOrEqual(4_100);
    expect(shown.endsWith("…")).toBe(true);

    const longest = `select '${"x".repeat(4_096 - "select ''".length)}'`;
    expect(read(`${longest}\n`).statements[0]?.shown).toBe(longest);
    expect(read(`${longest} as x`).statements[0]?.shown).toBe(`${longest} …`);
  });
});
