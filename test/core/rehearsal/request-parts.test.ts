import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import type { RequestShown } from "../../../core/command.ts";
import type { Headers } from "../../../core/exchange.ts";
import { loadDocument } from "../../../core/policy/document.ts";
import { resourceOf } from "../../../core/policy/resource.ts";
import { compare } from "../../../core/rehearsal/compare.ts";
import { judging } from "../../../core/rehearsal/judged.ts";
import { planOf } from "../../../core/rehearsal/plan.ts";
import type { Recorded } from "../../../core/rehearsal/recorded.ts";
import { requestRehearsal } from "../../../core/rehearsal/request.ts";
import type { HttpResource } from "../../../core/session.ts";
import { nodeCrypto } from "../../../durable-objects/crypto.ts";
import { loadGrammar } from "../../support/grammar.ts";

/*
 * Requests are recorded as the gateway records them, then judged again under an edited text. What
 * comes must be what the edited text says of the request itself, or that nobody can know.
 */

const ADA = { id: "ada", name: "ada", groups: ["engineers"], kind: "person" } as const;
const SESSION = { id: "", reason: null, ticket: null, openedAt: 0 };
const NOW = Date.UTC(2026, 10, 25, 12);
const grammar = await loadGrammar();

type Sent = { method?: string; target?: string; headers?: Headers; body?: string };

const source = (rules: string, masks = "", more = "") => `
resources: [{ name: api, type: http, url: https://api.internal ${more} }]
grants: [{ id: all, groups: [engineers], resources: [api], access: [read, write] }]
guardrails: [${rules}]
masking: [${masks}]
`;

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE: Headers = [["content-type", "application/json"]];

/** What a text says of the request itself. */
function truly(text: string, { method = "GET", target = "/a", headers, body = "" }: Sent) {
  const document = loadDocument(text);
  const rule = document.resources[0];
  if (rule === undefined) throw new Error("no resource");
  const resource = resourceOf(rule, "api") as HttpResource;
  const stage = { document, principal: ADA, session: SESSION };
  const sent = { method, target, headers: headers ?? (body === "" ? [] : JSON_TYPE) };
  return requestRehearsal(stage, resource, nodeCrypto)({ head: sent, body: utf8(body) }, NOW);
}

function recordedOf(text: string, sent: Sent, over: Partial<Recorded> = {}): Recorded {
  const done = truly(text, sent);
  if ("refuse" in done) throw new Error(done.refuse);
  const { shown, operations, objects, shows } = done.command;
  const { verdict, rules } = done.decision;
  const decision = { verdict, rules, policy: "pol_1" };
  return {
    seq: 1,
    command: 1,
    at: NOW,
    shown,
    operations,
    objects,
    shows,
    decision,
    masks: [],
    ...over,
  };
}

/** "allow → block", "same", or why nobody can know. */
function again(before: string, after: string, ...commands: readonly Recorded[]): readonly string[] {
  const [then, now] = [loadDocument(before), loadDocument(after)];
  const asked = { before: then, after: now, principal: ADA, resource: "api", commands };
  const { parts, unjudged } = planOf(asked, true);
  const judged = parts.flatMap((part) => {
    const [left, right] = [part.before, part.after].map((document) => {
      const scene = { document, principal: ADA, resource: "api", session: SESSION, asked: [] };
      return judging(scene, null, grammar, nodeCrypto);
    });
    return part.asked.map(({ recorded, again: one }) => {
      const [was, is] = [left!(one), right!(one)];
      const compared = compare(recorded, was, is, new Set());
      if (compared.is === "unjudged") return compared.why;
      return compared.is === "same"
        ? "same"
        : `${was.decision.verdict} → ${is.decision.verdict}: ${is.decision.rules.join()}`;
    });
  });
  return [...judged, ...unjudged];
}

const BODY = `{ id: large, then: review, reviewers: [leads],
  when: 'http.method == "POST" && http.body.amount > 1000' }`;
const HEADER = `{ id: tenant, then: block, when: '"x-tenant" in http.headers' }`;
const POSTS = `{ id: posts, then: block, when: 'http.method == "POST"' }`;
const ROLE = `{ id: role, then: block,
  when: 'has(http.query.role) && http.query.role == "a&b c"' }`;
const PII = "{ id: pii, fields: [ssn] }";

