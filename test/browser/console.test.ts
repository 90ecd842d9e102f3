import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { accessibility, launch, open, overflow, picture } from "../support/browser.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { has, needs } from "../support/tools.ts";

/* The console as Ada meets it: a real browser, the whole demo, no psql. */

let browser: Browser;
let demo: TestDemo;
beforeAll(async () => {
  if (!has("chromium")) return;
  browser = await launch();
  demo = await startTestDemo({ pages: true });
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});
beforeEach((context) => needs(context, "chromium"));
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});

/** Through the provider's own form, and back to the console. */
async function consoleOf(person: PersonName, colorScheme: "light" | "dark" = "light") {
  const watched = await open(browser, `${demo.url}/console`, { colorScheme });
  await watched.page.getByRole("link", { name: "Sign in" }).click();
  await watched.page.locator(`button[value="${person}"]`).click();
  await watched.page.waitForURL(`${demo.url}/console`);
  await watched.page.getByRole("heading", { name: "Console", level: 1 }).waitFor();
  const type = async (sql: string) => {
    await watched.page.getByRole("textbox", { name: "SQL" }).click();
    await watched.page.keyboard.press("ControlOrMeta+a");
    await watched.page.keyboard.insertText(sql);
  };
  const run = async (sql: string) => {
    await type(sql);
    await watched.page.keyboard.press("ControlOrMeta+Enter");
  };
  return { ...watched, run, type };
}

test("a select shows what the policy leaves of it", async () => {
  const { page, run, complaints } = await consoleOf("ada");
  await run("select id, name, email, null as nothing from customers order by id limit 3");
  await page.getByText("3 rows in").waitFor();
  expect(await page.getByRole("table").innerText()).not.toMatch(/[a-z]@[a-z]/);
  await page.getByText("NULL").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-light");
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await overflow(page)).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-light-390");
  // The browser itself notes the answer of 401 before the sign-in.
  expect(complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
});
