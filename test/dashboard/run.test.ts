import { describe, expect, it } from "vitest";
import type { Difference, RehearsedStep } from "../../core/api/rehearsal.ts";
import { changeInWords } from "../../core/rehearsal/words.ts";
import { BEGUN, withStep } from "../../dashboard/src/run.ts";

const side: Difference["before"] = { verdict: "allow", rules: [], message: null };
const item: Difference = {
  session: `ses_${"0".repeat(26)}`,
  seq: 1,
  at: "2026-11-25T12:00:00.000Z",
  principal: "ada",
  resource: "shop-db",
  shown: "SELECT 1",
  before: side,
  after: side,
  masks: [],
  caution: null,
};
const step = (items: number, more: Partial<RehearsedStep> = {}): RehearsedStep => ({
  items: Array.from({ length: items }, () => item),
  examined: items,
  unjudged: [{ why: "cut", count: 2 }],
  next: "ses_1:1",
  sessions: { done: 1, of: 2 },
  ...more,
});

describe("a dry run", () => {
  it("adds its steps up, and is done with the last", () => {
    const first = withStep(BEGUN, step(2));
    expect(first).toMatchObject({ state: "running", examined: 2, more: 0 });
    const last = withStep(first, step(1, { next: null, sessions: { done: 2, of: 2 } }));
    expect(last).toMatchObject({ state: "done", examined: 3, sessions: { done: 2, of: 2 } });
    expect([...last.unjudged]).toEqual([["cut", 4]]);
  });

  it("keeps no more than a page can show, and counts the others", () => {
    const run = withStep(withStep(BEGUN, step(250)), step(250));
    expect(run.items.length + run.more).toBe(500);
    expect(run.items).toHaveLength(300);
  });
});

describe("a change in words", () => {
  it("tells the verdict, or what else is another", () => {
    const masks = [{ column: "a", before: "not masked", after: "masked" }];
    expect(changeInWords({ ...item, after: { ...side, verdict: "review" } })).toBe(
      "allowed → held",
    );
    expect(changeInWords({ ...item, masks })).toBe("allowed, masked otherwise");
    expect(changeInWords(item)).toBe("allowed, by other rules");
  });
});