const large: Sent = { method: "POST", body: '{"amount": 5000}' };
const small: Sent = { method: "POST", body: '{"amount": 5}' };
const ours: Sent = {
  method: "POST",
  body: '{"amount": 5}',
  headers: [...JSON_TYPE, ["x-tenant", "1"]],
};

describe("a recorded request is judged as it was sent", () => {
  it.each<readonly [string, Sent, string, string, string]>([
    ["by its method", large, "", POSTS, "allow → block: posts"],
    ["by its body", large, "", BODY, "allow → review: large"],
    ["by its body, which is too small", small, "", BODY, "same"],
    ["by a body that is not there", {}, "", BODY, "same"],
    ["by its query", { target: "/a?role=a%26b+c&x=1" }, "", ROLE, "allow → block: role"],
    ["by its query, where that is no other", { target: "/a?role=a&b%20c" }, "", ROLE, "same"],
    ["by a query in letters of all kinds", { target: "/a?role=%C3%BC" }, "", ROLE, "same"],
    ["by a rule that is gone", large, BODY, "", "review → allow: all"],
    [
      "by a form",
      { method: "POST", body: "amount=1", headers: [["content-type", FORM]] },
      "",
      `{ id: f, then: block, when: 'has(http.body.amount) && http.body.amount == "1"' }`,
      "allow → block: f",
    ],
    [
      "by lines of JSON, which are no fields",
      {
        method: "POST",
        body: '{"amount": 1}',
        headers: [["content-type", "application/x-ndjson"]],
      },
      "",
      BODY,
      "allow → block: large",
    ],
  ])("%s", (_, sent, before, after, said) => {
    const [then, now] = [source(before), source(after)];
    expect(again(then, now, recordedOf(then, sent))).toEqual([said]);
    const really = truly(now, sent);
    const verdict = "refuse" in really ? "refuse" : really.decision.verdict;
    const was = recordedOf(then, sent).decision.verdict;
    expect(said).toContain(said === "same" ? "same" : `${was} → ${verdict}`);
  });

  it("by forms that a resource lists no longer", () => {
    const [then, now] = [source("", "", ", forms: [empty-segment]"), source("")];
    const recorded = recordedOf(then, { target: "/a//b" });
    expect(again(then, now, recorded)).toEqual(["allow → refuse: "]);
  });

  it("by its service's description", () => {
    const openapi = { openapi: "3.1.0", paths: { "/a": { get: { operationId: "getA" } } } };
    const described = `, openapi: ${JSON.stringify(openapi)}`;
    const rule = `{ id: known, then: block, when: '!http.conforms' }`;
    const [then, now] = [source(""), source(rule, "", described)];
    expect(again(then, now, recordedOf(then, {}))).toEqual(["same"]);
    expect(again(then, now, recordedOf(then, large))).toEqual(["allow → block: known"]);
    const hidden = { method: "POST", body: '{"ssn": 1}' };
    const masked = source("", PII);
    expect(again(masked, now, recordedOf(masked, hidden))).toEqual(["sealed"]);
  });

  it("under a text without the service", () => {
    const now = source(HEADER).replaceAll("name: api", "name: b").replace("[api]", "[b]");
    expect(again(source(""), now, recordedOf(source(""), ours))).toEqual(["allow → block: "]);
  });
});

