import { describe, expect, test } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { inOrder, withReviews } from "../../dashboard/src/inbox.ts";
import { resultInWords, type Step, timeline } from "../../dashboard/src/timeline.ts";
import { aReview, idOf, RECORDS } from "../support/dashboard-samples.ts";

const commands = (steps: readonly Step[]) => steps.filter((step) => step.is === "command");
const record = (kind: string, fact: RecordView["fact"] = {}, command = 1): RecordView => ({
  seq: 1,
  at: "2026-01-01T00:00:00.000Z",
  kind,
  command,
  fact,
});
const command = record("command", { shown: "SELECT 1", operations: ["select"] });

describe("a timeline", () => {
  test("gathers under each command what became of it", () => {
    const steps = timeline(RECORDS);
    expect(steps.map((step) => step.is)).toEqual([
      "event",
      "event",
      "command",
      "command",
      "command",
    ]);
    expect(commands(steps)).toMatchObject([
      { verdict: "allowed", rules: ["engineers"], results: [{ rows: 3, maskedValues: 3 }] },
      {
        verdict: "blocked",
        message: "Dropping is not allowed.",
        failure: { says: "42501, said Sluice" },
      },
      { verdict: "approved", by: ["Rui"], results: [{ tag: "DELETE 12", rows: 12 }] },
    ]);
  });

  test("says that a command waits until it is settled", () => {
    const held = [command, record("decision", { verdict: "review", rules: ["r"], message: "m" })];
    expect(timeline(held)).toMatchObject([{ verdict: "waiting", message: "m" }]);
    const refusal = { verdict: "refuse", by: [], review: null, message: "No." };
    expect(timeline([...held, record("settled", refusal)])).toMatchObject([
      { verdict: "refused", message: "No." },
    ]);
  });

  test("keeps every statement's own answer", () => {
    const done = (tag: string) => record("completed", { tag, rows: 1, masked: [], findings: [] });
    const [step] = commands(timeline([command, done("SELECT 1"), done("UPDATE 1")]));
    expect(step?.results.map(({ tag }) => tag)).toEqual(["SELECT 1", "UPDATE 1"]);
  });

  test("counts what detectors found beside what rules masked", () => {
    const masked = [{ rule: "pii", cells: 2 }];
    const findings = [{ kind: "email", count: 3 }];
    const fact = { tag: "SELECT 1", rows: 1, masked, findings };
    const [step] = commands(timeline([command, record("completed", fact)]));
    expect(step?.results).toMatchObject([{ maskedValues: 5 }]);
  });

  test("tells of what belongs to no command that it has, and leaves out bytes", () => {
    const steps = timeline([
      record("toClient", { bytes: "AAAA" }),
      record("completed", { tag: "SELECT 1", rows: 1, masked: [], findings: [] }),
      record("end", { code: "closed", message: "" }, 0),
      record("a-kind-to-come", {}, 0),
    ]);
    expect(steps.map((step) => step.is === "event" && step.says)).toEqual([
      "completed: SELECT 1",
      "ended: closed",
    ]);
  });

  test("counts rows and values", () => {
    expect(resultInWords({ seq: 1, tag: "SELECT 1", rows: 1, maskedValues: 0 })).toBe(
      "SELECT 1: 1 row",
    );
    expect(resultInWords({ seq: 1, tag: "SELECT 1200", rows: 1200, maskedValues: 1 })).toBe(
      "SELECT 1200: 1,200 rows, 1 value masked",
    );
  });
});

describe("the inbox's order", () => {
  const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
  const late = aReview(1, { expiresAt: at(9) });
  const soon = aReview(2, { expiresAt: at(5) });
  const old = aReview(3, { state: "approved", settledAt: at(1) });
  const fresh = aReview(4, { state: "rejected", settledAt: at(2) });

  test("is what waits, the most urgent first, then what is settled, the latest first", () => {
    expect(inOrder([old, late, fresh, soon])).toEqual([soon, late, fresh, old]);
  });
  test("has each review once, as it is last known", () => {
    const settled = aReview(2, { state: "approved", settledAt: at(3) });
    const list = withReviews([soon, late], [settled]);
    expect(list).toEqual([late, settled]);
    expect(list.filter(({ id }) => id === idOf("rev", 2))).toHaveLength(1);
  });
});
