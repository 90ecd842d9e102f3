import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accessibility, launch, open, overflow, picture } from "../support/browser.ts";
import { startStub, type Stub } from "../support/dashboard-stub.ts";
import { has, needs } from "../support/tools.ts";

let browser: Browser;
let stub: Stub;
beforeAll(async () => {
  if (has("chromium")) browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async (context) => {
  needs(context, "chromium");
  stub = await startStub();
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await stub?.stop();
});

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test("the API is read on any width", async () => {
    const { page, complaints } = await open(browser, `${stub.url}/api-docs`, { colorScheme });
    await page.getByText("GET /api/sessions", { exact: true }).click();
    await page.getByText("may be left out").filter({ visible: true }).first().waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `api-${colorScheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `api-${colorScheme}-390`);
    expect(complaints).toEqual([]);
  });
});

test("is searched, and gives a line for the terminal", async () => {
  const { page } = await open(browser, `${stub.url}/access`);
  await page.getByRole("button", { name: "Rui" }).click();
  await page.getByRole("link", { name: "API for programs" }).click();
  await page.getByRole("heading", { name: "API", exact: true }).waitFor();
  await page.getByLabel("Find").fill("end live");
  const found = page.locator("details");
  await expect.poll(() => found.count()).toBe(1);
  await found.locator("summary").click();
  const line = 'curl -X POST -H "Authorization: Bearer $SLUICE_TOKEN"';
  await page.getByText(line).waitFor();
  await page.getByLabel("Find").fill("nothing of the kind");
  await page.getByText("Nothing is called so.").waitFor();
});