describe("a rule that looks at what is sealed", () => {
  it("said what the record tells, where it has not changed", () => {
    const [then, now] = [source(HEADER), source(`${HEADER}, ${POSTS}`)];
    expect(again(then, now, recordedOf(then, small))).toEqual(["allow → block: posts"]);
    expect(again(then, now, recordedOf(then, ours))).toEqual(["block → block: tenant,posts"]);
    expect(again(then, now, recordedOf(then, {}), recordedOf(then, ours))).toEqual([
      "same",
      "block → block: tenant,posts",
    ]);
  });

  it("no longer holds what it held, where it is gone", () => {
    expect(again(source(HEADER), source(""), recordedOf(source(HEADER), ours))).toEqual([
      "block → allow: all",
    ]);
  });

  const SSN = `{ id: s, then: block, when: 'has(http.body.ssn) && http.body.ssn == "1"' }`;
  const WHOLE = "{ id: w, then: block, when: size(http.body) > 3 }";
  const long = { ...large, body: JSON.stringify({ amount: 5000, note: "x".repeat(5_000) }) };
  const hidden: Sent = { method: "POST", body: '{"amount": 5000, "ssn": "1"}' };
  it.each<readonly [string, Sent, string, string]>([
    ["is new", small, source(""), source(HEADER)],
    ["is another", small, source(HEADER), source(HEADER.replace('tenant" in', 't" in'))],
    ["has another verdict", small, source(HEADER), source(HEADER.replace("block", "allow"))],
    [
      "looks at the text",
      small,
      source(""),
      source(`{ id: t, then: block, when: 'command.text.contains("x")' }`),
    ],
    [
      "looks at all of the request",
      small,
      source(""),
      source(`{ id: t, then: block, when: 'size(http) > 3' }`),
    ],
    ["looks at a masked field", hidden, source("", PII), source(SSN, PII)],
    ["looks at all of a masked body", hidden, source("", PII), source(WHOLE, PII)],
    ["looks at a body too long to be shown", long, source(""), source(BODY)],
    [
      "looks at a masked body's bytes",
      hidden,
      source("", PII),
      source(`{ id: p, then: block, when: 'size(command.parameters) > 0' }`, PII),
    ],
    ["looks at a masked query", { target: "/a?ssn=1" }, source("", PII), source(ROLE, PII)],
    ["sees other labels", ours, source(HEADER), source(HEADER, "", ", labels: { a: b }")],
  ])("is not asked where it %s", (_, sent, then, now) => {
    expect(again(then, now, recordedOf(then, sent))).toEqual(["sealed"]);
  });

  it("is asked where what is masked is not what it looks at", () => {
    const [then, now] = [source("", PII), source(BODY, PII)];
    expect(again(then, now, recordedOf(then, hidden))).toEqual(["allow → review: large"]);
  });

  it("may have failed, and then nobody knows", () => {
    const rule = `{ id: t, then: review, reviewers: [a], when: 'http.headers["x-tenant"] == "1"' }`;
    const then = source(rule);
    const recorded = recordedOf(then, small);
    expect(recorded.decision.verdict).toBe("block");
    expect(again(then, source(`${rule}, ${POSTS}`), recorded)).toEqual(["sealed"]);
  });

  it("was not asked of who lacked the access", () => {
    const then = source(HEADER).replace("[read, write]", "[read]");
    expect(again(then, source(HEADER), recordedOf(then, ours))).toEqual(["sealed"]);
  });
});

describe("a request cannot be judged", () => {
  it("where its path is masked, or its recording says nothing of what it shows", () => {
    const found = source("", "{ id: d, detect: [email] }");
    const hidden = recordedOf(found, { target: "/a/x@example.com" });
    expect(again(found, source(POSTS), hidden)).toEqual(["sealed"]);
    const older = recordedOf(source(""), small, { shows: undefined as never });
    expect(again(source(""), source(POSTS), older)).toEqual(["request"]);
  });

  it("where another would have left", () => {
    const masks = "{ id: in, fields: [amount], on: [requests] }";
    const [then, now] = [source(""), source(POSTS, masks)];
    expect(again(then, now, recordedOf(then, small))).toEqual(["sealed"]);
    expect(again(then, now, recordedOf(then, { method: "POST" }))).toEqual([
      "allow → block: posts",
    ]);
  });

  it("but is judged as it left, where it was masked by the same rules", () => {
    const masks = "{ id: in, fields: [ssn], on: [requests], technique: tokenise }";
    const sent = { method: "POST", body: '{"ssn": "1", "amount": 5000}' };
    const then = source("", masks);
    const left = truly(then, sent);
    if ("refuse" in left) throw new Error(left.refuse);
    const shows: RequestShown = {
      path: true,
      query: true,
      body: true,
      hidden: [],
      type: "application/json",
    };
    expect(left.command.shows).toEqual(shows);
    expect(again(then, source(BODY, masks), recordedOf(then, sent))).toEqual([
      "allow → review: large",
    ]);
    const { ssn } = (left.command.http?.body ?? {}) as { ssn: string };
    expect(ssn).toMatch(/^tok_/);
    const token = `{ id: token, then: block, when: 'http.body.ssn == "${ssn}"' }`;
    expect(again(then, source(token, masks), recordedOf(then, sent))).toEqual([
      "allow → block: token",
    ]);
  });

  it("where the record tells of another decision", () => {
    const decision = { verdict: "block", rules: ["gone"], policy: "pol_1" } as const;
    const recorded = recordedOf(source(""), small, { decision });
    expect(again(source(""), source(POSTS), recorded)).toEqual(["not reproduced"]);
  });
});
