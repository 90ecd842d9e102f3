import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, picture } from "../support/browser.ts";
import { cli, type TestDemo } from "../support/demo.ts";
import { ended, psql, row, signedIn, useWalk } from "../support/walk.ts";

/* The pages as people meet them: a real browser, the whole demo, a real psql that waits. */

let browser: Browser;
let demo: TestDemo;
useWalk(["psql"], (walk) => {
  ({ browser, demo } = walk);
});

type Listed = { readonly items: readonly unknown[] };

test("psql waits, Rui approves by keyboard, and the very statement runs", async () => {
  const { page, complaints } = await signedIn(browser, demo, "rui", "/reviews");
  const waiting = psql(demo, "UPDATE products SET stock = stock + 1");
  await row(page, "UPDATE products SET stock = stock + 1").waitFor({ timeout: 10_000 });
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByText("updates public.products with no condition").last().waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "held-by-psql");
  const over = ended(await waiting);
  await page.keyboard.press("a");
  await page.keyboard.type("Seen with Ada.");
  const approved = performance.now();
  await page.keyboard.press("Enter");
  const { code, out, at } = await over;
  expect(out).toMatch(/UPDATE \d+/);
  expect(code).toBe(0);
  console.log(`from Enter to psql's first byte: ${Math.round(at - approved)} ms`);
  await page.getByText("1 of 1 approved").first().waitFor();
  await page.getByText("Seen with Ada.").waitFor();
  // The browser itself notes the answer of 401 before the sign-in.
  expect(complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
});

test("what Rui rejects does not run, and psql says so", async () => {
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  const over = ended(await psql(demo, "DELETE FROM order_notes_of_nobody; DELETE FROM payments"));
  await row(page, "DELETE FROM").click();
  await page.getByRole("button", { name: "Reject…" }).click();
  await page.getByLabel(/Comment/).fill("Not on a Friday.");
  await page.getByRole("button", { name: "Reject", exact: true }).click();
  const { code, out } = await over;
  expect(code).not.toBe(0);
  expect(out).toContain("Not on a Friday.");
  await page.getByText("rejected", { exact: true }).first().waitFor();
});

test("Ada sees what she asked, cannot answer it, and opens her session's page", async () => {
  const { page } = await signedIn(browser, demo, "ada", "/reviews");
  const child = await psql(demo, "UPDATE orders SET note = note");
  await row(page, "UPDATE orders").click();
  await page.getByText("Others have to answer this one.").waitFor();
  child.kill();
  await page.getByText("withdrawn", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: /^ses_/ }).click();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  await page.getByText("UPDATE orders SET note = note").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
});

test("Ida finds the session of what was rejected, by its words, and reads it", async () => {
  const { page } = await signedIn(browser, demo, "ida", "/sessions");
  await page.getByLabel("With the words").fill('"delete from payments" nobody');
  await page.getByText("More filters").click();
  await page.getByLabel("What happened").selectOption("rejected");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("1 session", { exact: true }).waitFor();
  await page.getByRole("list", { name: "Sessions" }).getByRole("link").click();
  await page.getByText("Not on a Friday.").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
});

test("Ada asks for more, Rui gives it, she uses it, and he ends it in the middle", async () => {
  const { page: ada } = await signedIn(browser, demo, "ada", "/access");
  await ada.getByRole("button", { name: "Ask for admin…" }).click();
  await ada.getByLabel(/Reason/).fill("Rotating the reporting role");
  await picture(ada, "ask-for-access");
  expect(await accessibility(ada)).toEqual([]);
  await ada.getByRole("button", { name: "Ask", exact: true }).click();
  await ada.getByRole("link", { name: "see the request" }).waitFor();
  const { page: rui } = await signedIn(browser, demo, "rui", "/reviews");
  await row(rui, "asks for on-call for 1 hour").click();
  await rui.getByRole("button", { name: "Approve…" }).click();
  await rui.getByRole("button", { name: "Approve", exact: true }).click();
  await rui.getByText("1 of 1 approved").first().waitFor();
  const use = await cli(demo, ["psql", "shop-db", "-c", "CREATE ROLE reporting"], { as: "ada" });
  // What the grant lets through the server refuses itself: the gate's role is no superuser.
  expect(use.stderr).toMatch(/permission denied to create role/);
  const over = ended(await psql(demo, "SELECT pg_sleep(60)"));
  const live = async () =>
    ((await (await ada.request.get(`${demo.url}/api/sessions?state=live`)).json()) as Listed).items;
  await expect.poll(async () => (await live()).length, { timeout: 30_000 }).toBe(1);
  await rui.getByRole("button", { name: "End this access now" }).click();
  await rui.getByText("withdrawn", { exact: true }).first().waitFor();
  expect((await over).out).toMatch(/access to shop-db has been withdrawn/);
});

test("a sign-out ends the page's sign-in and nobody else's", async () => {
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  await page.getByRole("button", { name: /rui/i }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  expect((await page.request.get(`${demo.url}/api/me`)).status()).toBe(401);
  expect((await cli(demo, ["reviews"], { as: "rui" })).code).toBe(0);
});
