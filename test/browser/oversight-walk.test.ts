import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, picture } from "../support/browser.ts";
import { cli, spawnCli, type TestDemo } from "../support/demo.ts";
import { signedIn, useWalk } from "../support/walk.ts";

/* Max and Ida look after the whole demo: a real browser, a real database, a real psql. */

let browser: Browser;
let demo: TestDemo;
useWalk(["psql"], (walk) => {
  ({ browser, demo } = walk);
});

const heading = (page: Page, name: string) =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
const go = async (page: Page, name: string) => {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await heading(page, name);
};
const sql = (statement: string) => cli(demo, ["psql", "shop-db", "-c", statement], { as: "ada" });

test("Max checks a resource, sets its secret wrong and right, and finds all of it", async () => {
  const { page } = await signedIn(browser, demo, "max", "/overview");
  await heading(page, "Overview");
  await go(page, "Resources");
  const shop = page.getByRole("article", { name: "shop-db" });
  await shop.getByRole("button", { name: "Check now" }).click();
  await shop.getByText(/Reached in \d+ ms, logged in after \d+ ms more\./).waitFor();
  await shop.getByText("reached", { exact: true }).waitFor();
  const password = async (value: string) => {
    await shop.getByRole("button", { name: "Set shop-db-password…" }).click();
    await page.getByRole("textbox", { name: "New value" }).fill(value);
    await page.getByRole("button", { name: "Set it", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await shop.getByRole("button", { name: "Check now" }).click();
  };
  const right = readFileSync(join(demo.stateDir, "postgres-password"), "utf8");
  await password("not the password");
  await shop.getByText(/Not reached: .*refused the gateway's login/).waitFor();
  await shop.getByText("not reached", { exact: true }).waitFor();
  await picture(page, "walk-resource-not-reached");
  expect((await sql("SELECT 1")).code).not.toBe(0);
  await password(right);
  await shop.getByText("reached", { exact: true }).waitFor();
  expect((await sql("SELECT 1")).code).toBe(0);
  expect(await page.content()).not.toContain(right);
  await go(page, "Audit");
  await page.getByText("set the secret shop-db-password").first().waitFor();
  await page.getByText("checked whether shop-db can be reached").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
});

test("Max looks at what Ada can do and revokes her sign-in: her psql ends", async () => {
  const child = await spawnCli(demo, ["psql", "shop-db", "-c", "SELECT pg_sleep(300)"], {
    as: "ada",
  });
  const said = [child.stdout, child.stderr].map((stream) => text(stream as NodeJS.ReadableStream));
  const over = once(child, "close");
  const { page } = await signedIn(browser, demo, "max", "/people");
  const live = async () => {
    await page.reload();
    const ada = page.getByRole("link", { name: /^ada/ });
    await ada.waitFor();
    return ada.getByText("1 live session").count();
  };
  await expect.poll(live).toBe(1);
  await page.getByRole("link", { name: /^ada/ }).click();
  await heading(page, "ada");
  await page.getByText("ada may open shop-db").waitFor();
  await page.getByRole("article", { name: "shop-db" }).getByText("pii: *.ssn").waitFor();
  const own = page.getByRole("listitem").filter({ hasText: "1 live session" });
  await own.waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "walk-person");
  await own.getByRole("button", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  const [code] = (await over) as [number];
  expect(code).not.toBe(0);
  expect((await Promise.all(said)).join("")).toContain("This sign-in was revoked.");
  await page.getByText("revoked", { exact: true }).first().waitFor();
  await go(page, "Audit");
  await page.getByLabel("What").selectOption("sign-in.revoke");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("revoked a sign-in of ada").waitFor();
  await picture(page, "walk-audit");
});

test("Ida sees the day in numbers, and her reading of a recording in the trail", async () => {
  const { page, complaints } = await signedIn(browser, demo, "ida", "/overview");
  await heading(page, "Overview");
  const sessions = async () => {
    await page.reload();
    await page.getByText("Sessions opened").first().waitFor();
    return page.locator("dl > div").filter({ hasText: "Commands" }).locator("dd").innerText();
  };
  await expect.poll(sessions).not.toBe("0");
  await page.locator("canvas").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "walk-overview");
  await page.getByRole("link", { name: "shop-db" }).click();
  await heading(page, "Sessions");
  await page.getByRole("list", { name: "Sessions" }).getByRole("link").first().click();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  await page.getByRole("listitem").first().waitFor();
  await go(page, "Audit");
  await page.getByText("read a recording").first().waitFor();
  // The browser itself notes the answer of 401 before the sign-in.
  expect(complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
});
