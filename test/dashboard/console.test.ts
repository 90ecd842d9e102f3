import { describe, expect, it } from "vitest";
import type { ConsoleTold } from "../../core/api/console.ts";
import {
  CLOSED,
  type ConsoleState,
  heard,
  isBusy,
  newRun,
  placeOf,
} from "../../dashboard/src/console.ts";
import { toCsv, toJson } from "../../dashboard/src/export.ts";

const begun: ConsoleState = { ...CLOSED, line: "open", run: newRun(7, "select 1", "shop-db") };
const after = (...told: readonly ConsoleTold[]): ConsoleState => told.reduce(heard, begun);

const rows = (id: number, more: boolean, ...values: readonly string[]): ConsoleTold => ({
  on: "rows",
  id,
  columns: [{ name: "a" }],
  rows: values.map((value) => [value]),
  more,
});
const done: ConsoleTold = { on: "done", id: 7, tag: "SELECT", rows: 3, ms: 1, whole: true };

describe("what a page knows of its console", () => {
  it("gathers rows, and is busy until the end", () => {
    const first = after(rows(7, true, "1", "2"));
    expect([first.run?.state, isBusy(first)]).toEqual(["more", true]);
    const last = after(rows(7, true, "1", "2"), rows(7, false, "3"), done);
    expect(last.run?.rows).toEqual([["1"], ["2"], ["3"]]);
    expect([last.run?.state, isBusy(last)]).toEqual(["done", false]);
  });

  it("takes nothing for its statement that is another's", () => {
    expect(after(rows(6, false, "1"))).toEqual(begun);
  });

  it("keeps notices, and the review apart from them", () => {
    const notice = { on: "notice", id: 7, severity: "NOTICE", message: "hm" } as const;
    const { run } = after(
      { ...notice, review: "rev_00000000000000000000000001" },
      { ...notice, review: null },
    );
    expect(run).toMatchObject({
      review: "rev_00000000000000000000000001",
      notices: ["NOTICE: hm"],
    });
  });

  it("says of a statement that was cut off that nobody knows how it ended", () => {
    const cut = after({ on: "ended", code: "killed", message: "Enough." });
    expect(cut).toMatchObject({ line: "closed", ended: "Enough.", run: { state: "ended" } });
    const later = after(done, { on: "ended", code: "idle", message: "Idle." });
    expect(later.run?.state).toBe("done");
  });

  it("counts a place in characters, as PostgreSQL does", () => {
    expect(placeOf("select 🙂,\n  nme", 13)).toBe("line 2, column 3");
    expect(placeOf("x", 1)).toBe("line 1, column 1");
  });
});

describe("a saved result", () => {
  const columns = ["a", "b"];

  it.each([
    ['say "hi"', '"say ""hi"""'],
    ["a,b", '"a,b"'],
    ["two\nlines", '"two\nlines"'],
    ["", '""'],
    [null, ""],
    ["-1.5", "-1.5"],
    ["1e10", "1e10"],
    ["=1+1", "'=1+1"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["-1+1", "'-1+1"],
    [" =1", "' =1"],
    ["\t=1", "'\t=1"],
    [" a ", '" a "'],
    ["＝1", "'＝1"],
  ])("as CSV has %j as %s", (cell, written) => {
    expect(toCsv({ columns: ["=a"], rows: [[cell]] })).toBe(`'=a\r\n${written}\r\n`);
  });

  it("as JSON has texts as they came, and no column lost to its name", () => {
    const json = toJson({ columns: [...columns, "a", "__proto__"], rows: [["1", null, "2", "3"]] });
    expect(json).toContain('"__proto__": "3"');
    expect(JSON.parse(json)).toMatchObject([{ a: "1", b: null, a_2: "2" }]);
  });
});
