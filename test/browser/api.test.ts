import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const says = (page: Page, words: string) =>
  page.getByText(words).filter({ visible: true }).first().waitFor();

const COUNT = Object.keys({ ...ROUTES, ...STREAMS }).length;
const PAGES = [
  ["api-docs", "/api-docs", "API", `${COUNT} routes`],
  ["api-tokens", "/tokens", "API tokens", "siem-export"],
] as const;

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each(PAGES)(
    "%s can be used by everybody, on any width",
    async (name, path, title, words) => {
      const { page, complaints } = await open(browser, `${stub.url}${path}`, { colorScheme });
      await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
      await says(page, words);
      if (name === "api-docs") await page.getByText("Approve what waits.").click();
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `${name}-${colorScheme}`);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `${name}-${colorScheme}-390`);
      expect(await page.title()).toContain(title);
      expect(complaints).toEqual([]);
    },
  );
});

describe("the page of the API", () => {
  test("is in the person's menu, which closes behind", async () => {
    const { page } = await open(browser, `${stub.url}/access`);
    await page.getByRole("button", { name: "Rui" }).click();
    await page.getByRole("link", { name: "API", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "API" }).waitFor();
    expect(await page.getByRole("group", { name: "You" }).isVisible()).toBe(false);
  });

  test("finds routes by words, and shows one by keyboard alone", async () => {
    const { page } = await open(browser, `${stub.url}/api-docs`);
    await page.getByRole("searchbox", { name: "Search" }).fill("secrets put");
    await says(page, "1 route");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    for (const words of [
      "admins",
      "secrets:write",
      "name in the path, required: string",
      "Idempotency-Key in the header",
      "Body: application/json",
      "value: string",
      "updatedAt: instant",
      "422 idempotency_mismatch",
    ]) {
      await page.locator("details[open]").getByText(words).first().waitFor();
    }
    const curl =
      `curl -X PUT http://localhost/api/secrets/NAME -H "Authorization: Bearer $SLUICE_TOKEN" ` +
      `-H "Content-Type: application/json" -d '{"value":"…"}'`;
    await page.getByRole("button", { name: `Copy: ${curl}` }).waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("nothing like it");
    await says(page, "No route has all of these words.");
  });

  test("says what every code and scope means", async () => {
    const { page } = await open(browser, `${stub.url}/api-docs`);
    await says(page, "409: You have answered this review before.");
    await says(page, "Put a policy in force.");
  });

  test("says what went wrong, under its own heading", async () => {
    stub.refuseNext("GET /api/openapi.json", "internal");
    const { page } = await open(browser, `${stub.url}/api-docs`);
    await page.getByRole("alert").waitFor();
    await page.getByRole("heading", { level: 1, name: "API" }).waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await says(page, `${COUNT} routes`);
  });
});

describe("API tokens", () => {
  test("are made for scopes and days, and shown once", async () => {
    const { page, complaints } = await open(browser, `${stub.url}/tokens`);
    await says(page, "siem-export");
    const make = page.getByRole("button", { name: "Make it" });
    expect(await make.isDisabled()).toBe(true);
    await page.getByRole("textbox", { name: "Name" }).fill("deploys");
    await page.getByRole("checkbox", { name: /policy:write/ }).check();
    await page.getByLabel("For how long").selectOption("90 days");
    await make.click();
    await says(page, "Copy deploys now");
    expect(stub.asked).toContain(
      'POST /api/tokens {"name":"deploys","scopes":["policy:write"],"days":90}',
    );
    await page.getByRole("article", { name: "deploys" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "api-token-made");
    await page.reload();
    await says(page, "siem-export");
    expect(await page.getByText("Copy deploys now").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("are revoked after a question, by whose they are", async () => {
    const { page } = await open(browser, `${stub.url}/tokens`);
    await page.getByRole("button", { name: "Revoke siem-export…" }).click();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByRole("article", { name: "siem-export" }).getByText("revoked").waitFor();
    stub.me = { ...stub.me, roles: ["auditor"] };
    await page.reload();
    await says(page, "of Max");
    expect(await page.getByRole("button", { name: /^Revoke/ }).count()).toBe(0);
  });
});
