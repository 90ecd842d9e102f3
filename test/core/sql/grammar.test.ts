import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { sqlBytesMax } from "../../../core/limits.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar, newInstance } from "../../support/grammar.ts";
// @ts-expect-error a plain script
import { vendor } from "../../../scripts/vendor-grammar.mjs";
import { SHOP, isMasked } from "./shop.ts";

const options = {
  isMasked,
  asks: () => "equality" as const,
  tells: () => false,
  detects: () => false,
};
const poison = `select ${"1+".repeat(20_000)}1`;

describe("the grammar", () => {
  it("is what the vendor script makes of the npm package", () => {
    const folder = mkdtempSync(join(tmpdir(), "grammar-"));
    vendor(folder);
    for (const name of ["libpg-query.mjs", "libpg-query.wasm"]) {
      const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
      expect(hash(join("core/sql/grammar", name))).toBe(hash(join(folder, name)));
    }
    rmSync(folder, { recursive: true });
  });

  it("drops an instance that trapped and goes on with the spare", async () => {
    const grammar = await loadGrammar();
    expect(grammar.parse(utf8(poison)).is).toBe("too complex");
    expect(grammar.needsSpare).toBe(true);
    expect(grammar.parse(utf8("select 1")).is).toBe("tree");
    expect(grammar.parse(utf8(poison)).is).toBe("too complex");
    expect(grammar.parse(utf8("select 1")).is).toBe("too complex");
    while (grammar.needsSpare) grammar.give(await newInstance());
    expect(grammar.parse(utf8("select 1")).is).toBe("tree");
  });

  it("refuses NUL and more than the bound", async () => {
    const grammar = await loadGrammar();
    expect(grammar.parse(utf8("select 1\0; drop table x"))).toMatchObject({
      is: "syntax error",
      at: 8,
    });
    expect(grammar.parse(new Uint8Array(sqlBytesMax + 1).fill(32)).is).toBe("too complex");
    expect(grammar.needsSpare).toBe(false);
  });

  it("gives back an instance that has grown", async () => {
    const grammar = await loadGrammar();
    const rows = Array.from({ length: 100_000 }, () => "(1,'a')").join(",");
    expect(grammar.parse(utf8(`insert into t values ${rows}`)).is).toBe("tree");
    expect(grammar.needsSpare).toBe(true);
  });
});

describe("analysis is total", () => {
  it("for any bytes and any mixture of words", async () => {
    const grammar = await loadGrammar();
    const words = fc.constantFrom(
      "select",
      "from",
      "users",
      "ssn",
      "u",
      ",",
      "(",
      ")",
      "*",
      ".",
      "=",
      "'a'",
      "1",
      "with",
      "as",
      "union",
      "join",
      "using",
      "insert into",
      "values",
      "returning",
      "update",
      "set",
      "where",
      "lateral",
      "case",
      "when",
      "then",
      "end",
      "order by",
      "limit",
      "::text",
      "delete from",
      "explain",
      "copy",
      "to stdout",
      ";",
    );
    const texts = fc.array(words, { maxLength: 25 }).map((list) => utf8(list.join(" ")));
    const check = (sql: Uint8Array): void => {
      expect(analyse(sql, grammar, new Names(SHOP), options).statements).toBeInstanceOf(Array);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 500 });
    fc.assert(fc.property(texts, check), { numRuns: 2_000 });
  });

  it.each([
    ["nested parentheses", `select ${"(".repeat(5_000)}1${")".repeat(5_000)}`],
    ["a chain of operators", `select ${"id+".repeat(2_000)}id from users`],
    ["nested selects", `${"select * from (".repeat(900)}select 1${") t".repeat(900)}`],
    ["many unions", Array.from({ length: 3_000 }, () => "select ssn from users").join(" union ")],
    ["a megabyte", `select '${"x".repeat(1_000_000)}'`],
    ["too much", `select '${"x".repeat(1_100_000)}'`],
  ])("for %s", async (_, sql) => {
    const analysis = analyse(utf8(sql), await loadGrammar(), new Names(SHOP), options);
    expect(analysis.statements).toHaveLength(1);
  });
});
