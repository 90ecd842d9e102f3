import { describe, expect, it } from "vitest";
import {
  filtersInWords,
  filtersOf,
  isSearch,
  sessionsAsked,
} from "../../dashboard/src/session-filters.ts";

describe("filters of an address", () => {
  it("are those that mean something, and no others", () => {
    const state = { state: "live", when: "7-days", verdict: "blocked", text: " drop  " };
    expect(filtersOf({ ...state, more: "x" })).toEqual({ ...state, text: "drop" });
    const wrong = { state: "dead", when: "toString", verdict: "valueOf", text: [], rule: "" };
    expect(filtersOf(wrong)).toEqual({});
  });

  it("may look like numbers", () => {
    expect(filtersOf({ text: 42, principal: 7 })).toEqual({ text: "42", principal: "7" });
  });

  it("have days in a range alone, and only such as a calendar has", () => {
    expect(filtersOf({ when: "today", since: "2026-11-25" })).toEqual({ when: "today" });
    const range = { when: "range", since: "2026-11-25", until: "2026-13-45" };
    expect(filtersOf(range)).toEqual({ when: "range", since: "2026-11-25" });
  });
});

describe("what the gateway is asked", () => {
  const noon = new Date(2026, 10, 25, 12);
  const dayOf = (day: number, month = 10) => new Date(2026, month, day).toISOString();

  it("begins with the reader's midnight, the same all day long", () => {
    expect(sessionsAsked({ when: "today", rule: "r" }, noon)).toEqual({
      rule: "r",
      from: dayOf(25),
    });
    expect(sessionsAsked({ when: "7-days" }, noon)).toEqual({ from: dayOf(19) });
    const late = new Date(2026, 10, 25, 23, 59);
    expect(sessionsAsked({ when: "30-days" }, late)).toEqual(
      sessionsAsked({ when: "30-days" }, noon),
    );
  });

  it("has both days of a range in it", () => {
    const range = { when: "range", since: "2026-11-01", until: "2026-11-30" } as const;
    expect(sessionsAsked(range, noon)).toEqual({ from: dayOf(1), to: dayOf(1, 11) });
    expect(sessionsAsked({ when: "range" }, noon)).toEqual({});
  });
});

it("is said in words, each with what is left without it", () => {
  const filters = { text: "drop", when: "range", since: "2026-11-01" } as const;
  expect(filtersInWords(filters)).toEqual([
    { words: "says drop", without: { when: "range", since: "2026-11-01" } },
    { words: "from 2026-11-01", without: { text: "drop" } },
  ]);
  expect(filtersInWords({ when: "range" })).toEqual([]);
  expect(filtersInWords({ when: "today" })).toEqual([{ words: "today", without: {} }]);
  expect([isSearch({ rule: "r" }), isSearch({ state: "live" })]).toEqual([true, false]);
});
