import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import type { Parameter } from "../../../core/command.ts";
import type { Masker } from "../../../core/masker.ts";
import { idleMasker } from "../../../core/masking/masker.ts";
import { maskedAmong, shownParameters } from "../../../core/review/bound.ts";
import { sampleCommand } from "../../support/values.ts";

const masker: Masker = {
  ...idleMasker,
  detects: true,
  hidesColumns: true,
  source: ({ table, column }) =>
    table === "people" && column === "ssn" ? idleMasker.whole("pii") : null,
  scan: (cell) => (Buffer.from(cell).includes("canary") ? { bytes: cell, findings: [] } : null),
};
const text = (value: string, type = 25): Parameter => ({ type, format: 0, value: utf8(value) });
const binary = (value: readonly number[], type: number): Parameter => ({
  type,
  format: 1,
  value: Uint8Array.from(value),
});
const shown = (
  parameters: readonly Parameter[],
  clearParameters = parameters.map((_, i) => i + 1),
) =>
  shownParameters(sampleCommand({ parameters, clearParameters }), masker).map((one) => one.shown);

describe("bound values, as reviewers see them", () => {
  it("are their text, and whole numbers also where they came in binary", () => {
    expect(
      shown([
        text("2020-01-01", 1082),
        binary([0xff, 0xff, 0xff, 0xfe], 23),
        binary([1], 16),
        binary([...utf8("plain")], 25),
        binary([1, 2, 3], 1700),
        { type: 0, format: 0, value: null },
      ]),
    ).toEqual(["2020-01-01", "-2", "true", "plain", "(3 bytes)", "NULL"]);
  });

  it("are hidden where they meet a mask, or a detector finds something", () => {
    expect(shown([text("123-45-6789"), text("7")], [2])).toEqual(["…", "7"]);
    expect(shown([text("a canary in it")])).toEqual(["…"]);
    expect(shown([text(`${"x".repeat(500)} canary`)])).toEqual(["…"]);
  });

  it("are cut, and the first hundred", () => {
    expect(shown([text("x".repeat(500))])[0]).toHaveLength(202);
    expect(shown(Array.from({ length: 300 }, () => text("1")))).toHaveLength(100);
  });
});

it("says which of the columns are masked, also with points in their names", () => {
  const named = ["public.people.ssn", "public.people.name", "a.b.people.ssn", "public.orders.id"];
  expect(maskedAmong(named, masker)).toEqual(["public.people.ssn", "a.b.people.ssn"]);
  expect(maskedAmong(named, idleMasker)).toEqual([]);
});
