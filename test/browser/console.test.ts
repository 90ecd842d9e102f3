import { text } from "node:stream/consumers";
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import type { TestDemo } from "../support/demo.ts";
import { useWalk } from "../support/walk.ts";

/* The console as Ada meets it: a real browser, the whole demo, no psql. */

let browser: Browser;
let demo: TestDemo;
useWalk([], (walk) => {
  ({ browser, demo } = walk);
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

test("an update without a condition waits for Rui, then it has run", async () => {
  const { page, run } = await consoleOf("ada", "dark");
  await run("update products set stock = stock");
  await page.getByText("Others have to approve this first").waitFor();
  await page.getByText(/left$/).first().waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-held-dark");
  const href = await page.getByRole("link", { name: "see the review" }).getAttribute("href");
  const id = href?.split("/").at(-1);
  const answer = await fetch(`${demo.url}/api/reviews/${id}/approve`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await demo.token("rui")}`,
      "content-type": "application/json",
    },
    body: "{}",
  });
  expect(answer.status).toBe(200);
  await page.getByText(/^UPDATE, \d+ rows in/).waitFor();
  await page.getByText("approved", { exact: true }).first().waitFor();
});

test("mistakes are said in words, with their place, and what is forbidden too", async () => {
  const { page, run } = await consoleOf("ada", "dark");
  await run("select id,\n  nme from customers");
  const alert = page.getByRole("alert");
  await alert.getByText('column "nme" does not exist').waitFor();
  await alert.getByText("line 2, column 3 of the statement, code 42703").waitFor();
  await run("select 1; select 2");
  await alert.getByText("One statement at a time").waitFor();
  await run("drop table orders");
  await alert.getByText("Dropping and truncating tables is not allowed here.").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-blocked-dark");
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await overflow(page)).toBe(0);
  await picture(page, "console-blocked-dark-390");
});

test("only what is selected runs, and what was shown is saved", async () => {
  const { page, type } = await consoleOf("ada");
  await type("select 'never';\nselect '=1+1' as a, null as b");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.getByText("1 row in").waitFor();
  const saved = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^shop-db\.(csv|json)$/);
    return text(await download.createReadStream());
  };
  expect(await saved("Save as CSV")).toBe("a,b\r\n'=1+1,\r\n");
  expect(JSON.parse(await saved("Save as JSON"))).toEqual([{ a: "=1+1", b: null }]);
});

test("many rows are read page by page, shown few at a time, and can be stopped", async () => {
  const { page, run } = await consoleOf("ada");
  await run("select n, 'row ' || n from generate_series(1, 3000) n");
  await page.getByText("500 rows so far").waitFor();
  await page.getByRole("button", { name: "Show more rows" }).click();
  await page.getByText("1,000 rows so far").waitFor();
  expect(await page.getByRole("row").count()).toBeLessThan(60);
  await page.getByRole("region", { name: "Result: 1,000 rows" }).focus();
  await page.keyboard.press("End");
  await page.getByText("row 1000", { exact: true }).waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-many-rows");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/1,000 rows in \d+ ms, the rest was not read/).waitFor();
});

test("a session that ends elsewhere says so, and the next statement opens another", async () => {
  const { page, run } = await consoleOf("ada");
  await run("select pg_sleep(60)");
  await page.getByText("session open").waitFor();
  const record = page.getByRole("link", { name: "its record" });
  const id = (await record.getAttribute("href"))?.split("/").at(-1);
  const kill = await fetch(`${demo.url}/api/sessions/${id}/kill`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await demo.token("max")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ reason: "Enough for today." }),
  });
  expect(kill.status).toBe(200);
  await page.getByText(/The session is over: .*Enough for today/).waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-ended");
  await run("select 41 + 1 as answer");
  await page.getByText("42", { exact: true }).waitFor();
  expect(await page.getByRole("list", { name: "Statements before" }).innerText()).toContain(
    "cut off",
  );
  const stores = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])";
  expect(await page.evaluate(stores)).not.toContain("select");
});

test("whoever may open nothing is shown where to ask", async () => {
  const { page } = await consoleOf("ida");
  await page.getByText("No database is open to you.").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "console-nothing");
});
