import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Applied } from "../../core/api/policy.ts";
import type { Problem } from "../../core/api/problem.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { policyBytesMax, policyCasesMax } from "../../core/limits.ts";
import { SHOP } from "../core/sql/shop.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
let max: string;
beforeAll(async () => {
  gate = await Gateway.start();
  gate.catalogs.answer = SHOP;
  max = (await gate.signIn("max")).access_token;
  await gate.apply(POLICY, max);
  await gate.putSecret("shop-db-password", "hunter2", max);
});
afterAll(() => gate.stop());

const post = (path: string, body: object) => gate.send("POST", path, max, body);

describe("looking at a text", () => {
  const check = async (source: string) =>
    ROUTES.check.answer.parse(await (await post("/api/policy/check", { source })).json());

  it("finds nothing in a policy that could be applied", async () => {
    expect(await check(POLICY)).toEqual({ errors: [], warnings: [] });
  });

  it("tells each error at its line, and what does not stop an apply", async () => {
    const { errors } = await check(`${POLICY}guardrails:\n  - { id: x, then: blok }\n`);
    const line = POLICY.split("\n").length + 1;
    expect(errors).toMatchObject([{ line, message: expect.stringContaining("guardrails.0.then") }]);
    expect((await check(POLICY.replace("-password }", "-pass }"))).warnings).toEqual([
      "The secret shop-db-pass has not been set yet.",
    ]);
  });

  it("tells what would stop an apply and has no line", async () => {
    const { errors } = await check(POLICY.replace("admin: [admins]", "admin: []"));
    expect(errors).toMatchObject([{ code: "nobody_admin", line: null }]);
  });

  it("changes nothing", async () => {
    await check(`${POLICY}# another`);
    expect(await (await gate.get("/api/policy", max)).json()).toMatchObject({ source: POLICY });
  });

  it("takes a policy of the largest size, with quotes, and none above", async () => {
    const filled = (bytes: number) => `${POLICY}#${'"'.repeat(bytes - POLICY.length - 1)}`;
    expect((await check(filled(policyBytesMax))).errors).toEqual([]);
    const over = await post("/api/policy/check", { source: filled(policyBytesMax + 1) });
    expect(over.status).toBe(400);
  });
});

describe("the schema", () => {
  it("knows each key with its words, and what may stand there", async () => {
    const answer = await gate.get("/api/policy/schema", max);
    const then = "properties.guardrails.items.properties.then";
    const schema: unknown = await answer.json();
    expect(schema).toHaveProperty(`${then}.enum`, ["allow", "block", "review"]);
    expect(schema).toHaveProperty(`${then}.description`, expect.any(String));
  });
});

describe("a version", () => {
  it("is kept with its text, and going back to it says so", async () => {
    const first = await (await gate.apply(`${POLICY}# 1\n`, max)).json<Applied>();
    await gate.apply(`${POLICY}# 2\n`, max);
    const path = `/api/policy/versions/${first.version}`;
    const { source, previous } = ROUTES.policyAt.answer.parse(
      await (await gate.get(path, max)).json(),
    );
    expect(source).toBe(`${POLICY}# 1\n`);
    expect(previous).toMatch(/^pol_/);
    const again = await (await gate.apply(source, max)).json<Applied>();
    expect(again).toMatchObject({ changed: true });
    const trail = `select detail from audit_events where subject = ?`;
    const row = await gate.env.DB.prepare(trail).bind(again.version).first<{ detail: string }>();
    expect(JSON.parse(row?.detail ?? "")).toMatchObject({ restored: first.version });
  });

  it("that never was is told as unknown", async () => {
    const answer = await gate.get(`/api/policy/versions/pol_${"0".repeat(26)}`, max);
    expect(answer.status).toBe(404);
  });
});

describe("cases", () => {
  const masked = `${POLICY}masking: [{ id: pii, columns: [users.email] }]\n`;
  const test = async (source: string, cases: string) => {
    const answer = await post("/api/policy/test", { source, cases });
    const body = await answer.json<Problem>();
    return answer.ok ? ROUTES.test.answer.parse(body) : body;
  };
  const one = (sql: string, expected: string, on = "shop-db") =>
    `  - { as: ada, groups: [engineers], on: ${on}, sql: "${sql}", expect: { ${expected} } }\n`;

  it("pass or say how they fail, over the tables of the policy in force", async () => {
    const sql = "SELECT email FROM users";
    const cases = `cases:\n${one(sql, "verdict: allow, masks: { email: pii }")}${one(
      "CREATE TABLE t (a int)",
      "verdict: allow",
    )}`;
    const tested = await test(masked, cases);
    expect(tested).toMatchObject({
      bare: [],
      cases: [
        { line: 2, passed: true, verdict: "allow" },
        {
          line: 3,
          passed: false,
          verdict: "block",
          differences: [expect.stringMatching(/^verdict/)],
        },
      ],
    });
  });

  it("say which resource was read without tables", async () => {
    const cases = `cases:\n${one("SELECT 1", "verdict: block", "fresh")}`;
    const resource = "  - { name: fresh, type: postgres, host: h.example, database: d, user: u }";
    const source = POLICY.replace("resources:\n", `resources:\n${resource}\n`);
    expect(await test(source, cases)).toMatchObject({ bare: ["fresh"], cases: [{ passed: true }] });
  });

  it("of requests need no tables, and leave no word of them in the audit trail", async () => {
    const resource = "  - { name: api, type: http, url: https://h.example }";
    const source = POLICY.replace("resources:\n", `resources:\n${resource}\n`)
      .replace("resources: [shop-db]", "resources: [shop-db, api]")
      .concat("masking: [{ id: pii, fields: [email], on: [requests] }]\n");
    const request = (sent: string, expected: string) =>
      "  - { as: ada, groups: [engineers], on: api, " +
      `request: { ${sent} }, expect: { ${expected} } }\n`;
    const cases = [
      request("method: POST, path: /a, body: { email: x }", "verdict: allow, maskedIn: [pii]"),
      request("method: GET, path: /a//b", "verdict: allow"),
    ];
    const looks = "select count(*) as n from audit_events where subject = 'api'";
    expect(await test(source, `cases:\n${cases.join("")}`)).toMatchObject({
      bare: [],
      cases: [
        { name: "POST /a", passed: true, verdict: "allow", maskedIn: ["pii"] },
        { name: "GET /a//b", passed: false, verdict: "refuse", rules: [] },
      ],
    });
    expect(await gate.env.DB.prepare(looks).first()).toEqual({ n: 0 });
  });

  it("that cannot be read are told of at their line", async () => {
    expect(await test(POLICY, "cases:\n  - { as: ada }\n")).toMatchObject({
      cases: [],
      errors: expect.arrayContaining([expect.objectContaining({ line: 2 })]),
    });
    expect(await test("resources: 3", "cases: []")).toMatchObject({ code: "invalid_policy" });
  });

  it("are bounded, and each look at tables is in the audit trail", async () => {
    const cases = `cases:\n${one("SELECT 1", "verdict: allow").repeat(policyCasesMax + 1)}`;
    expect(await test(POLICY, cases)).toMatchObject({ code: "too_large" });
    const trail = "select distinct actor from audit_events where action = 'catalog.read'";
    expect((await gate.env.DB.prepare(trail).all()).results).toEqual([{ actor: "max" }]);
  });
});
