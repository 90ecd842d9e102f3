import { describe, expect, test } from "vitest";
import type { Cell, Heard } from "../../bench/answer.ts";
import { needOf, needOfRefusal, tells, type Trial } from "../../bench/verdict.ts";

const heard = (rows: readonly Cell[][], over: Partial<Heard> = {}): Heard => ({
  error: null,
  tags: [`SELECT ${rows.length}`],
  results: [{ fields: [], rows }],
  ...over,
});
const trial = (one: Heard, other: Heard, again = one): Trial => ({ one, again, other });

const ANN = heard([["1", "ann"]]);
const BOB = heard([["1", "bob"]]);

describe("what two copies say shows whether masks are needed", () => {
  test.for([
    ["its cells differ", trial(ANN, BOB), "needed"],
    ["its cells are the same", trial(ANN, ANN), "without need"],
    ["only one copy has the row", trial(ANN, heard([])), "needed"],
    ["there is no row", trial(heard([]), heard([])), "undecided"],
    ["it is NULL in both", trial(heard([["1", null]]), heard([["1", null]])), "undecided"],
    ["it is NULL in one", trial(heard([["1", null]]), BOB), "needed"],
    ["it changes by itself", trial(ANN, BOB, heard([["1", "eve"]])), "undecided"],
  ] as const)("a column, where %s", ([, said, need]) => {
    expect(needOf(said, 0, 1)).toBe(need);
  });

  const failed = heard([], { error: "22012 division by zero", tags: [] });
  const changed = heard([], { results: [], tags: ["UPDATE 1"] });
  test.for([
    ["a cell differs", trial(ANN, BOB), "needed"],
    ["all is the same", trial(ANN, ANN), "without need"],
    ["only one copy fails", trial(ANN, failed), "needed"],
    ["neither has a row", trial(heard([]), heard([])), "undecided"],
    ["as many rows change", trial(changed, changed), "without need"],
    ["other numbers of rows change", trial(changed, { ...changed, tags: ["UPDATE 0"] }), "needed"],
    [
      "what was written differs",
      trial({ ...ANN, tags: ["UPDATE 1"] }, { ...BOB, tags: ["UPDATE 1"] }),
      "needed",
    ],
  ] as const)("a refusal, where %s", ([, said, need]) => {
    expect(needOfRefusal(said)).toBe(need);
  });

  test("masks of columns hide cells, and neither errors nor numbers of rows", () => {
    expect(tells(trial(ANN, BOB))).toBe(false);
    expect(tells(trial(ANN, failed))).toBe(true);
    expect(tells(trial(ANN, heard([])))).toBe(true);
  });
});
