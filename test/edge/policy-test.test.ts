import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cli, useDemo } from "../support/demo.ts";

/*
 * A catalog of a real PostgreSQL, saved through the gateway; then cases over it, each of which
 * the gateway itself is asked as well.
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

  it("explains a statement over it as a tree", async () => {
    const sql = "SELECT lower(employees.ssn) AS x FROM employees";
    const argv = ["policy", "explain", policy, sql, "--on", "shop-db", "--as", "ada"];
    const more = ["--groups", "engineers", "--catalog", catalog];
    const { stdout } = await cli(demo(), [...argv, ...more], { as: "ada" });
    expect(stdout).toContain("  x ← lower(employees.ssn): masked whole by pii\n");
    expect(stdout).toContain("    └─ public.employees.ssn: pii (partial)\n");
  });
});
