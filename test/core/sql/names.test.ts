import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import type { CatalogColumn, Relation } from "../../../core/catalog.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();
const options = {
  isMasked,
  asks: () => "equality" as const,
  tells: () => false,
  detects: () => false,
};
const run = (names: Names, ...texts: readonly string[]): void => {
  for (const text of texts) {
    for (const { effects } of analyse(utf8(text), grammar, names, options).statements)
      names.apply(effects);
  }
};
const table = (names: Names, name = "users"): string => names.resolve(null, name).name;

describe("the search path", () => {
  it("follows SET, RESET and the transaction", () => {
    const names = new Names(SHOP);
    const before = names.version;
    run(names, "begin", "set search_path to other");
    expect(table(names)).toBe("other.users");
    expect(names.version).not.toBe(before);
    run(names, "rollback");
    expect(table(names)).toBe("public.users");
    expect(names.version).toBe(before);
    run(names, "begin", "set local search_path to other", "commit");
    expect(table(names)).toBe("public.users");
    run(names, "set local search_path to other");
    expect(table(names)).toBe("public.users");
    run(names, "select set_config('search_path', 'other', false)");
    expect(table(names)).toBe("other.users");
    run(names, "reset search_path");
    expect(table(names)).toBe("public.users");
    run(names, "begin", "savepoint a", "set search_path to other", "rollback to a", "commit");
    expect(table(names)).toBe("public.users");
  });

  it("finds nothing on a path that it cannot read", () => {
    const names = new Names(SHOP);
    run(names, "select set_config('search_path', current_setting('x'), false)");
    expect(names.resolve(null, "users").is).toBe("unknown");
  });
});

describe("tables of the session", () => {
  it("shadow others while they live", () => {
    const names = new Names(SHOP);
    run(names, "begin", "create temp table users as select 1 as id");
    expect(names.resolve(null, "users")).toMatchObject({ is: "overlay", name: "pg_temp.users" });
    expect(names.hasOverlay).toBe(true);
    expect(names.stale).toBe(false);
    run(names, "rollback");
    expect(table(names)).toBe("public.users");
  });

  it("stay after code, which may carry nothing masked into others of their name", () => {
    const names = new Names(SHOP);
    run(names, "do $$ begin end $$");
    expect(table(names)).toBe("public.users");
    expect(names.stale).toBe(true);
  });

  it("ask for a fresh catalog once they are committed", () => {
    const names = new Names(SHOP);
    run(names, "begin", "create table t (a int)");
    expect(names.stale).toBe(false);
    expect(names.pure(["upper"])).toBe(true);
    run(names, "create function f() returns int language sql as 'select 1'");
    expect(names.pure(["upper"])).toBe(false);
    run(names, "commit");
    expect(names.stale).toBe(true);
    names.learn({ ...SHOP, version: "shop-2" });
    expect(names.stale).toBe(false);
    expect(names.hasOverlay).toBe(false);
    expect(names.pure(["upper"])).toBe(true);
  });
});

it("know the helpers of the standard's schema, with which drivers list keys", () => {
  const names = new Names(SHOP);
  expect(names.pure(["information_schema", "_pg_expandarray"])).toBe(true);
  expect(names.pure(["information_schema", "_pg_user_mappings"])).toBe(false);
  expect(names.pure(["public", "_pg_expandarray"])).toBe(false);
});

describe("uncommitted tables", () => {
  const outputs = (names: Names, sql: string): string => {
    const [statement] = analyse(utf8(sql), grammar, names, options).statements;
    const marks = statement?.outputs?.map(({ opaque, sources }) =>
      opaque ? "~" : sources.some(isMasked) ? "=" : ".",
    );
    return marks?.join("") ?? "*";
  };

  it.each([
    ["a new one holds what was written into it", ["create table t (a int, b text)"], ".."],
    ["rows of its own", ["create table t (a int)", "insert into t values (1)"], "."],
    ["a column more", ["create table t (a int)", "alter table t add b text default 'x'"], ".."],
    ["a column less", ["create table t (a int, b int)", "alter table t drop column b"], "."],
    ["a default that calls anything", ["create table t (a int default steal())"], "~"],
    ["a default that counts", ["create table t (a int default nextval('s'), b int)"], ".."],
    ["a copy of a masked column", ["create table t as select id, ssn from users"], ".="],
    ["masked rows", ["create table t (a text)", "insert into t select ssn from users"], "*"],
    ["another's columns", ["create table t (like users)"], "*"],
    ["a child", ["create table t (a int) inherits (users)"], "*"],
    ["a type changed", ["create table t (a int)", "alter table t alter a type text"], "*"],
    [
      "code that may fill it",
      [
        "create table t (a text)",
        "create trigger x before insert on t execute function f()",
        "insert into t values ('')",
      ],
      "*",
    ],
  ])("%s", (_, statements, expected) => {
    const names = new Names(SHOP);
    run(names, "begin", ...statements);
    expect(outputs(names, "select * from t")).toBe(expected);
  });

  it("keep the taint of a table that is renamed or grows", () => {
    const names = new Names(SHOP);
    run(names, "begin", "alter table users add extra text", "alter table users rename to people2");
    expect(outputs(names, "select ssn, extra from people2")).toBe("=.");
  });
});

describe("what the catalog says", () => {
  it("knows columns by oid and number", () => {
    const names = new Names(SHOP);
    expect(names.column(20_001, 4)).toEqual({ schema: "public", table: "users", column: "ssn" });
    expect(names.column(1_259, 1)).toBe("system");
    expect(names.column(20_001, 9)).toBeNull();
    expect(names.column(99_999, 1)).toBeNull();
    expect(names.typeOf({ schema: "public", table: "users", column: "ssn" })).toBe(25);
  });

  it("takes a table that a newer one shares rows with for both", () => {
    const names = new Names(SHOP);
    const known = names.relation("hr.staff") as Relation;
    const sources = () => known.columns.map((column) => names.sourcesOf(known, column).length);
    expect(sources()).toEqual([1, 1]);
    const child = { ...known, oid: 20_100, schema: "public", parents: [known.oid] };
    names.learn({ ...SHOP, version: "shop-2", relations: [...SHOP.relations, child] });
    expect(sources()).toEqual([2, 2]);
    // Its columns are the very same objects.
    const [pin] = names.sourcesOf(child, known.columns[1] as CatalogColumn);
    expect(pin).toEqual({ schema: "public", table: "staff", column: "pin" });
  });

  it("does not take a stale prepared statement for what it was", () => {
    const names = new Names(SHOP);
    run(names, "prepare p as select id from users", "set search_path to other");
    const [statement] = analyse(utf8("execute p"), grammar, names, options).statements;
    expect(statement?.outputs).toBeNull();
  });
});
