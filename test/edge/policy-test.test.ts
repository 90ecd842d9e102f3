import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cli, useDemo } from "../support/demo.ts";

/*
 * A catalog of a real PostgreSQL, saved through the gateway; then cases over it, and of requests to
 * a real service, each of which the gateway itself is asked as well.
 */

const demo = useDemo();
const folder = mkdtempSync(join(tmpdir(), "sluice-cases-"));
afterAll(() => rmSync(folder, { recursive: true }));

const policy = join(import.meta.dirname, "../../demo/sluice.yaml");
const catalog = join(folder, "shop-db.json");

type Row = { sql: string; verdict: "allow" | "block"; masks?: Record<string, string> };

const ROWS: readonly Row[] = [
  { sql: "SELECT id, name FROM customers LIMIT 1", verdict: "allow", masks: {} },
  { sql: "SELECT upper(email) AS x FROM customers LIMIT 1", verdict: "allow", masks: { x: "pii" } },
  {
    sql: "SELECT salary, ssn FROM employees LIMIT 1",
    verdict: "allow",
    masks: { salary: "pay", ssn: "pii" },
  },
  {
    sql: "SELECT t.e FROM (SELECT email AS e FROM customers) t LIMIT 1",
    verdict: "allow",
    masks: { e: "pii" },
  },
  {
    sql: "SELECT * FROM customer_contacts LIMIT 1",
    verdict: "allow",
    masks: { contact: "pii", phone: "contact" },
  },
  { sql: "SELECT id FROM customers ORDER BY email LIMIT 1", verdict: "block" },
  { sql: "CREATE TABLE taken AS SELECT ssn FROM employees", verdict: "block" },
  { sql: "DROP TABLE orders", verdict: "block" },
];

type Given = {
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown };
  verdict: "allow" | "block" | "review" | "refuse";
  /** Of the gateway's own answer. */
  status: number;
  rule?: string;
  message?: string;
};

const payment = (amount: number) => ({
  customer_id: 7,
  payment_amount: amount,
  currency: "CHF",
  card_number: "4111111111111111",
});
const JSON_TYPE = { "content-type": "application/json" };

const REQUESTS: readonly Given[] = [
  { request: { method: "GET", path: "/customers?page=2" }, verdict: "allow", status: 200 },
  {
    request: { method: "POST", path: "/payments", body: payment(5) },
    verdict: "allow",
    rule: "engineers",
    status: 201,
  },
  {
    request: { method: "POST", path: "/payments", body: payment(5000) },
    verdict: "review",
    rule: "large-payment",
    status: 202,
  },
  {
    request: { method: "POST", path: "/payments", headers: JSON_TYPE, body: "[5000]" },
    verdict: "block",
    rule: "large-payment",
    message: "could not be evaluated",
    status: 403,
  },
  {
    request: {
      method: "POST",
      path: "/payments",
      headers: JSON_TYPE,
      body: '{"payment_amount": 5, "payment_amount": 5000}',
    },
    verdict: "refuse",
    message: "twice in one object",
    status: 400,
  },
  { request: { method: "GET", path: "/vault/billing-db" }, verdict: "review", status: 202 },
  {
    request: { method: "GET", path: "/customers//7" },
    verdict: "refuse",
    message: "an empty segment",
    status: 400,
  },
];

