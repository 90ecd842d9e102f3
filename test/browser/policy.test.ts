import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { documentSchema } from "../../core/policy/schema.ts";
import { z } from "../../core/zod.ts";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { idOf } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

const SOURCE = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");
const OLDER = SOURCE.replace("hours: 8", "hours: 4");
const BROKEN = "# BROKEN";
const hourAgo = new Date(Date.now() - 3_600_000).toISOString();

const version = (number: number, source: string, author = "Max") => ({
  version: idOf("pol", number),
  source,
  author,
  appliedAt: hourAgo,
  etag: `"${idOf("pol", number)}"`,
});

const difference = (number: number) => ({
  session: idOf("ses", number),
  seq: number,
  at: hourAgo,
  principal: "Ada",
  resource: "shop-db",
  shown: "SELECT name, phone FROM customers -- \u202e",
  before: { verdict: "allow", rules: ["engineers"], message: null },
  after: { verdict: "allow", rules: ["engineers"], message: null },
  masks: [{ column: "name", before: "not masked", after: "masked by names (redact)" }],
  caution: "A rule looks at the exact text, which is sealed: judged by the text shown.",
});

const blocked = {
  ...difference(2),
  masks: [],
  after: { verdict: "block", rules: ["no-delete"], message: "Deleting is not allowed." },
  caution: null,
};

const STEPS = [
  { items: [difference(1)], examined: 20, next: `${idOf("ses", 2)}:1`, done: 1 },
  { items: [blocked], examined: 4, next: null, done: 2 },
].map(({ done, ...step }, i) => ({
  ...step,
  unjudged: i === 0 ? [{ why: "parameters", count: 3 }] : [],
  sessions: { done, of: 2 },
}));

const CASES = [
  { name: "SELECT 1", passed: true, differences: [] },
  { name: "DROP TABLE x", passed: false, differences: ["verdict: expected allow, got block"] },
].map((one, i) => ({
  ...one,
  id: i + 1,
  line: 2 + i,
  as: "ada",
  on: "shop-db",
  verdict: "allow",
  rules: ["engineers"],
  columns: [],
  maskedIn: [],
}));

let browser: Browser;
let stub: Stub;
let inForce = version(2, SOURCE);
/** What a dry run's second step waits for. */
let later: Promise<void>;
useStub((given) => {
  ({ browser, stub } = given);
  inForce = version(2, SOURCE);
  later = Promise.resolve();
});

async function answer(route: Route): Promise<void> {
  const request = route.request();
  const { pathname } = new URL(request.url());
  const line = `${request.method()} ${pathname}`;
  const json = (value: unknown) => route.fulfill({ json: value });
  const body = () => request.postDataJSON() as { source: string; after?: string };
  if (line === "GET /api/policy") return json(inForce);
  if (line === "PUT /api/policy") return apply(route);
  if (line === "GET /api/policy/schema")
    return json(z.toJSONSchema(documentSchema, { io: "input" }));
  if (line === "GET /api/policy/versions") return json({ items: [inForce, older], next: null });
  if (pathname.startsWith("/api/policy/versions/")) {
    const found = [inForce, older].find((one) => pathname.endsWith(one.version)) ?? older;
    return json({ ...found, previous: found === older ? null : older.version });
  }
  if (line === "POST /api/policy/check") return json(checkOf(body().source));
  if (line === "POST /api/policy/test") return json({ errors: [], cases: CASES, bare: ["ledger"] });
  if (body().after !== undefined) await later;
  return json(STEPS[body().after === undefined ? 0 : 1]);
}

const older = version(1, OLDER, "Lea");

function checkOf(source: string) {
  const line = source.split("\n").findIndex((text) => text.includes(BROKEN)) + 1;
  const message = `line ${line}, column 3: guardrails.0: unknown key`;
  const errors = line === 0 ? [] : [{ code: "policy.shape", message, line, column: 3 }];
  const warnings = errors.length === 0 ? ["The secret shop-db-password has not been set yet."] : [];
  return ROUTES.check.answer.parse({ errors, warnings });
}

