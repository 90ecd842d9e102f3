import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, open, picture } from "../support/browser.ts";
import { cli, type TestDemo } from "../support/demo.ts";
import { useWalk } from "../support/walk.ts";

/* An admin's whole way with a policy: a real browser, the demo, and a real psql that feels it. */

let browser: Browser;
let demo: TestDemo;
useWalk(["psql"], (walk) => {
  ({ browser, demo } = walk);
});

const psql = (statement: string) => cli(demo, ["psql", "shop-db", "-c", statement], { as: "ada" });

const NAMES = "SELECT name, email FROM customers WHERE id = 7";
const COUNT = "SELECT count(*) FROM products";
const RULES = `
  - id: no-counts
    when: '"public.products" in command.objects'
    then: block
    message: Not today.`;

const text = (page: Page) => page.getByRole("textbox", { name: "The policy, sluice.yaml" });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** The whole text of the editor, in place of what stands there. */
async function write(page: Page, source: string): Promise<void> {
  await text(page).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(source);
}

test("max breaks the policy, mends it, rehearses it, applies it, and takes it back", async () => {
  const before = await psql(NAMES);
  expect(before.stdout).toContain("Zoë Zhang");
  expect((await psql(COUNT)).code).toBe(0);
  expect((await psql("DROP TABLE orders")).code).not.toBe(0);

  const { page, complaints } = await open(browser, `${demo.url}/policy`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.locator('button[value="max"]').click();
  await page.waitForURL(`${demo.url}/policy`);
  await page.getByText("in force since").waitFor();
  const shown = (await (await page.request.get(`${demo.url}/api/policy`)).json()) as {
    source: string;
  };
  const edited = shown.source
    .replace("\nmasking:", `${RULES}\n\nmasking:`)
    .replace("[customers.phone]", "[customers.phone, customers.name]");
  expect(edited.length).toBeGreaterThan(shown.source.length + RULES.length);

  await write(
    page,
    edited.replace("then: block\n    message: Not", "then: blok\n    message: Not"),
  );
  const line = edited.split("\n").findIndex((each) => each.includes("no-counts")) + 3;
  await page.getByRole("button", { name: new RegExp(`^line ${line}, .*then`) }).click();
  await expect.poll(() => page.locator(".cm-lintRange-error").count()).toBeGreaterThan(0);
  expect(await page.locator(".cm-lintRange-error").first().innerText()).toContain("blok");
  await picture(page, "policy-walk-error");

  await write(page, edited);
  await page.getByText("It could be applied").waitFor();
  await page.getByLabel("When").selectOption("1");
  await page.getByLabel("Resource").selectOption("shop-db");
  await button(page, "Run").click();
  await page.getByText(/^Done: /).waitFor();
  const differences = page.getByRole("list", { name: "Differences" }).getByRole("listitem");
  await expect.poll(() => differences.count()).toBe(2);
  const found = await differences.allInnerTexts();
  expect(found.find((each) => each.includes("FROM products"))).toMatch(
    /allowed → blocked[^]*Not today/,
  );
  expect(found.find((each) => each.includes("FROM customers"))).toMatch(
    /masked otherwise[^]*name: not masked → masked by contact/,
  );
  expect(await page.getByRole("list", { name: "Not judged" }).count()).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "policy-walk-dry-run");

  await page.getByRole("textbox", { name: "Cases, in YAML" }).click();
  await page.keyboard.insertText(CASES);
  await button(page, "Run the cases").click();
  await page.getByText("2 cases passed, 2 failed").waitFor();
  const results = page.getByRole("list", { name: "Results" }).getByRole("listitem");
  expect(await results.allInnerTexts()).toEqual([
    expect.stringContaining("passed"),
    expect.stringContaining("failed"),
    expect.stringMatching(/passed[^]*a large payment waits/),
    expect.stringMatching(/failed[^]*GET \/vault\/%2E%2E[^]*got refuse: The path holds a segment/),
  ]);
  await picture(page, "policy-walk-cases");

  await button(page, "Apply…").click();
  await button(page, "Apply").click();
  await page.getByText("It is in force.").waitFor();
  expect((await psql(COUNT)).stderr).toContain("Not today.");
  expect((await psql(NAMES)).stdout).toContain("[redacted]");

  await page.getByRole("list", { name: "Versions" }).getByRole("link").nth(1).click();
  await page.getByRole("heading", { name: "A version of the policy" }).waitFor();
  await page.getByText("no-counts").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "policy-walk-version");
  await button(page, "Roll back to it…").click();
  await button(page, "Roll back").click();
  await page.getByText("It is in force.").waitFor();
  expect((await psql(COUNT)).code).toBe(0);
  expect((await psql(NAMES)).stdout).toBe(before.stdout);
  // The browser itself notes the answer of 401 before the sign-in.
  expect(complaints.filter((each) => !each.startsWith("Failed to load resource"))).toEqual([]);
});

const CASES = `cases:
  - { as: ada, groups: [engineers], on: shop-db, sql: SELECT name FROM customers,
      expect: { verdict: allow, masks: { name: contact } } }
  - { as: ada, groups: [engineers], on: shop-db, sql: SELECT count(*) FROM products,
      expect: { verdict: allow } }
  - { name: a large payment waits, as: ada, groups: [engineers], on: billing-api,
      request: { method: POST, path: /payments, body: { payment_amount: 5000 } },
      expect: { verdict: review, rule: large-payment } }
  - { as: ada, groups: [engineers], on: billing-api, request: { method: GET, path: /vault/%2E%2E },
      expect: { verdict: review } }
`;

test("the command line finds what the page finds", async () => {
  expect((await psql(COUNT)).code).toBe(0);
  const file = join(demo.stateDir, "edited.yaml");
  const source = (await cli(demo, ["policy", "show"], { as: "max" })).stdout;
  await writeFile(file, source.replace("\nmasking:", `${RULES}\n\nmasking:`));
  const ran = await cli(demo, ["policy", "dry-run", file, "--on", "shop-db"], { as: "max" });
  expect(ran.stdout).toContain("allowed → blocked (no-counts)  ada on shop-db: SELECT count(*)");
  expect(ran.stderr).toContain("differences");
  expect((await cli(demo, ["policy", "dry-run", file], { as: "ada" })).code).not.toBe(0);
});
