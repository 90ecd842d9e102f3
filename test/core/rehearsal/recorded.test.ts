import { describe, expect, it } from "vitest";
import { loadDocument } from "../../../core/policy/document.ts";
import { looksOf } from "../../../core/rehearsal/looks.ts";
import { readable, recordedIn } from "../../../core/rehearsal/recorded.ts";

describe("a shown text as SQL again", () => {
  it.each([
    ["SELECT 1", "SELECT 1"],
    ["SELECT a FROM t WHERE b = '…' AND c > …", "SELECT a FROM t WHERE b = '…' AND c > 0"],
    ['SELECT "…" FROM t LIMIT …;', 'SELECT "…" FROM t LIMIT 0;'],
    ["… (9 bytes, not readable)", "0 (9 bytes, not readable)"],
  ])("%s", (shown, sql) => {
    expect(readable(shown)).toBe(sql);
  });

  it("is nothing where it was cut", () => {
    expect(readable(`${"x".repeat(4_096)} …`)).toBeNull();
    expect(readable(`SELECT ${"x".repeat(4_090)} …`)).toBeNull();
  });
});

describe("commands of a stretch of records", () => {
  const at = 5;
  const command = (id: number, seq: number) => ({
    seq,
    event: {
      at,
      command: id,
      fact: {
        kind: "command",
        shown: `SELECT ${id}`,
        operations: ["select"],
        objects: [],
        unbounded: false,
        digest: "",
        secret: null,
      } as const,
    },
  });
  const decision = (id: number, seq: number) => ({
    seq,
    event: {
      at,
      command: id,
      fact: {
        kind: "decision",
        verdict: "allow",
        rules: ["r"],
        message: null,
        policy: "pol_1",
      } as const,
    },
  });
  const completed = (id: number, seq: number, rule: string) => ({
    seq,
    event: {
      at,
      command: id,
      fact: {
        kind: "completed",
        tag: "SELECT 1",
        rows: 1,
        masked: [{ rule, cells: 1 }],
        findings: [],
      } as const,
    },
  });

  it("have their decision and the rules that masked their answers, also of a pipeline", () => {
    const records = [
      command(1, 1),
      decision(1, 2),
      command(2, 3),
      decision(2, 4),
      completed(1, 5, "pii"),
      completed(2, 6, "pay"),
    ];
    const { commands, open } = recordedIn(records);
    expect(commands).toMatchObject([
      { seq: 1, command: 1, masks: ["pii"], decision: { policy: "pol_1" } },
      { seq: 3, command: 2, masks: ["pay"] },
    ]);
    expect(open).toBeNull();
  });

  it("end with one that waits for its decision, which the next stretch begins with", () => {
    expect(recordedIn([command(1, 1), decision(1, 2), command(2, 3)]).open).toBe(3);
    expect(recordedIn([decision(1, 2)]).commands).toEqual([]);
  });
});

describe("what conditions look at", () => {
  const document = loadDocument(`
resources: [{ name: a, type: postgres, host: h, database: d, user: u }]
guardrails:
  - { id: one, groups: [x], when: 'command.text.contains("a")', then: block }
  - { id: two, resources: [a], when: 'size(command.parameters) > 2', then: block }
  - { id: three, except: [y], when: command.questions > 3, then: block }
`);
  const looks = (groups: string[], name: string) => looksOf([document], { groups }, { name });

  it("counts where the rule speaks of that person on that resource", () => {
    expect(looks(["x"], "a")).toEqual({ text: true, parameters: true, questions: true });
    expect(looks(["y"], "b")).toEqual({ text: false, parameters: false, questions: false });
  });
});
