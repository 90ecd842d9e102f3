import { describe, expect, it } from "vitest";
import { bodyIs, type HttpFacts } from "../../../core/command.ts";
import { command, NOW, person, policyOf } from "./given.ts";

/* Conditions over requests: what is not known for certain never lets a request pass. */

const RULE = (when: string) => `
grants: [{ id: all, groups: [engineers], resources: [shop-db], access: [read, write] }]
guardrails: [{ id: rule, when: '${when}', then: block }]
`;

const HTTP: HttpFacts = {
  method: "POST",
  path: "/payments",
  query: {},
  headers: {},
  body: null,
  bodyIs: "none",
  operation: "",
  conforms: false,
  repeated: [],
};

function verdict(when: string, over: Partial<HttpFacts>): string {
  const policy = policyOf(RULE(when), person("ada", "engineers"));
  return policy.decide(command({ operations: ["post"], http: { ...HTTP, ...over } }), NOW).verdict;
}

const of = (body: unknown): Partial<HttpFacts> => ({ body, bodyIs: bodyIs(body) });

describe("a rule that takes a field of the body", () => {
  const has = "has(http.body.amount) && http.body.amount > 1000";
  it.each([
    ["the field, small", of({ amount: 5 }), "allow"],
    ["the field, large", of({ amount: 5000 }), "block"],
    ["no such field", of({ other: 5000 }), "allow"],
    ["no body", {}, "allow"],
    ["a body that nobody reads", { bodyIs: "other" }, "block"],
    ["a text", of("amount: 5000"), "block"],
    ["a list, which the service may take for several", of([{ amount: 5000 }]), "block"],
    ["the field in another spelling alone", of({ Amount: 5000 }), "block"],
    ["the field with a space", of({ " amount": 5000 }), "block"],
    ["the field as a list of a form's", of({ "amount[]": "5000" }), "block"],
    [
      "a field that stands there twice",
      { ...of({ amount: ["1", "2"] }), repeated: ["body.amount"] },
      "block",
    ],
    [
      "another that stands there twice",
      { ...of({ amount: 1, x: ["1", "2"] }), repeated: ["body.x"] },
      "allow",
    ],
  ] as const)("%s", (_, over, expected) => {
    expect(verdict(has, over)).toBe(expected);
  });

  it("says nothing of requests that it is not about", () => {
    const when = `http.path == "/payments" && ${has}`;
    expect(verdict(when, { path: "/upload", bodyIs: "other" })).toBe("allow");
  });
});

describe("a rule that takes a field of what is in a list", () => {
  const first = "has(http.body.items[0].amount) && http.body.items[0].amount > 1000";
  const any = "http.body.items.exists(i, has(i.amount) && i.amount > 1000)";
  it.each([
    [first, { items: [{ amount: 5 }] }, "allow"],
    [first, { items: [{ amount: 5000 }] }, "block"],
    [first, { items: [{ Amount: 5000 }] }, "block"],
    [any, { items: [{ amount: 5 }, { other: 5000 }] }, "allow"],
    [any, { items: [{ amount: 5 }, { amount: 5000 }] }, "block"],
    [any, { items: [{ amount: 5 }, { Amount: 5000 }] }, "block"],
    [any, { items: [{ amount: 5, Other: 1 }], other: 2 }, "allow"],
    ["http.body.exists(i, has(i.amount))", [{ Amount: 5000 }], "block"],
    ["http.body.exists(i, has(i.amount))", [{ other: 5000 }], "allow"],
    ['principal.groups.exists(g, g == "x")', { items: [{ Amount: 5000 }] }, "allow"],
  ] as const)("%s: %j", (when, body, expected) => expect(verdict(when, of(body))).toBe(expected));
});

describe("a rule that reads a parameter or a header", () => {
  it.each([
    ['http.query["role"] == "admin"', { query: { role: "admin" } }, "block"],
    ["has(http.query.role)", { query: {} }, "allow"],
    ["has(http.query.role)", { query: { role: "x" }, repeated: ["headers.accept"] }, "block"],
    [
      'has(http.query.role) && http.query.role == "a"',
      { query: { role: ["x", "y"] }, repeated: ["query.role"] },
      "block",
    ],
    [
      'has(http.query.id) && http.query.id == "a"',
      { query: { role: ["x", "y"] }, repeated: ["query.role"] },
      "allow",
    ],
    ['"role" in http.query', { query: { id: ["x", "y"] }, repeated: ["query.id"] }, "block"],
    [
      'http.headers["x-role"] == "a"',
      { headers: { "x-role": "b, a" }, repeated: ["headers.x-role"] },
      "block",
    ],
  ] as const)("%s", (when, over, expected) => {
    expect(verdict(when, over)).toBe(expected);
  });
});

describe("a rule that reads a parameter which some services know by other names", () => {
  const has = "has(http.query.force)";
  it.each([
    [has, { Force: "1" }, "block"],
    [has, { " force": "1" }, "block"],
    [has, { "force[]": "1" }, "block"],
    [has, { "force[0]": "1" }, "block"],
    [has, { "force[a][b]": "1" }, "block"],
    ['"force" in http.query', { FORCE: "1" }, "block"],
    ["has(http.query.dry_run)", { "dry.run": "1" }, "block"],
    [has, { forced: "1", enforce: "1", "x[force]": "1" }, "allow"],
    ['"force" in http.query', { forced: "1" }, "allow"],
    ['"filter[name]" in http.query', { "filter[name]": "x" }, "block"],
    ['"filter[name]" in http.query', { "Filter[Name]": "x" }, "block"],
    ['"filter[name]" in http.query', { "filter[age]": "7", filter: "x" }, "allow"],
  ] as const)("%s: %j", (when, query, expected) => {
    expect(verdict(when, { query })).toBe(expected);
  });
});

describe("a rule that reads what another service would read otherwise", () => {
  const otherwise = [{ path: "/jobs/7:stop" }, { operation: "stopJob" }];
  const over = { path: "/jobs/7%3Astop", otherwise };
  it.each([
    ['http.path.endsWith(":stop")', "block"],
    ['http.path == "/jobs/7%3Astop"', "block"],
    ['http.operation == "stopJob"', "block"],
    ['http.operation == "startJob"', "allow"],
    ['http.path.endsWith(":start")', "allow"],
    ['http.method == "DELETE"', "allow"],
    ['!http.path.startsWith("/jobs/")', "allow"],
  ])("%s", (when, expected) => expect(verdict(when, over)).toBe(expected));

  it("is no matter where the rule allows", () => {
    const rule = RULE('http.path.endsWith(":stop")').replace("block", "allow");
    const policy = policyOf(rule, person("ada", "engineers"));
    const stops = command({ operations: ["post"], http: { ...HTTP, ...over } });
    expect(policy.decide(stops, NOW).verdict).toBe("allow");
  });
});