async function apply(route: Route): Promise<void> {
  const request = route.request();
  if (request.headers()["if-match"] !== inForce.etag) {
    const code = "precondition_failed";
    return route.fulfill({ status: 412, json: { code, status: 412, detail: code, title: code } });
  }
  inForce = version(3, request.postData() ?? "", "Rui");
  const { source: _, ...applied } = inForce;
  return route.fulfill({ json: { ...applied, changed: true, resources: 1, warnings: [] } });
}

async function look(path = "/policy", more = {}) {
  const watched = await open(browser, "about:blank", more);
  await watched.page.route("**/api/policy**", answer);
  await watched.page.route("**/api/policy/**", answer);
  await watched.page.goto(`${stub.url}${path}`);
  return watched;
}

const text = (page: Page) => page.getByRole("textbox", { name: "The policy, sluice.yaml" });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Types at the end of the text. */
async function type(page: Page, words: string): Promise<void> {
  await end(page);
  await page.keyboard.type(words);
}

async function end(page: Page): Promise<void> {
  await text(page).click();
  await page.keyboard.press("Control+End");
}

async function everybody(page: Page, name: string): Promise<void> {
  expect(await accessibility(page)).toEqual([]);
  await picture(page, name);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await overflow(page)).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, `${name}-390`);
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test("the page can be used by everybody, with all that it can show", async () => {
    const { page, complaints } = await look("/policy", { colorScheme });
    await page.getByText("in force since").waitFor();
    await type(page, `\n${BROKEN}`);
    await page.getByRole("list", { name: "Errors" }).waitFor();
    await page.getByRole("textbox", { name: "Cases, in YAML" }).click();
    await page.keyboard.type("cases: []");
    await button(page, "Run the cases").click();
    await page.getByText("expected allow, got block").waitFor();
    await button(page, "Run").click();
    await page.getByText("Deleting is not allowed.").waitFor();
    await everybody(page, `policy-${colorScheme}`);
    expect(complaints).toEqual([]);
  });

  test("a version can be read by everybody, with what it changed", async () => {
    const { page, complaints } = await look(`/policy/versions/${older.version}`, { colorScheme });
    await page.getByText("hours: 4").first().waitFor();
    await everybody(page, `policy-version-${colorScheme}`);
    expect(complaints).toEqual([]);
  });
});

