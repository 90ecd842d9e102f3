import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Applied } from "../../core/api/policy.ts";
import type { RehearsedStep } from "../../core/api/rehearsal.ts";
import { ROUTES } from "../../core/api/routes.ts";
import type { Fact } from "../../core/fact.ts";
import { rehearsalDaysMax, rehearsalSessionsMax } from "../../core/limits.ts";
import { loadDocument } from "../../core/policy/document.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { resourceOf } from "../../core/policy/resource.ts";
import { rehearsal } from "../../core/rehearsal/rehearse.ts";
import { requestRehearsal } from "../../core/rehearsal/request.ts";
import type { HttpResource } from "../../core/session.ts";
import { nodeCrypto } from "../../durable-objects/crypto.ts";
import { SHOP } from "../core/sql/shop.ts";
import { loadGrammar } from "../support/grammar.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, ship } from "./things.ts";

const ADA = { id: "ada", name: "ada", groups: ["engineers"], kind: "person" } as const;
const THEN = `${POLICY}masking: [{ id: pii, columns: [users.email] }]\n`;
const GRANT = "access: [read, write] }";

let gate: Gateway;
let max: string;
let version: string;
beforeAll(async () => {
  gate = await Gateway.start();
  gate.catalogs.answer = SHOP;
  max = (await gate.signIn("max")).access_token;
  await gate.putSecret("shop-db-password", "hunter2", max);
  version = (await (await gate.apply(THEN, max)).json<Applied>()).version;
});
beforeEach(async () => {
  await gate.env.DB.prepare("delete from sessions").run();
});
afterAll(() => gate.stop());

const opened = (groups: readonly string[] | null): Fact => ({
  kind: "opened",
  session: "",
  principal: "ada",
  principalKind: "person",
  ...(groups !== null && { groups }),
  onBehalfOf: null,
  resource: "shop-db",
  protocol: "postgres",
  policy: version,
  level: "full",
  reason: null,
});

type Facts = Extract<Fact, { kind: "command" | "decision" }>;

/** What the gateway records of a statement, by its own code. */
async function factsOf(sql: string, source = THEN): Promise<Facts[]> {
  const document = loadDocument(source);
  const session = { id: "", reason: null, ticket: null, openedAt: 0 };
  const resource = document.resources[0]!;
  const stage = { document, principal: ADA, resource, session, catalog: SHOP };
  const { command, decision } = rehearsal(stage, await loadGrammar(), nodeCrypto)(sql, Date.now());
  const { shown, operations, objects, unbounded } = command;
  const { verdict, rules } = decision;
  const message = "message" in decision ? decision.message : null;
  return [
    { kind: "command", shown, operations, objects, unbounded, digest: "00", secret: null },
    { kind: "decision", verdict, rules, message, policy: version },
  ];
}

type More = { readonly groups?: readonly string[] | null; readonly at?: number };

async function recorded(statements: readonly (readonly Fact[])[], more: More = {}) {
  const { groups = ADA.groups, at = Date.now() } = more;
  const session = await aSession(gate, ADA);
  const events = statements.flatMap((facts, i) =>
    facts.map((fact) => encodeEvent({ at, command: i + 1, fact }, (plain) => plain)),
  );
  const first = encodeEvent({ at, command: 0, fact: opened(groups) }, (plain) => plain);
  await ship(gate, session, 1, [first, ...events]);
  return session;
}

const body = (source: string, more: object = {}) => ({
  source,
  from: new Date(Date.now() - 3_600_000).toISOString(),
  to: new Date(Date.now() + 60_000).toISOString(),
  ...more,
});

async function step(source: string, more: object = {}): Promise<RehearsedStep> {
  const answer = await gate.send("POST", "/api/policy/rehearsal", max, body(source, more));
  return ROUTES.rehearsal.answer.parse(await answer.json());
}

async function trail() {
  const query = "select subject, detail from audit_events where action = 'policy.rehearse'";
  const { results } = await gate.env.DB.prepare(`${query} order by id`).all<{
    subject: string;
    detail: string;
  }>();
  return results.map(({ subject, detail }) => ({ subject, ...JSON.parse(detail) }));
}

const ofService = (session: string) =>
  gate.env.DB.prepare("update sessions set resource_type = 'http' where id = ?")
    .bind(session)
    .run();

const rule = (text: string) => `${THEN}guardrails:\n  - { id: new, ${text} }\n`;

