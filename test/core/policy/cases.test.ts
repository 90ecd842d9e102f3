import { describe, expect, it } from "vitest";
import type { Decision } from "../../../core/decision.ts";
import {
  type Expectation,
  type Outcome,
  differences,
  parseCases,
} from "../../../core/policy/cases.ts";
import { isDocument, parseDocument } from "../../../core/policy/document.ts";
import { RESOURCES } from "./given.ts";

const SERVICE = "  - { name: billing-api, type: http, url: https://billing.internal }\n";
const policy = parseDocument(RESOURCES + SERVICE);
if (!isDocument(policy)) throw policy[0];
const { document } = policy;

const CASE = `cases:
  - as: ada
    on: shop-db
    sql: select 1
    expect: { verdict: allow }
`;

const errorsOf = (source: string): readonly string[] => {
  const read = parseCases(source, document);
  return "cases" in read ? [] : read.map(({ code, message }) => `${code} ${message}`);
};

describe("a file of cases", () => {
  it("is read with what is left out, and knows the line of each case", () => {
    const second = "  - { as: rui, on: test-db, sql: select 2, expect: { verdict: block } }\n";
    expect(parseCases(CASE + second, document)).toMatchObject({
      cases: [
        { as: "ada", groups: [], line: 2, expect: { verdict: "allow" } },
        { as: "rui", on: "test-db", line: 6 },
      ],
    });
  });

  const BAD: readonly (readonly [string, string, string])[] = [
    ["nothing", "", "cases.shape line 1, column 1"],
    ["no case", "cases: []", "cases.shape line 1, column 8: cases: no case at all"],
    ["bad syntax", "cases: [", "cases.yaml line 1"],
    [
      "a misspelt key",
      CASE.replace("{ ver", "{ mask: {}, ver"),
      'line 5, column 15: cases.0.expect: unknown key "mask"',
    ],
    ["a key that is no key", CASE.replace("as:", "who: me\n    as:"), "cases.key line 2, column 5"],
    [
      "an unknown verdict",
      CASE.replace("allow", "maybe"),
      "line 5, column 24: cases.0.expect.verdict",
    ],
    [
      "no expectation",
      CASE.replace(/ +expect.*\n/, ""),
      "cases.shape line 2, column 5: cases.0.expect",
    ],
    [
      "another resource",
      CASE.replace("shop-db", "x-db"),
      'cases.reference line 3, column 9: cases.0.on: no resource is named "x-db"',
    ],
    [
      "a service",
      CASE.replace("shop-db", "billing-api"),
      'cases.reference line 3, column 9: cases.0.on: "billing-api" is a service',
    ],
    [
      "a time that is none",
      CASE.replace("on:", "at: noon\n    on:"),
      "line 3, column 9: cases.0.at: an instant",
    ],
    [
      "masks of what is blocked",
      CASE.replace("allow", "block, masks: {}"),
      "cases.0.expect.masks: what is blocked",
    ],
    [
      "a message of what is allowed",
      CASE.replace("allow", "allow, message: x"),
      "cases.0.expect.message: what is allowed",
    ],
  ];
  it.each(BAD)("with %s is refused at its place", (_, source, said) => {
    const errors = errorsOf(source);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(said);
  });
});

