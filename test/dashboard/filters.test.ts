import { describe, expect, it, test } from "vitest";
import {
  auditFiltersIn,
  boundsOf,
  isSpan,
  localInput,
  SPANS,
} from "../../dashboard/src/filters.ts";

describe("the span of an overview", () => {
  const now = new Date(2026, 10, 25, 14, 30);
  const local = (day: number) => new Date(2026, 10, day).toISOString();

  it.each([
    ["today", 25, 26],
    ["yesterday", 24, 25],
    ["week", 19, 26],
  ] as const)("%s begins and ends at midnight where the reader is", (span, from, to) => {
    expect(boundsOf(span, now)).toEqual({ from: local(from), to: local(to) });
  });

  it("is one of three words", () => {
    expect(SPANS.every(isSpan)).toBe(true);
    expect([null, "year", 7].some(isSpan)).toBe(false);
  });
});

describe("the filters of the audit trail", () => {
  it("keep what they are and leave out the rest", () => {
    const given = {
      actor: " ada ",
      action: "",
      subject: 7,
      outcome: "denied",
      from: "2026-11-25T08:30:00Z",
      to: "never",
      other: "x",
    };
    expect(auditFiltersIn(given)).toEqual({
      actor: "ada",
      outcome: "denied",
      from: "2026-11-25T08:30:00.000Z",
    });
    expect(auditFiltersIn({ outcome: "maybe" })).toEqual({});
  });

  test("show an instant by the reader's clock, and understand it again", () => {
    const instant = "2026-11-25T08:30:00.000Z";
    expect(auditFiltersIn({ from: localInput(instant) })).toEqual({ from: instant });
    expect(localInput(undefined)).toBe("");
  });
});
