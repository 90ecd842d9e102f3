import { describe, expect, it } from "vitest";
import { CsvWriter, JsonWriter, TableWriter } from "../../cli/output/rows.ts";
import { table } from "../../cli/output/table.ts";
import { visible, visibleLines } from "../../cli/output/visible.ts";
import { safeJson } from "../../core/visible.ts";

describe("visible", () => {
  it.each([
    ["plain Ünïcode 日本 🙂", "plain Ünïcode 日本 🙂"],
    ["\u001b[2J", "\\x1b[2J"],
    ["\u009b31m", "\\x9b31m"],
    ["a\nb\r\tc", "a\\nb\\r\\tc"],
    ["\u0000\u007f", "\\x00\\x7f"],
    ["abc\u202edcba", "abc\\u{202e}dcba"],
    ["\u2066x\u2069", "\\u{2066}x\\u{2069}"],
    ["a\u200bb\u200dc\ufeff", "a\\u{200b}b\\u{200d}c\\u{feff}"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\ud800", "\\u{d800}"],
    ["\u2028", "\\u{2028}"],
  ])("shows %j as %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it("keeps lines where lines are wanted, and nothing else", () => {
    expect(visibleLines("a\r\n\tb\u001b\nc")).toBe("a\n  b\\x1b\nc");
  });

  it("leaves nothing in JSON that a terminal obeys", () => {
    const json = safeJson(["\u001b\u009b\u202e\u200b🙂"]);
    expect(json).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(json)).toEqual(["\u001b\u009b\u202e\u200b🙂"]);
  });
});

it("table aligns columns and escapes cells", () => {
  expect(table(["a", "bb"], [["xyz", "\u001b"]])).toBe("a    bb\nxyz  \\x1b\n");
});

describe("rows", () => {
  it("as a table tell NULL from empty, and end with the server's tag", () => {
    const writer = new TableWriter();
    const text = writer.begin(["id", "name"]) + writer.row(["1", null]) + writer.row(["20", ""]);
    expect(text + writer.end("SELECT 2")).toBe("id | name\n---+-----\n1  | NULL\n20 |\nSELECT 2\n");
  });

  it("as a table are let go after the first hundred", () => {
    const writer = new TableWriter();
    writer.begin(["n"]);
    const texts = Array.from({ length: 101 }, (_, i) => writer.row([String(i)]));
    expect(texts[98]).toBe("");
    expect(texts[99]?.split("\n").length).toBe(103);
    expect(texts[100]).toBe("100\n");
  });

  it("as CSV quote what RFC 4180 wants quoted", () => {
    const writer = new CsvWriter(false);
    expect(writer.begin(["a", "b,c"])).toBe('a,"b,c"\r\n');
    expect(writer.row([null, ""])).toBe(',""\r\n');
    expect(writer.row(['say "hi"', "two\nlines"])).toBe('"say ""hi""","two\nlines"\r\n');
  });

  it("as CSV on a terminal cannot steer it, nor can what COPY gives to a table", () => {
    expect(new CsvWriter(true).row(["\u001b[31m"])).toBe("\\x1b[31m\r\n");
    expect(new CsvWriter(true).copied("\u001b\n")).toBe("\\x1b\n");
    expect(new CsvWriter(false).copied("\u001b\n")).toBe("\u001b\n");
    expect(new TableWriter().copied("a\tb\u001b\n")).toBe("a  b\\x1b\n");
  });

  it("as JSON are one array over all results", () => {
    const writer = new JsonWriter();
    const none = new JsonWriter();
    const parts = [writer.begin(["a"]), writer.row(["1"]), writer.end("SELECT 1")];
    const more = [writer.begin(["b"]), writer.row([null]), writer.end("SELECT 1"), writer.close()];
    expect(JSON.parse([...parts, ...more].join(""))).toEqual([{ a: "1" }, { b: null }]);
    expect(JSON.parse(none.begin(["a"]) + none.end("SELECT 0") + none.close())).toEqual([]);
  });
});