describe("editing", () => {
  test("shows an error at its line, and leads there", async () => {
    const { page } = await look();
    await type(page, `\n${BROKEN}`);
    await page.getByText("1 error: it cannot be applied.").waitFor();
    expect(await page.locator(".cm-lintRange-error").innerText()).toBe("BROKEN");
    expect(await button(page, "Apply…").isDisabled()).toBe(true);
    await page.keyboard.press("Control+Home");
    await page.getByRole("button", { name: /unknown key/ }).click();
    await page.keyboard.press("Shift+End");
    await page.keyboard.press("Delete");
    await page.getByText("It could be applied").waitFor();
    expect(await page.locator(".cm-lintRange-error").count()).toBe(0);
  });

  test("offers what may stand there, in the schema's words", async () => {
    const { page } = await look();
    await type(page, "\nguardrails:\n- th");
    const option = page.getByRole("option", { name: "then" });
    await option.waitFor();
    await page.getByText("`allow`, `block` or `review`.").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "policy-completion");
    await page.keyboard.press("Enter");
    await page.keyboard.type("bl");
    await page.getByRole("option", { name: "block" }).click();
    await expect.poll(() => text(page).innerText()).toContain("- then: block");
  });

  test("lets one type over what is selected, and breaks no rule of the page", async () => {
    const { page, complaints } = await look();
    await text(page).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+Control+End");
    await page.keyboard.type("grants: []");
    await expect.poll(() => text(page).innerText()).toMatch(/\ngrants: \[\]$/);
    await page.keyboard.press("Control+z");
    await expect.poll(() => text(page).innerText()).toContain("shop-db");
    expect(complaints).toEqual([]);
  });

  test("is no trap for who uses the keyboard alone", async () => {
    const { page } = await look();
    await text(page).focus();
    const inside = () => page.evaluate<boolean>("document.activeElement.shadowRoot !== null");
    expect(await inside()).toBe(true);
    await page.keyboard.press("Tab");
    expect(await inside()).toBe(false);
    await page.keyboard.press("Shift+Tab");
    expect(await inside()).toBe(true);
    await page.keyboard.press("Shift+Tab");
    expect(await inside()).toBe(false);
  });

  test("applies what was shown once more, in place of the one that was read", async () => {
    const { page } = await look();
    await type(page, "\n# mine");
    await page.getByText("with 1 warning").waitFor();
    await button(page, "Apply…").click();
    const dialog = page.getByRole("dialog", { name: "Apply this policy?" });
    await dialog.getByText("has not been set yet").waitFor();
    const added = () => dialog.locator(".cm-insertedLine, .cm-changedLine").allInnerTexts();
    await expect.poll(added).toContain("# mine");
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "policy-apply");
    await button(page, "Apply").click();
    await page.getByText("It is in force.").waitFor();
    expect(inForce.source).toBe(`${SOURCE}\n# mine`);
    await page.getByText("by Rui").waitFor();
  });

  test("tells of another's apply, and loses nothing", async () => {
    const { page } = await look();
    await type(page, "\n# mine");
    await page.getByText("It could be applied").waitFor();
    inForce = version(3, `${SOURCE}\n# theirs`, "Lea");
    await button(page, "Apply…").click();
    await button(page, "Apply").click();
    await page.getByText("Somebody applied another policy meanwhile").waitFor();
    await button(page, "Back").click();
    await page.getByText("Lea applied another policy meanwhile").waitFor();
    expect(await text(page).innerText()).toContain("# mine");
    expect(await button(page, "Apply…").isDisabled()).toBe(true);
    await page.getByText("Your text beside the policy in force").click();
    await page.getByText("# theirs").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "policy-meanwhile");
    await button(page, "Go on with my text").click();
    await button(page, "Apply…").click();
    await button(page, "Apply").click();
    await page.getByText("It is in force.").waitFor();
    expect(inForce.source).toContain("# mine");
  });

  test("keeps what was typed while she looks at another page", async () => {
    const { page } = await look();
    await type(page, "\n# mine");
    await page.getByRole("link", { name: "Access" }).click();
    await page.getByText("sluice psql shop-db").waitFor();
    await page.getByRole("link", { name: "Policy" }).click();
    await page.getByText("not applied").waitFor();
    await end(page);
    expect(await text(page).innerText()).toContain("# mine");
    await button(page, "Drop my edit").click();
    await expect.poll(() => text(page).innerText()).not.toContain("# mine");
  });

  test("is for admins: auditors read", async () => {
    stub.me = { ...stub.me, roles: ["auditor"] };
    const { page } = await look();
    await text(page).waitFor();
    await text(page).click();
    await page.keyboard.type("x");
    expect(await text(page).getAttribute("aria-readonly")).toBe("true");
    expect(await page.getByRole("button", { name: /Apply|Run/ }).count()).toBe(0);
    expect(await accessibility(page)).toEqual([]);
  });
});

describe("a dry run", () => {
  test("stops when it is told to, and keeps what it has found", async () => {
    const { page } = await look();
    let go = () => {};
    later = new Promise((done) => (go = done));
    await button(page, "Run").click();
    await page.getByText("1 of 2 sessions").waitFor();
    await page.getByRole("progressbar").waitFor();
    await button(page, "Stop").click();
    await page.getByText("Stopped: 1 of 2 sessions").waitFor();
    await page.getByText("masked by names").waitFor();
    go();
    await button(page, "Run").waitFor();
    expect(await page.getByText("Deleting is not allowed.").count()).toBe(0);
  });
});

test("a version is rolled back to, as a new one", async () => {
  const { page } = await look(`/policy/versions/${older.version}`);
  await button(page, "Roll back to it…").click();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "policy-roll-back");
  await button(page, "Roll back").click();
  await page.getByText("It is in force.").waitFor();
  expect(inForce).toMatchObject({ source: OLDER, version: idOf("pol", 3) });
});