describe("what an edited policy would have done", () => {
  it("is the same where the edit changes nothing", async () => {
    await recorded([
      await factsOf("SELECT name, email FROM users WHERE id = '5'"),
      await factsOf("DROP TABLE orders"),
      await factsOf("not a statement"),
    ]);
    const { items, examined, unjudged, next, sessions } = await step(`${THEN}# a remark\n`);
    expect({ items, examined, unjudged, next }).toEqual({
      items: [],
      examined: 3,
      unjudged: [],
      next: null,
    });
    expect(sessions).toEqual({ done: 1, of: 1 });
  });

  it.each([
    ["block", rule('when: "command.unbounded", then: block, message: "no"'), "DELETE FROM orders"],
    ["review", rule("then: review, reviewers: [leads]"), "SELECT note FROM orders"],
    ["allow", THEN.replace(GRANT, "access: [read, write, schema] }"), "DROP TABLE orders"],
  ] as const)("finds what would now be a %s", async (verdict, source, sql) => {
    const session = await recorded([await factsOf("SELECT name FROM orders"), await factsOf(sql)]);
    const { items } = await step(source);
    const found = items.find(({ shown }) => shown === sql);
    expect(found).toMatchObject({
      session,
      principal: "ada",
      resource: "shop-db",
      after: { verdict },
      masks: [],
      caution: null,
    });
    expect(found?.before.verdict).toBe(sql.startsWith("DROP") ? "block" : "allow");
  });

  it("finds columns that would be masked otherwise", async () => {
    await recorded([await factsOf("SELECT name, email FROM users")]);
    const source = THEN.replace("users.email", "users.name");
    const { items } = await step(source);
    expect(items).toMatchObject([
      {
        before: { verdict: "allow" },
        after: { verdict: "allow" },
        masks: [
          { column: "name", before: "not masked", after: "masked by pii (redact)" },
          { column: "email", before: "masked by pii (redact)", after: "not masked" },
        ],
      },
    ]);
  });

  it("finds what would be refused because it asks about a column masked by then", async () => {
    await recorded([await factsOf("SELECT id FROM users ORDER BY name")]);
    const { items } = await step(THEN.replace("users.email", "users.name"));
    expect(items).toMatchObject([{ before: { verdict: "allow" }, after: { verdict: "block" } }]);
  });

  it("finds that nobody would get in where the resource is gone", async () => {
    await recorded([await factsOf("SELECT 1")]);
    const source = POLICY.replaceAll("shop-db", "other-db");
    expect((await step(source)).items).toMatchObject([
      { after: { verdict: "block", message: "The policy names no resource shop-db." } },
    ]);
  });
});

describe("what cannot be judged is said to be so", () => {
  const why = async (source: string) => (await step(source)).unjudged;
  const blocking = rule("then: block");

  it("where the record tells otherwise than the shown text", async () => {
    const [command, decision] = (await factsOf("SELECT name FROM users")) as [Fact, Fact];
    await recorded([
      [{ ...command, objects: ["public.gone"] } as Fact, decision],
      [command, { ...decision, verdict: "block", rules: ["gone"] } as Fact],
    ]);
    expect(await why(blocking)).toEqual([{ why: "not reproduced", count: 2 }]);
  });

  it("where it was a request whose recording says nothing of what it shows", async () => {
    await ofService(await recorded([await factsOf("SELECT name FROM users")]));
    const { items, examined, unjudged } = await step(blocking);
    expect({ items, examined }).toEqual({ items: [], examined: 1 });
    expect(unjudged).toEqual([{ why: "request", count: 1 }]);
  });

  it("where a rule looks at bound values", async () => {
    await recorded([
      await factsOf("SELECT name FROM users WHERE id = $1"),
      await factsOf("SELECT name FROM users"),
    ]);
    const { items, unjudged } = await step(rule("when: size(command.parameters) > 0, then: block"));
    expect(unjudged).toEqual([{ why: "parameters", count: 1 }]);
    expect(items).toEqual([]);
  });

  it("where the shown text was cut, or the policy of then is not known", async () => {
    const long = `SELECT ${"name, ".repeat(1_000)} name FROM users`;
    const [command, decision] = (await factsOf("SELECT 1")) as [Fact, Fact];
    await recorded([await factsOf(long), [command, { ...decision, policy: "pol_x" } as Fact]]);
    expect(await why(blocking)).toEqual([
      { why: "cut", count: 1 },
      { why: "policy", count: 1 },
    ]);
  });

  it("where nobody knows who asked, or what the tables are", async () => {
    await recorded([await factsOf("SELECT 1")], { groups: null });
    expect(await why(blocking)).toEqual([{ why: "person", count: 1 }]);
    gate.catalogs.answer = null;
    await recorded([await factsOf("SELECT 1")]);
    expect(await why(blocking)).toContainEqual({ why: "tables", count: 1 });
    gate.catalogs.answer = SHOP;
  });

  it("where the recording is kept no longer", async () => {
    await recorded([await factsOf("SELECT 1")]);
    gate.store.clear();
    expect(await why(blocking)).toEqual([{ why: "recording", count: 1 }]);
  });

  it("and what was judged without the exact text has that beside it", async () => {
    await recorded([await factsOf("SELECT email FROM users WHERE name = 'x'")]);
    const { items } = await step(rule('when: command.text.contains("name"), then: block'));
    expect(items).toMatchObject([{ caution: expect.stringContaining("exact text") }]);
  });
});

