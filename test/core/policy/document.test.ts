import { expect, test } from "vitest";
import { checkDocument, conditionError } from "../../../core/policy/check.ts";
import { isDocument, loadDocument, parseDocument } from "../../../core/policy/document.ts";
import { explainAccess, explainDecision } from "../../../core/policy/explain.ts";
import { resourceOf } from "../../../core/policy/resource.ts";
import { rolesOf, wouldLeaveNobodyAdmin } from "../../../core/policy/roles.ts";
import { command, person, RESOURCES, shopDb } from "./given.ts";

const errorsOf = (source: string) => {
  const parsed = checkDocument(source);
  return isDocument(parsed) ? [] : parsed.map(({ message }) => message);
};

const R = RESOURCES.trim();

test.each([
  ["YAML", "resources: [", /^line 1, column \d+: /],
  ["a key twice", "roles: {}\nroles: {}", /^line 2, column 1: .*unique/i],
  ["no mapping", "- a", /^line 1, column 1: /],
  ["an unknown key", `${R}\ngrant: []`, /^line 6, column 1: unknown key "grant"/],
  [
    "an unknown key inside",
    `${R}\nmasking:\n  - id: a\n    colums: [a.b]\n    detect: [iban]`,
    /^line 8, column 5: .*"colums"/,
  ],
  ["a wrong value", `${R}\nrecording:\n  default: most`, /^line 7, column 12: recording\.default/],
  ["no columns", `${R}\nmasking:\n  - { id: a }`, /^line 7, column 5: .*names columns/],
  ["a bad column", `${R}\nmasking:\n  - { id: a, columns: [ssn] }`, /^line 7, column 24: .*TABLE/],
  [
    "review by nobody",
    `${R}\nguardrails:\n  - { id: a, then: review }`,
    /^line 7, .*needs reviewers/,
  ],
  [
    "an id twice",
    `${R}\nguardrails:\n  - { id: a, then: block }\n  - { id: a, then: block }`,
    /^line 8, column 11: .*again/,
  ],
  [
    "an unknown resource",
    `${R}\ngrants:\n  - { id: a, groups: [g], resources: [nope] }`,
    /^line 7, column 39: .*"nope"/,
  ],
  [
    "another type",
    "resources:\n  - { name: a, type: ssh, url: x }",
    /^line 2, column 22: .*only postgres and http are served/,
  ],
  [
    "a password in the open",
    `${R}\n  - { name: b, type: postgres, host: h, database: d, user: u, password: x }`,
    /never the text itself/,
  ],
  [
    "a condition of no boolean",
    `${R}\nguardrails:\n  - { id: a, then: block, when: '1 + 1' }`,
    /^line 7, column 33: .*true or false/,
  ],
  [
    "a condition on what is not there",
    `${R}\nguardrails:\n  - { id: a, then: block, when: command.sql == "" }`,
    /^line 7, column 33: .*No such key: sql/,
  ],
  [
    "a pattern RE2 refuses",
    `${R}\nguardrails:\n  - { id: a, then: block, when: 'command.text.matches("(?=a)")' }`,
    /^line 7, column 33: /,
  ],
  [
    "a regex RE2 refuses",
    `${R}\nmasking:\n  - { id: a, patterns: [{ id: p, regex: '(a)\\1' }] }`,
    /^line 7, column 41: /,
  ],
  [
    "a zone of no map",
    `${R}\nguardrails:\n  - { id: a, then: block, zone: Mars/Base }`,
    /not a time zone/,
  ],
  ...["0", "1.5", "3601", "5m", "null"].map((timeout): [string, string, RegExp] => [
    `a time-out of ${timeout}`,
    `${R}\n  - { name: b, type: http, url: "https://b.test", timeout: ${timeout} }`,
    /^line 6, column \d+: .*timeout/,
  ]),
])("%s: an error that says where", (_name, source, message) => {
  const errors = errorsOf(source);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(message);
});

test("all errors come at once", () => {
  expect(errorsOf(`${R}\nroles: { x: [] }\nrecording: { y: 1 }`)).toHaveLength(2);
});

test("aliases that multiply are an error, not a hang", () => {
  const bomb = ["a: &a0 [x, x]"];
  for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
  expect(errorsOf(bomb.join("\n"))).toHaveLength(1);
});

test("a document over its bound is not read", () => {
  expect(errorsOf(`# ${"x".repeat(300_000)}`)[0]).toContain("bytes");
});

test("an empty document is a document that lets nobody in", () => {
  expect(errorsOf("{}")).toEqual([]);
  expect(wouldLeaveNobodyAdmin(loadDocument("{}"))).toBe(true);
});

test("a resource has defaults on the safe side", () => {
  const parsed = parseDocument(R);
  expect(isDocument(parsed) && parsed.document.resources[0]).toMatchObject({
    port: 5432,
    tls: "verify-full",
    network: "public",
  });
});

test("a service has the time that its resource says to begin an answer, else five minutes", () => {
  const { resources } = loadDocument(`resources:
  - { name: a, type: http, url: "https://a.test" }
  - { name: b, type: http, url: "https://b.test", timeout: 3600 }`);
  expect(resources.map((rule) => resourceOf(rule, "res_1"))).toMatchObject([
    { timeoutSeconds: 300 },
    { timeoutSeconds: 3_600 },
  ]);
});

test.each([
  ["command.unbounded", null],
  ['command.text.matches("a" + "b")', "the pattern of matches must be written out"],
  ["command.unbounded &&", expect.any(String)],
])("condition %s: %s", (source, error) => {
  expect(conditionError(source)).toEqual(error);
});

test("roles come from the document once there is one", () => {
  const document = loadDocument("roles: { admin: [admins], reviewer: [leads, admins] }");
  expect(rolesOf(document, ["admins"], ["root"])).toEqual(["reviewer", "admin"]);
  expect(rolesOf(document, ["root"], ["root"])).toEqual([]);
  expect(rolesOf(null, ["root"], ["root"])).toEqual(["admin"]);
});

test("a sentence says why", () => {
  const document = loadDocument(`${R}
grants:
  - { id: team, groups: [team], resources: [shop-db], hours: 2 }
  - { id: call, groups: [oncall], resources: [shop-db], request: { reviewers: [leads], hours: 1 } }
guardrails: [{ id: all-rows, then: review, reviewers: [leads] }]`);
  expect(explainAccess(document, person("ada", "team"), shopDb)).toBe(
    "ada may open shop-db (read) for 2 hours at a time by the grant team.",
  );
  expect(explainAccess(document, person("ada", "oncall"), shopDb)).toBe(
    "ada may ask to open shop-db by the grant call.",
  );
  expect(explainAccess(document, person("eve"), shopDb)).toBe("No grant lets eve open shop-db.");
  const decision = {
    verdict: "review",
    rules: ["all-rows"],
    message: "",
    reviewers: ["leads"],
    approvals: 1,
    expiresInSeconds: 900,
    signIn: null,
  } as const;
  const deed = command({ operations: ["delete"], objects: ["public.orders"], unbounded: true });
  expect(explainDecision(deed, decision, document)).toBe(
    "delete on public.orders without saying which rows waits by the guardrail all-rows " +
      "until one person of leads approve within 15 minutes.",
  );
});