describe("a case of a request", () => {
  const REQUEST = `cases:
  - as: ada
    on: billing-api
    request: { method: POST, path: /payments, body: { a: [1, null] } }
    expect: { verdict: refuse, message: x }
`;

  it("is read with its body as it stands there", () => {
    const text = REQUEST.replace(
      "body: { a: [1, null] }",
      "headers: { Content-Type: text/csv }, body: x",
    );
    expect(parseCases(REQUEST, document)).toMatchObject({
      cases: [{ request: { method: "POST", headers: {}, body: { a: [1, null] } } }],
    });
    expect(parseCases(text, document)).toMatchObject({ cases: [{ request: { body: "x" } }] });
  });

  const without = REQUEST.replace("refuse, message: x", "allow");
  const BAD: readonly (readonly [string, string, string])[] = [
    [
      "a database",
      REQUEST.replace("billing-api", "shop-db"),
      'cases.0.on: "shop-db" is a database: give sql in place of a request',
    ],
    ["a statement, too", without.replace("on:", "sql: x\n    on:"), "a case has sql, or a request"],
    [
      "no request",
      REQUEST.replace(/ +request.*\n/, ""),
      "line 2, column 5: cases.0: a case has sql",
    ],
    ["a method that is none", REQUEST.replace("POST", "post"), "a method in capitals"],
    ["a path from nowhere", REQUEST.replace("/payments", "payments"), "begin it with a slash"],
    ["an unknown key", REQUEST.replace("path:", "query: a, path:"), 'unknown key "query"'],
    ["a header that is no text", REQUEST.replace("body:", "headers: { a: 1 }, body:"), "headers.a"],
    ["a text of no type", REQUEST.replace("{ a: [1, null] }", "a"), "a text needs its type"],
    ["no JSON", REQUEST.replace("null", ".nan"), "cases.0.request.body: neither a text nor"],
    ["a value in itself", REQUEST.replace("{ a: [1, null] }", "&x [*x]"), "neither a text nor"],
    ["too much", REQUEST.replace("null", `"${"x".repeat(1 << 20)}"`), "of 1 MiB at most"],
    [
      "masks of an answer",
      without.replace("allow", "allow, masks: {}"),
      "cases.0.expect.masks: nobody knows the answer",
    ],
    [
      "a rule of what no rule sees",
      REQUEST.replace("message", "rule"),
      "cases.0.expect.rule: what is refused unread",
    ],
    [
      "masks of what does not leave",
      REQUEST.replace("message: x", "maskedIn: []"),
      "cases.0.expect.maskedIn: what is refused unread",
    ],
    [
      "a statement that is refused unread",
      CASE.replace("allow", "refuse"),
      "cases.0.expect.verdict: only requests",
    ],
    [
      "a statement that is masked",
      CASE.replace("allow", "allow, maskedIn: []"),
      "cases.0.expect.maskedIn: only requests",
    ],
  ];
  it.each(BAD)("with %s is refused at its place", (_, source, said) => {
    const errors = errorsOf(source);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(said);
  });

  const unread: Outcome = { verdict: "refuse", rules: [], message: "The path holds NUL." };
  const passed: Outcome = { verdict: "allow", rules: [] };
  it.each<readonly [Expectation, Outcome, readonly string[]]>([
    [{ verdict: "refuse", message: "NUL" }, unread, []],
    [{ verdict: "allow" }, unread, ["verdict: expected allow, got refuse: The path holds NUL."]],
    [{ verdict: "refuse" }, passed, ["verdict: expected refuse, got allow"]],
    [{ verdict: "allow", maskedIn: ["pii", "email"] }, passed, []],
    [{ verdict: "allow", maskedIn: [] }, passed, ["maskedIn: expected none, got email, pii"]],
  ])("%j of %j", (expected, decision, found) => {
    const got = { decision, columns: [], maskedIn: ["email", "pii"] };
    expect(differences(expected, got)).toEqual(found);
  });
});

describe("what came is told apart from what was expected", () => {
  const allow: Decision = { verdict: "allow", rules: ["engineers"] };
  const block: Decision = { verdict: "block", rules: ["no-drop"], message: "Not here." };
  const columns = [
    { name: "id", rule: null },
    { name: "x", rule: "pii" },
  ];
  const twice = [...columns, { name: "x", rule: null }];

  const ROWS: readonly (readonly [Expectation, Decision, typeof columns, readonly string[]])[] = [
    [{ verdict: "allow" }, allow, columns, []],
    [{ verdict: "allow", rule: "engineers", masks: { x: "pii" } }, allow, columns, []],
    [{ verdict: "block", rule: "no-drop", message: "here" }, block, [], []],
    [{ verdict: "allow", masks: {} }, allow, [], []],
    [{ verdict: "block" }, allow, [], ["verdict: expected block, got allow"]],
    [{ verdict: "allow" }, block, [], ["verdict: expected allow, got block: Not here."]],
    [{ verdict: "allow", rule: "leads" }, allow, [], ["rule: expected leads, got engineers"]],
    [
      { verdict: "block", message: "there" },
      block,
      [],
      ['message: expected "there", got "Not here."'],
    ],
    [{ verdict: "allow", masks: {} }, allow, columns, ["masks: expected none, got { x: pii }"]],
    [
      { verdict: "allow", masks: { x: "pii", y: "pii" } },
      allow,
      columns,
      ["masks: expected { x: pii, y: pii }, got { x: pii }"],
    ],
    [
      { verdict: "allow", masks: { x: "pay" } },
      allow,
      columns,
      ["masks: expected { x: pay }, got { x: pii }"],
    ],
    [
      { verdict: "allow", masks: { x: "pii" } },
      allow,
      twice,
      ["masks: expected { x: pii }, got { x: not masked and pii }"],
    ],
  ];
  it.each(ROWS)("%j of %j with %j", (expected, decision, shown, found) => {
    expect(differences(expected, { decision, columns: shown, maskedIn: [] })).toEqual(found);
  });
});
