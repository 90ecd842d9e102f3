import { expect, it } from "vitest";
import type { Fact } from "../../../core/fact.ts";
import { searchedCharactersMax, searchedMarksMax } from "../../../core/limits.ts";
import { findableIn, NOTHING } from "../../../core/recording/findable.ts";
import { encodeEvent } from "../../../core/recording/record.ts";
import { command, decision } from "../../support/facts.ts";

const records = (...facts: Fact[]) =>
  facts.map((fact) => encodeEvent({ at: 1, command: 1, fact }, () => new Uint8Array(4)));

const masked: Fact = {
  kind: "completed",
  tag: "SELECT 1",
  rows: 1,
  masked: [{ rule: "pii", cells: 1 }],
  findings: [],
};
const rejected: Fact = {
  kind: "settled",
  verdict: "rejected",
  review: "rev_1",
  by: [],
  message: null,
};

it("takes what was shown, met, named and decided, each once, and nothing of what is sealed", () => {
  const secret = { text: "delete from payments where x = 'Quokka'", parameters: [] };
  const one = { ...command("delete from payments", "public.payments"), secret };
  const facts = [
    one,
    decision("review", "careful"),
    rejected,
    one,
    decision("allow", "all"),
    masked,
  ];
  expect(findableIn(NOTHING, records(...facts))).toEqual({
    verdicts: ["held", "rejected", "masked"],
    rules: ["careful", "all", "pii"],
    objects: ["public.payments"],
    statements: ["delete from payments"],
  });
});

it("counts what detectors found as masked, and an answer with neither as not", () => {
  const found: Fact = { ...masked, masked: [], findings: [{ kind: "email", count: 2 }] };
  expect(findableIn(NOTHING, records(found))).toEqual({ ...NOTHING, verdicts: ["masked"] });
  expect(findableIn(NOTHING, records({ ...masked, masked: [] }))).toBe(NOTHING);
});

it("is the same object when nothing is new", () => {
  const all = records(command("select 1"), decision("block", "no"));
  const before = findableIn(NOTHING, all);
  expect(findableIn(before, all)).toBe(before);
  const bytes: Fact = { kind: "toClient", bytes: new Uint8Array(9) };
  expect(findableIn(NOTHING, records(bytes))).toBe(NOTHING);
});

it("keeps within its bounds, and one long statement leaves room for others", () => {
  const long = records(command(`select '${"x".repeat(50_000)}'`), command("select two"));
  expect(findableIn(NOTHING, long).statements.map(({ length }) => length)).toEqual([2_000, 10]);
  const many = Array.from({ length: 3_000 }, (_, n) => command(`select ${n}`, `public.t${n}`));
  const { statements, objects } = findableIn(NOTHING, records(...many));
  expect(statements.join("").length).toBe(searchedCharactersMax);
  expect(objects).toHaveLength(searchedMarksMax);
});
