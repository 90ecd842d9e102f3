import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SHOP } from "../core/sql/shop.ts";
import { run } from "./run.ts";

/*
 * The policy and the cases are those that docs/policy.md shows, over a catalog with the tables
 * that they speak of.
 */

const page = await readFile(join(import.meta.dirname, "../../docs/policy.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = ""]) => yaml);
const [POLICY = ""] = blocks;
const CASES = blocks.find((yaml) => yaml.includes("expect:")) ?? "";
const relations = SHOP.relations.map((relation) =>
  relation.oid === 20_001 ? { ...relation, name: "employees" } : relation,
);
const CATALOG = { resource: "orders-db", catalog: { ...SHOP, relations } };

const NUMBER = { name: "id", in: "path", required: true, schema: { type: "integer" } };

let folder: string;
const inFile = async (name: string, content: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-test-"));
});

type Given = { cases?: string; policy?: string; catalog?: object | null; more?: string[] };

async function tested({ cases = CASES, policy = POLICY, catalog = CATALOG, more = [] }: Given) {
  const files = [await inFile("cases.yaml", cases), "--policy", await inFile("p.yaml", policy)];
  if (catalog !== null) {
    files.push("--catalog", await inFile("catalog.json", JSON.stringify(catalog)));
  }
  // Nobody is asked: there is no gateway at all.
  return run(["policy", "test", ...files, ...more], { XDG_STATE_HOME: folder });
}

describe("policy test", () => {
  it("passes the cases of docs/policy.md, a line each", async () => {
    const { code, out, err } = await tested({});
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.trimEnd().split("\n");
    expect(lines.at(-1)).toBe("6 passed, 0 failed");
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(/^ok {3}line \d+: \w+ on (?:orders-db|billing-api): ./);
    }
    expect(lines).toHaveLength(7);
    expect(lines[2]).toBe("ok   line 14: ada on orders-db: SELECT id FROM employees ORDER BY ssn");
  });

  const rows: readonly (readonly [string, Given, readonly string[]])[] = [
    [
      "a mask that nobody expected",
      { policy: POLICY.replace('"*.ssn"', '"*.ssn", "*.id"') },
      ["masks: expected { x: pii }, got { id: pii, x: pii }"],
    ],
    [
      "a mask that is gone, and the question that may then be asked",
      { policy: POLICY.replace('"*.ssn", ', "") },
      ["masks: expected { x: pii }, got none", "verdict: expected block, got allow"],
    ],
    [
      "an exception that is gone",
      { policy: POLICY.replace(", except: [fraud]", "") },
      ["masks: expected none, got { x: pii }"],
    ],
    [
      "a guardrail of another name",
      { policy: POLICY.replace("delete-everything", "slowly") },
      ["rule: expected delete-everything, got slowly"],
    ],
    [
      "a column that is asked about, by name",
      { cases: CASES.replace("verdict: block, message: asks more", "verdict: allow }\n#") },
      [
        "verdict: expected allow, got block: This asks more",
        "public.employees.ssn (pii) is asked about by an order; only = may be asked.",
      ],
    ],
    [
      "a request that no rule holds any more",
      { policy: POLICY.replace("> 1000", "> 10000") },
      ["verdict: expected review, got allow", "rule: expected large-payment, got engineers"],
    ],
    [
      "a field that leaves as it is",
      { policy: POLICY.replace("on: [answers, requests]", "on: [answers]") },
      ["maskedIn: expected cards, got none"],
    ],
    [
      "a body that is judged where it should be refused",
      { cases: CASES.replace(`"payment_amount": 5, `, "") },
      ["verdict: expected refuse, got review: The rule large-payment asks"],
    ],
    [
      "a grant that is gone",
      { policy: POLICY.replace("groups: [engineers]", "groups: [x]") },
      ["verdict: expected allow, got block: No grant lets you use orders-db."],
    ],
  ];
  it.each(rows)("fails with exit code 1 for %s", async (_, given, said) => {
    const { code, out } = await tested(given);
    expect(code).toBe(1);
    for (const one of said) expect(out).toContain(`       ${one}`);
    expect(out).toMatch(/^FAIL line \d+: /m);
    expect(out).not.toMatch(/, 0 failed$/m);
  });

  it("says it in JSON too", async () => {
    const cases = CASES.replace("x: pii", "x: pay");
    const { code, out } = await tested({ cases, more: ["--json"] });
    expect(code).toBe(1);
    const [first, second] = JSON.parse(out);
    expect(first).toMatchObject({
      id: 1,
      passed: false,
      verdict: "allow",
      columns: [
        { name: "id", rule: null },
        { name: "x", rule: "pii" },
      ],
      differences: ["masks: expected { x: pay }, got { x: pii }"],
    });
    expect(second).toMatchObject({ passed: true, differences: [] });
  });

  it("reads requests as the service's resource says, by its OpenAPI document too", async () => {
    const openapi = JSON.stringify({
      openapi: "3.1.0",
      paths: { "/it/{id}": { get: { operationId: "getIt", parameters: [NUMBER] } } },
    });
    const policy = POLICY.replace("https://billing.internal,", `$& openapi: ${openapi},`).replace(
      "masking:",
      `  - { id: only, resources: [billing-api], then: block, message: Not described.,
      when: '!(http.operation == "getIt" && http.conforms)' }\nmasking:`,
    );
    const one = (path: string, verdict: string) =>
      "  - { as: ada, groups: [engineers], on: billing-api, " +
      `request: { method: GET, path: "${path}" }, expect: { verdict: ${verdict} } }\n`;
    const cases = [
      "cases:\n",
      one("/it/7", "allow"),
      one("/it/x", "block"),
      one("/it/%2E%2E/7", "refuse"),
      one("/it//7", "refuse"),
    ].join("");
    const ran = await tested({ cases, policy, catalog: null });
    expect(ran).toMatchObject({ code: 0, err: "", out: expect.stringContaining("4 passed") });
    expect(ran.out).toContain("line 4: ada on billing-api: GET /it/%2E%2E/7\n");
  });

  it("looks at the clock of the case, its ticket and its reason", async () => {
    const when = "now.hour < 6 && session.ticket == 'T-1' && session.reason == 'why'";
    const rule = `  - { id: nights, when: "${when}", then: block, message: No. }\nmasking:`;
    const one = (more: string, verdict: string) =>
      `  - { as: ada, groups: [engineers], on: orders-db, sql: SELECT 1, ${more}, ` +
      `expect: { verdict: ${verdict} } }\n`;
    const night = 'at: "2026-11-25T02:30:00Z", ticket: T-1';
    const cases = [
      "cases:\n",
      one(`${night}, reason: why`, "block"),
      one(night, "allow"),
      one('at: "2026-11-25T12:30:00Z", ticket: T-1, reason: why', "allow"),
    ].join("");
    const ran = await tested({ cases, policy: POLICY.replace("masking:", rule) });
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("3 passed") });
  });

  it("says what it reads without a catalog; then columns are opaque", async () => {
    const cases = CASES.replace("masks: {}", "masks: { x: pii }");
    const { code, out, err } = await tested({ cases, catalog: null });
    expect(err).toBe("orders-db is read without a catalog (--catalog FILE)\n");
    expect(code).toBe(1);
    expect(out).toContain("       masks: expected { x: pii }, got { id: pii, x: pii }\n");
  });

  it.each([
    [
      "no policy",
      { policy: "grants: {}" },
      /not a policy document.\n {2}line 1, column \d+: grants/,
    ],
    ["no cases", { cases: "cases: [{ as: a }]" }, /not a file of cases.\n {2}line 1, column \d+/],
    [
      "a case with a request for a database",
      { cases: CASES.replace("on: billing-api", "on: orders-db") },
      /not a file of cases.\n {2}line 23, column \d+: cases.4.on: .*orders-db.* is a database/,
    ],
    ["another's catalog", { catalog: { ...CATALOG, resource: "x" } }, /which the policy does not/],
    ["no catalog", { catalog: { resource: "orders-db" } }, /is not a catalog that `sluice/],
  ])("ends with exit code 2 for a file that is %s", async (_, given, said) => {
    expect(await tested(given)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(said),
    });
  });

  it("does not take two catalogs of one resource, or a file that is not there", async () => {
    const twice = await tested({ more: ["--catalog", join(folder, "catalog.json")] });
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining("a second catalog") });
    const nowhere = await run(["policy", "test", join(folder, "none.yaml")], {});
    expect(nowhere.code).toBe(2);
  });
});
