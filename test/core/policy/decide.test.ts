import { describe, expect, test } from "vitest";
import { type Command, COPIES_MASKED } from "../../../core/command.ts";
import { literalPolicy } from "../../../core/policy/literal.ts";
import { bytes } from "../masking/given.ts";
import { command, NOW, person, policyOf } from "./given.ts";

const RULES = `
grants:
  - { id: readers, groups: [analysts], resources: [shop-db] }
  - { id: engineers, groups: [engineers], resources: { labels: { env: prod } },
      access: [read, write], hours: 8 }
  - { id: owners, groups: [owners], resources: [shop-db], access: [read, write, schema, admin] }
guardrails:
  - { id: no-drop, when: '"drop" in command.operations', then: block,
      message: Dropping is not allowed. }
  - { id: unbounded, when: command.unbounded, then: review, reviewers: [leads], minutes: 30 }
  - { id: payments, when: '"public.payments" in command.objects && "delete" in command.operations',
      then: review, reviewers: [finance], approvals: 2 }
  - { id: fine, when: 'command.operations.all(o, o == "select")', then: allow }
  - { id: always-fine, then: allow }
  - { id: night, groups: [owners], when: 'now.hour < 5 && now.weekday == 3
      && "grant" in command.operations', then: block }
  - { id: swiss-night, groups: [owners], zone: Europe/Zurich, when: 'now.hour == 3
      && "role" in command.operations', then: block }
  - { id: broken, except: [engineers, owners], when: 'command.parameters[3] == "x"',
      then: review, reviewers: [leads] }
  - { id: elsewhere, resources: [test-db], then: block }
`;

const ada = person("ada", "engineers");
const olga = person("olga", "owners");
const del = { operations: ["delete"], objects: ["public.payments"] } as const;

test.each([
  ["engineers read", ada, {}, "allow", ["fine", "always-fine"]],
  ["engineers write", ada, { operations: ["update"] }, "allow", ["always-fine"]],
  ["engineers create nothing", ada, { operations: ["create"] }, "block", ["engineers"]],
  ["what cannot be read needs admin", ada, { operations: ["unknown"] }, "block", ["engineers"]],
  ["an allow rule grants no access", ada, { operations: ["grant"] }, "block", ["engineers"]],
  ["with admin it may run", olga, { operations: ["unknown"] }, "allow", ["always-fine"]],
  ["dropping is blocked", olga, { operations: ["drop"] }, "block", ["no-drop", "always-fine"]],
  [
    "an update of all rows waits",
    ada,
    { operations: ["update"], unbounded: true },
    "review",
    ["unbounded", "always-fine"],
  ],
  [
    "block outweighs review",
    olga,
    { operations: ["drop"], unbounded: true },
    "block",
    ["no-drop", "unbounded", "always-fine"],
  ],
  ["the hour counts in UTC", olga, { operations: ["grant"] }, "block", ["always-fine", "night"]],
  [
    "or in the rule's zone",
    olga,
    { operations: ["role"] },
    "block",
    ["always-fine", "swiss-night"],
  ],
  [
    "a condition that fails blocks",
    person("ann", "analysts"),
    {},
    "block",
    ["fine", "always-fine", "broken"],
  ],
  ["a stranger is refused", person("eve", "nobody"), {}, "block", []],
  ["even for nothing", person("eve", "nobody"), { operations: [] }, "block", []],
] as const)("%s", (_name, who, what, verdict, rules) => {
  const decision = policyOf(RULES, who).decide(command(what), NOW);
  expect(decision).toMatchObject({ verdict, rules: [...rules] });
});

test("among reviews the strictest stands, all rules are named", () => {
  const decision = policyOf(RULES, ada).decide(command({ ...del, unbounded: true }), NOW);
  expect(decision).toMatchObject({
    verdict: "review",
    rules: ["unbounded", "payments", "always-fine"],
    reviewers: ["finance"],
    approvals: 2,
    expiresInSeconds: 900,
    signIn: null,
  });
});

test("a refusal names the access that is missing and the grant that lacks it", () => {
  expect(policyOf(RULES, ada).decide(command({ operations: ["alter"] }), NOW)).toMatchObject({
    message: "This needs schema access to shop-db; engineers gives read, write.",
  });
});

test("what might copy masked values is refused where columns are masked, and nowhere else", () => {
  const copying = command({ operations: ["insert"], risks: [COPIES_MASKED] });
  const grants =
    "grants: [{ id: all, groups: [engineers], resources: [shop-db], access: [write] }]";
  const detects = "masking: [{ id: cards, detect: [credit_card] }]";
  const masks = 'masking: [{ id: pii, columns: ["*.ssn"] }]';
  const verdict = (masking: string) =>
    policyOf(`${grants}\n${masking}\n`, ada).decide(copying, NOW).verdict;
  expect(["", detects, masks].map(verdict)).toEqual(["allow", "allow", "block"]);
});

test("a mask on its way back over values is refused, with the column and its rule", () => {
  const overwrites = { column: "employees.ssn", rule: "pii" };
  const decided = policyOf(RULES, ada).decide(command({ overwrites }), NOW);
  expect(decided).toEqual({
    verdict: "block",
    rules: ["pii"],
    message: "employees.ssn is masked for you by pii: this would write the mask over the value.",
  });
});

