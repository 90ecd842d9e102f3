import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokens } from "../../dashboard/src/sql.ts";
import { hiddenIn, oneLine, pieces } from "../../dashboard/src/visible.ts";

describe("what nobody would see", () => {
  test.for([
    ["\u202e", "\\u{202e}"],
    ["\u200b", "\\u{200b}"],
    ["\ufeff", "\\u{feff}"],
    ["\u00a0", "\\xa0"],
    ["\u3000", "\\u{3000}"],
    ["\u001b", "\\x1b"],
    ["\u0000", "\\x00"],
    ["\r", "\\r"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\ud800", "\\u{d800}"],
  ])("%j is written out", ([character = "", written]) => {
    expect(pieces(`a${character}b`)).toEqual([
      { text: "a", hidden: null },
      { text: character, hidden: written },
      { text: "b", hidden: null },
    ]);
  });

  test.for(["SELECT 1", "a\nb\tc", "naïve 日本 🙂", "a\r\nb"])("%j stays as it is", (text) => {
    expect(pieces(text)).toEqual([{ text, hidden: null }]);
    expect(hiddenIn(text)).toBe(0);
  });

  test("nothing is lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const all = pieces(text).map(({ text }) => text);
        expect(all.join("")).toBe(text);
      }),
    );
  });

  test("a list has one line of it", () => {
    expect(oneLine("  DELETE\n\tFROM a\u202e ")).toBe("DELETE FROM a\\u{202e}");
  });
});

describe("colours", () => {
  const kinds = (sql: string) =>
    tokens(sql)
      .filter(({ kind, text }) => kind !== "text" && text !== "")
      .map(({ kind, text }) => [kind, text]);

  test.for([
    ["SELECT a", [["keyword", "SELECT"]]],
    ["'it''s' x", [["string", "'it''s'"]]],
    ["E'a\\'b' x", [["string", "E'a\\'b'"]]],
    ["'a\\' x", [["string", "'a\\'"]]],
    ["$$a'b$$ x", [["string", "$$a'b$$"]]],
    ["$f$ a $$ b $f$ x", [["string", "$f$ a $$ b $f$"]]],
    ["$1 x", [["number", "$1"]]],
    ['"se""lect" x', [["name", '"se""lect"']]],
    ["/* a /* b */ c */ x", [["comment", "/* a /* b */ c */"]]],
    ["-- all\nx", [["comment", "-- all"]]],
    ["/* open SELECT", [["comment", "/* open SELECT"]]],
    ["'open SELECT", [["string", "'open SELECT"]]],
    ["selected", []],
  ] as const)("%j", ([sql, expected]) => {
    expect(kinds(sql)).toEqual(expected);
  });

  test("paint every character once, whatever the text", () => {
    const sql = fc.array(
      fc.constantFrom("'", "''", "$$", "$a$", "/*", "*/", "--", "\n", '"', "E'", "\\", "x", "1"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          sql.map((s) => s.join("")),
        ),
        (text) => {
          const all = tokens(text).map(({ text }) => text);
          expect(all.join("")).toBe(text);
        },
      ),
    );
  });
});