/** What a held one waits for is not waited for here. */
async function rawly(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<number | undefined> {
  const own = { authorization: `Bearer ${await demo().token("ada")}`, prefer: "respond-async" };
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const type = sent === undefined ? {} : JSON_TYPE;
  // As it is written: fetch would put the path right.
  const asked = request(demo().url, {
    method,
    path: `/http/billing-api${path}`,
    headers: { ...own, ...type, ...headers },
  });
  asked.end(sent);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

const casesOf = (rows: readonly Row[]): string => {
  const who = { as: "ada", groups: ["engineers"], on: "shop-db" };
  return JSON.stringify({
    cases: rows.map(({ sql, ...expected }) => ({ ...who, sql, expect: expected })),
  });
};

const tested = (cases: string) => {
  const file = join(folder, "cases.yaml");
  writeFileSync(file, cases);
  const argv = ["policy", "test", file, "--policy", policy, "--catalog", catalog];
  // It asks nobody: there is nothing at this address.
  return cli(demo(), argv, { as: "ada", env: { SLUICE_URL: "http://127.0.0.1:9" } });
};

describe("a policy's cases over a saved catalog", { timeout: 120_000 }, () => {
  it("is saved by an admin alone", async () => {
    const argv = ["policy", "catalog", "--on", "shop-db"];
    expect(await cli(demo(), argv, { as: "ada" })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("needs the role admin"),
    });
    const saved = await cli(demo(), argv, { as: "max" });
    expect(saved).toMatchObject({ code: 0, stderr: "" });
    writeFileSync(catalog, saved.stdout);
    const trail = await cli(demo(), ["audit", "log", "--json"], { as: "max" });
    expect(JSON.parse(trail.stdout)).toContainEqual(
      expect.objectContaining({ action: "catalog.read", subject: "shop-db", outcome: "done" }),
    );
  });

  it("passes what is so, and fails what is not", async () => {
    const right = await tested(casesOf(ROWS));
    expect(right.stdout).toContain(`\n${ROWS.length} passed, 0 failed\n`);
    expect(right).toMatchObject({ code: 0, stderr: "" });
    const wrong = await tested(
      casesOf([{ sql: "SELECT ssn FROM employees", verdict: "allow", masks: {} }]),
    );
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain("masks: expected none, got { ssn: pii }");
  });

  it.each(ROWS)("says of $sql what the gateway does", async ({ sql, verdict, masks = {} }) => {
    const ran = await cli(demo(), ["sql", "shop-db", sql, "--json"], { as: "ada" });
    expect(ran.code === 0 ? "allow" : "block").toBe(verdict);
    if (verdict === "block") return;
    const [row = {}] = JSON.parse(ran.stdout) as Record<string, unknown>[];
    const hidden = Object.entries(row).flatMap(([column, value]) =>
      value === null || /\*|\[redacted\]/.test(JSON.stringify(value)) ? [column] : [],
    );
    expect(hidden.toSorted()).toEqual(Object.keys(masks).toSorted());
  });

  it.each(REQUESTS)("says of $request what the gateway does", async (row) => {
    const file = join(folder, "requests.yaml");
    const { request, status, ...expected } = row;
    const who = { as: "ada", groups: ["engineers"], on: "billing-api" };
    writeFileSync(file, JSON.stringify({ cases: [{ ...who, request, expect: expected }] }));
    const ran = await cli(demo(), ["policy", "test", file, "--policy", policy], { as: "ada" });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { method, path, headers = {}, body } = request;
    const answer = await rawly(method, path, headers, body);
    expect(answer).toBe(status);
  });

  it("rehearses the requests that it has recorded", async () => {
    const rules = `
  - { id: small, resources: [billing-api], then: block, message: Too small.,
      when: 'http.method == "POST" && http.body.payment_amount < 10' }
  - { id: paged, resources: [billing-api], then: block, message: No pages.,
      when: has(http.query.page) }`;
    const inForce = (await cli(demo(), ["policy", "show"], { as: "max" })).stdout;
    const file = join(folder, "edited.yaml");
    const rehearsed = async (more: string) => {
      writeFileSync(file, inForce.replace("\nmasking:", `${more}\n\nmasking:`));
      const argv = ["policy", "dry-run", file, "--on", "billing-api"];
      return cli(demo(), argv, { as: "max" });
    };
    const { code, stdout, stderr } = await rehearsed(rules);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "5 commands, 3 differences\n" });
    expect(stdout).toContain(
      "allowed → blocked (paged)  ada on billing-api: GET /customers?page=2",
    );
    expect(stdout).toContain("allowed → blocked (small)  ada on billing-api: POST /payments");
    const sealed = `
  - { id: tenant, resources: [billing-api], then: block, when: '"x-tenant" in http.headers' }`;
    const unknown = await rehearsed(sealed);
    expect(unknown).toMatchObject({ code: 0, stdout: "" });
    expect(unknown.stderr).toMatch(
      /^5 commands, 0 differences\n5 not judged: a rule looks at what/,
    );
  });

  it("explains a statement over it as a tree", async () => {
    const sql = "SELECT lower(employees.ssn) AS x FROM employees";
    const argv = ["policy", "explain", policy, sql, "--on", "shop-db", "--as", "ada"];
    const more = ["--groups", "engineers", "--catalog", catalog];
    const { stdout } = await cli(demo(), [...argv, ...more], { as: "ada" });
    expect(stdout).toContain("  x ← lower(employees.ssn): masked whole by pii\n");
    expect(stdout).toContain("    └─ public.employees.ssn: pii (partial)\n");
  });
});
