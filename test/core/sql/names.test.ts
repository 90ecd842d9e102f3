import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

const grammar = await loadGrammar();
const options = { isMasked, detects: () => false };
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

  it("may be any after opaque code", () => {
    const names = new Names(SHOP);
    run(names, "do $$ begin end $$");
    expect(names.resolve(null, "users")).toMatchObject({ is: "overlay", columns: null });
    expect(names.resolve("public", "users").is).toBe("relation");
    run(names, "discard all");
    expect(table(names)).toBe("public.users");
  });

  it("ask for a fresh catalog once they are committed", () => {
    const names = new Names(SHOP);
    run(names, "begin", "create table t (a int)");
    expect(names.stale).toBe(false);
    expect(names.pure(["upper"])).toBe(false);
    run(names, "commit");
    expect(names.stale).toBe(true);
    names.learn({ ...SHOP, version: "shop-2" });
    expect(names.stale).toBe(false);
    expect(names.hasOverlay).toBe(false);
    expect(names.pure(["upper"])).toBe(true);
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

  it("does not take a stale prepared statement for what it was", () => {
    const names = new Names(SHOP);
    run(names, "prepare p as select id from users", "set search_path to other");
    const [statement] = analyse(utf8("execute p"), grammar, names, options).statements;
    expect(statement?.outputs).toBeNull();
  });
});
