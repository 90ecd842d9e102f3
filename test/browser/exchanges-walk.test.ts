import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, picture } from "../support/browser.ts";
import { cli, finished, type TestDemo } from "../support/demo.ts";
import { row, signedIn, useWalk } from "../support/walk.ts";

/* A service's sessions against the whole demo: a real curl, watched, held, replayed and proved. */

let browser: Browser;
let demo: TestDemo;
useWalk(["curl"], (walk) => {
  ({ browser, demo } = walk);
});

/** A curl of that token's, begun and not awaited. */
const curl = (token: string, path: string, ...args: string[]): ChildProcess => {
  const asked = ["-sS", "-N", "-H", `Authorization: Bearer ${token}`, ...args];
  return spawn("curl", [...asked, `${demo.url}/http/billing-api${path}`]);
};

/** The session that the answer names. */
async function sessionOf(token: string, path: string): Promise<string> {
  const { stdout } = await finished(curl(token, path, "-D", "-", "-o", "/dev/null"));
  const [, id = ""] = /^sluice-session: (\S+)/im.exec(stdout) ?? [];
  expect(id).toMatch(/^ses_/);
  return id;
}

const entry = (page: Page, words: string) =>
  page.getByRole("list", { name: "Timeline" }).locator("> li").filter({ hasText: words });
const line = (page: Page, words: string) =>
  page.getByRole("button", { expanded: false }).filter({ hasText: words });

const LARGE = '{"customer_id": 7, "payment_amount": 5000, "currency": "EUR"}';
const JSON_TYPE = ["-H", "content-type: application/json"];

test("Ida watches what Ada's curl does, and what it got is replayed and proved", async () => {
  const token = await demo.token("ada");
  const id = await sessionOf(token, "/customers/7");
  const { page, complaints } = await signedIn(browser, demo, "ida", `/sessions/${id}`);
  await page.getByRole("heading", { name: /ada on billing-api/i }).waitFor();
  await page.getByText("watching", { exact: true }).waitFor();
  const customer = entry(page, "/customers/7");
  await customer.getByText("200", { exact: true }).waitFor();
  await customer.getByText(/values? masked/).waitFor();
  await line(page, "/customers/7").click();
  const shown = await page.getByRole("group", { name: "Body of exchange 1" }).innerText();
  expect(shown).toMatch(/"id": 7,/);
  expect(shown).not.toMatch(/@(?!example\.)\w/);
  // A stream that goes on: its events come to the page as they come to curl.
  const stream = curl(token, "/events");
  await once(stream.stdout as NodeJS.ReadableStream, "data");
  await line(page, "/events").click();
  await entry(page, "/events").getByText("200, under way").waitFor();
  await page.getByRole("list", { name: "Body of exchange 2" }).locator("> li").first().waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "exchanges-watched");
  stream.kill();
  await finished(curl(token, "/export/customers.csv"));
  await line(page, "/export/customers.csv").click();
  await page.getByRole("region", { name: "Body of exchange 3" }).getByRole("table").waitFor();
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("button", { name: "Next" }).click();
  const stage = page.getByRole("group", { name: "The present moment" });
  await stage
    .getByRole("group", { name: "Body of exchange 1" })
    .getByText('"id"')
    .first()
    .waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "exchanges-replayed");
  const { page: max } = await signedIn(browser, demo, "max", `/sessions/${id}`);
  await max.getByRole("button", { name: "End this session…" }).click();
  await max.getByRole("button", { name: "End it" }).click();
  await page.getByText("killed", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Verify this recording" }).click();
  await page.getByText(/Verified: all \d+ records/).waitFor();
  const bad = complaints.filter((said) => !said.startsWith("Failed to load resource"));
  expect(bad).toEqual([]);
});

test("Rui approves a held payment that she can read, and Ada's curl has its answer", async () => {
  const token = await demo.token("ada");
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  const payment = finished(curl(token, "/payments", ...JSON_TYPE, "-d", LARGE));
  await row(page, "posts to /payments").click();
  const request = page.getByRole("group", { name: "Request" });
  expect(await request.innerText()).toBe(
    'POST /payments\n{\n  "customer_id": 7,\n  "payment_amount": 5000,\n  "currency": "EUR"\n}',
  );
  expect(await page.getByText("is being asked for").count()).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "held-payment");
  await page.getByRole("button", { name: "Approve…" }).click();
  await page.getByLabel(/Comment/).fill("The invoice is right.");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  expect((await payment).stdout).toContain('"payment_amount":5000');
  const id = await sessionOf(token, "/healthz");
  const { page: ada } = await signedIn(browser, demo, "ada", `/sessions/${id}`);
  const held = entry(ada, "/payments");
  await held.getByText("approved", { exact: true }).waitFor();
  await held.getByText("201", { exact: true }).waitFor();
  await line(ada, "/payments").click();
  await held.getByText("The invoice is right.").waitFor();
  await held.getByText(/waited .* for people/).waitFor();
  expect(await held.getByText("Exact request").count()).toBe(0);
});

test("who may unseal opens the exact request with a reason", async () => {
  const token = await demo.token("ada");
  const id = await sessionOf(token, "/customers/3?note=of-ada");
  const { page } = await signedIn(browser, demo, "ida", `/sessions/${id}`);
  await line(page, "of-ada").click();
  const opened = entry(page, "of-ada");
  await opened.getByText("Exact request", { exact: true }).click();
  await opened.getByLabel(/Why you open it/).fill("To see what was sent");
  await opened.getByRole("button", { name: "Open it" }).click();
  const exact = opened.getByRole("group", { name: "Exact request" });
  await expect.poll(() => exact.innerText()).toContain("GET /customers/3?note=of-ada");
  expect(await exact.innerText()).not.toContain(token);
  await page.goto(`${demo.url}/sessions?resource=billing-api&state=live`);
  await page.getByRole("link").filter({ hasText: "on billing-api" }).first().waitFor();
});

test("the command line lists the address, plays exchanges, and exports them", async () => {
  const token = await demo.token("ada");
  const id = await sessionOf(token, "/customers/9");
  const ls = await cli(demo, ["ls"], { as: "ada" });
  expect(ls.stdout).toContain(`${demo.url}/http/billing-api`);
  const played = await cli(demo, ["sessions", "replay", "--no-wait", id], { as: "ida" });
  expect(played.stdout).toMatch(/#\d+ > GET \/customers\/9\n/);
  expect(played.stdout).toMatch(/#\d+ < 200 application\/json.*\n\{\n {2}"id": 9,/);
  expect(played.stdout).toMatch(/#\d+ over: 200, \d+ bytes, \d+ values masked, \d+ ms/);
  const told = await cli(demo, ["sessions", "show", id], { as: "ida" });
  expect(told.stdout).toMatch(/#\d+ answer 200: .*content-type: application\/json/);
  const file = join(demo.stateDir, "exchanges.jsonl");
  await cli(demo, ["sessions", "export", "--output", file, id], { as: "ida" });
  const [first = ""] = readFileSync(file, "utf8").split("\n");
  expect(JSON.parse(first)).toMatchObject({ kind: "opened", fact: { protocol: "http" } });
});