describe("a request to a service", () => {
  const API = "{ name: shop-db, type: http, url: https://api.example }";
  const GRANTS = POLICY.slice(POLICY.indexOf("grants:")).replace(
    / {2}- \{ id: on-call[^}]*\} \}\n/,
    "",
  );
  const service = (rules = "") => `resources: [${API}]\n${GRANTS}guardrails: [${rules}]\n`;
  const LARGE = "{ id: large, then: block, when: http.body.amount > 1000 }";
  const TENANT = `{ id: tenant, then: block, when: '"x-tenant" in http.headers' }`;

  /** What the gateway records of it, by its own code. */
  async function ofRequest(body: string, source: string, version: string): Promise<Facts[]> {
    const document = loadDocument(source);
    const session = { id: "", reason: null, ticket: null, openedAt: 0 };
    const resource = resourceOf(document.resources[0]!, "shop-db") as HttpResource;
    const head = {
      method: "POST",
      target: "/a?b=1",
      headers: [["content-type", "text/json"]],
    } as const;
    const judge = requestRehearsal({ document, principal: ADA, session }, resource, nodeCrypto);
    const done = judge({ head, body: new TextEncoder().encode(body) }, Date.now());
    if ("refuse" in done) throw new Error(done.refuse);
    const { shown, operations, objects, unbounded, shows } = done.command;
    const { verdict, rules } = done.decision;
    return [
      {
        kind: "command",
        shown,
        operations,
        objects,
        unbounded,
        digest: "",
        shows: shows!,
        secret: null,
      },
      { kind: "decision", verdict, rules, message: null, policy: version },
    ];
  }

  it("is judged again, and counted where nobody can know", async () => {
    const before = service();
    const applied = await (await gate.apply(before, max)).json<Applied>();
    const facts = (body: string) => ofRequest(body, before, applied.version);
    const session = await recorded([await facts('{"amount": 5}'), await facts('{"amount": 5000}')]);
    await ofService(session);
    expect(await step(`${before}# a remark\n`)).toMatchObject({ items: [], unjudged: [] });
    const { items, unjudged } = await step(service(LARGE));
    expect(unjudged).toEqual([]);
    expect(items).toMatchObject([
      {
        session,
        shown: 'POST /a?b=1\n{"amount": 5000}',
        before: { verdict: "allow" },
        after: { verdict: "block", rules: ["large"] },
        caution: null,
      },
    ]);
    expect(await step(service(TENANT))).toMatchObject({
      items: [],
      examined: 2,
      unjudged: [{ why: "sealed", count: 2 }],
    });
    await gate.apply(THEN, max);
  });
});

describe("bounds", () => {
  it("goes on where the step before has ended, until nothing is left", async () => {
    const facts = await factsOf("SELECT 1");
    const many = rehearsalSessionsMax + 2;
    for (let i = 0; i < many; i++) await recorded([facts]);
    const source = rule("then: block");
    const first = await step(source);
    expect(first.sessions).toEqual({ done: rehearsalSessionsMax, of: many });
    expect(first.items).toHaveLength(rehearsalSessionsMax);
    const second = await step(source, { after: first.next });
    expect(second).toMatchObject({ next: null, sessions: { done: many, of: many } });
    expect(second.items).toHaveLength(2);
  });

  it("cuts one long recording, and judges each of its commands once", async () => {
    const facts = await factsOf("SELECT 1");
    await recorded(Array.from({ length: 700 }, () => facts));
    const seen: number[] = [];
    let after: string | null | undefined;
    let steps = 0;
    for (; after !== null && steps < 20; steps++) {
      const answer: RehearsedStep = await step(rule("then: block"), { ...(after && { after }) });
      seen.push(...answer.items.map(({ seq }) => seq));
      after = answer.next;
    }
    expect(steps).toBeGreaterThan(1);
    expect(seen).toEqual(Array.from({ length: 700 }, (_, i) => 2 + 2 * i));
  });

  it("looks at commands of the window and of the resource alone", async () => {
    const facts = await factsOf("SELECT 1");
    await recorded([facts], { at: Date.now() - 7_200_000 });
    expect(await step(rule("then: block"))).toMatchObject({ items: [], examined: 0 });
    await recorded([facts]);
    const other = await step(rule("then: block"), { resource: "ledger" });
    expect(other).toMatchObject({ items: [], sessions: { of: 0 } });
  });

  it.each([
    ["a window that ends before it begins", { to: "2020-01-01T00:00:00.000Z" }, 400],
    ["too many days", { from: daysAgo(rehearsalDaysMax + 1) }, 400],
    ["another's cursor", { after: "ses_1:0" }, 400],
    ["a key that is not known", { limit: 5 }, 400],
    ["a policy with an error", { source: "resources: 3" }, 422],
  ])("refuses %s", async (_, more, status) => {
    const answer = await gate.send("POST", "/api/policy/rehearsal", max, body(THEN, more));
    expect(answer.status).toBe(status);
  });

  it("writes down each step with its sessions before it reads any", async () => {
    const session = await recorded([await factsOf("SELECT 1")]);
    const before = (await trail()).length;
    gate.store.clear();
    await step(THEN, { resource: "shop-db" });
    expect((await trail()).slice(before)).toEqual([
      expect.objectContaining({ subject: "shop-db", sessions: 1, first: session, last: session }),
    ]);
  });
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