test("a grant with hours ends that long after the opening; access is read by default", () => {
  expect(policyOf(RULES, ada)).toMatchObject({
    endsAt: NOW + 8 * 3_600_000,
    grants: ["engineers"],
  });
  const analyst = policyOf(RULES, person("ann", "analysts"));
  expect(analyst).toMatchObject({ endsAt: null, access: ["read"] });
  expect(policyOf(RULES, person("eve"))).toMatchObject({ endsAt: NOW, access: [] });
});

test("several grants add their accesses and end with the first to end", () => {
  const both = policyOf(RULES, person("bo", "engineers", "owners"));
  expect(both.access).toEqual(["read", "write", "schema", "admin"]);
  expect(both.endsAt).toBe(NOW + 8 * 3_600_000);
});

test("a grant on request is not held", () => {
  const rules = `
grants:
  - { id: on-call, groups: [oncall], resources: [shop-db],
      request: { reviewers: [leads], hours: 1 } }
`;
  expect(policyOf(rules, person("ada", "oncall")).access).toEqual([]);
});

describe("conditions see", () => {
  const sees = (when: string) =>
    policyOf(
      `
grants: [{ id: all, groups: [engineers], resources: [shop-db] }]
guardrails: [{ id: c, then: block, when: '${when}' }]
`,
      ada,
    ).decide(
      command({
        parameters: [
          { type: 25, format: 0, value: bytes("secret") },
          { type: 0, format: 1, value: new Uint8Array([0, 255]) },
          { type: 0, format: 0, value: null },
        ],
      }),
      NOW,
    ).verdict;
  test.each([
    ['command.parameters[0] == "secret"'],
    ['command.parameters[1] == "\\\\x00ff"'],
    ["command.parameters[2] == null"],
    ['command.access == ["read"]'],
    ['principal.name == "ada" && principal.kind == "person"'],
    ['resource.labels.env == "prod"'],
    ['session.ticket == "OPS-7" && session.reason == ""'],
    ['command.text.matches("(?i)SELECT")'],
    ["now.hour == 2 && now.weekday == 3"],
  ])("%s", (when) => {
    expect(sees(when)).toBe("block");
    expect(sees(`!(${when})`)).toBe("allow");
  });
  test("a pattern that ruins a backtracking engine is harmless", () => {
    expect(
      sees('("a".matches("^(a+)+$") && "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab".matches("^(a+)+$"))'),
    ).toBe("allow");
  });
});

describe("what was said of one command is not said of one that differs in", () => {
  const decided = (when: string) => {
    const guardrails = `guardrails: [{ id: c, then: block, when: '${when}' }]`;
    const grants =
      "grants: [{ id: all, groups: [engineers], resources: [shop-db], access: [read, write] }]";
    const policy = policyOf(`${grants}\n${guardrails}\n`, ada);
    return (what: Partial<Command>, now = NOW) => policy.decide(command(what), now).verdict;
  };
  const value = (text: string) => [{ type: 25, format: 0, value: bytes(text) }];
  test.each<[string, string, Partial<Command>, Partial<Command>]>([
    ["its text", 'command.text == "b"', { text: "a" }, { text: "b" }],
    ["a text by its key", 'command["text"] == "b"', { text: "a" }, { text: "b" }],
    ["a text within a macro", '["b"].exists(t, t == command.text)', { text: "a" }, { text: "b" }],
    ["its relations", '"a.b" in command.objects', {}, { objects: ["a.b"] }],
    ["its columns", "size(command.columns) > 0", {}, { columns: ["a.b.c"] }],
    ["its functions", 'command.functions == ["f"]', {}, { functions: ["f"] }],
    ["its questions", "command.questions > 1", {}, { questions: 2 }],
    ["a parameter", 'command.parameters == ["x"]', {}, { parameters: value("x") }],
    ["a parameter that was missing", 'command.parameters != ["x"]', { parameters: value("x") }, {}],
    ["its operations", '"insert" in command.operations', {}, { operations: ["insert"] }],
    ["its access", '"write" in command.access', {}, { operations: ["insert"] }],
    ["saying which rows", "command.unbounded", {}, { unbounded: true }],
  ])("%s", (_, when, allowed, blocked) => {
    const decide = decided(when);
    const verdicts = [allowed, blocked, allowed, blocked].map((what) => decide(what));
    expect(verdicts).toEqual(["allow", "block", "allow", "block"]);
  });

  test("its hour", () => {
    const decide = decided("now.hour == 3");
    expect([decide({}), decide({}, NOW + 3_600_000), decide({})]).toEqual([
      "allow",
      "block",
      "allow",
    ]);
  });

  test("nothing: a condition that fails blocks each time", () => {
    const decide = decided('command.operations[1] == "x"');
    expect([decide({}), decide({})]).toEqual(["block", "block"]);
  });
});

test("the gateway's own sessions run their texts to the letter and nothing else", () => {
  const policy = literalPolicy(["select 1"], "lit_1");
  expect(policy.decide(command({ text: "select 1" }), NOW).verdict).toBe("allow");
  expect(policy.decide(command({ text: "select 1 " }), NOW).verdict).toBe("block");
  expect(policy).toMatchObject({ recording: "statements", masker: { idle: true } });
});
