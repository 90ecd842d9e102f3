import type { Browser } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility } from "../support/browser.ts";
import { cli, type TestDemo } from "../support/demo.ts";
import { signedIn, useWalk } from "../support/walk.ts";

/* The API as somebody meets it who begins at the dashboard: a token of a page, used elsewhere. */

let browser: Browser;
let demo: TestDemo;
useWalk([], (walk) => {
  ({ browser, demo } = walk);
});

test("Max makes a token on a page, the command uses it, and he revokes it", async () => {
  const { page } = await signedIn(browser, demo, "max", "/tokens");
  await page.getByText("No token yet.").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("nightly");
  await page.getByRole("checkbox", { name: /audit:read/ }).check();
  await page.getByRole("checkbox", { name: /resources:read/ }).check();
  await page.getByRole("button", { name: "Make it" }).click();
  const token = await page.getByRole("status").locator("code").innerText();
  expect(token).toMatch(/^slt_[0-9a-v]{85}$/);
  const as = { as: "max", env: { SLUICE_TOKEN: token } } as const;
  const log = await cli(demo, ["audit", "log", "--json"], as);
  expect(log.code).toBe(0);
  expect(log.stdout).toContain("api-token.make");
  const beyond = await cli(demo, ["sessions", "--json"], as);
  expect(beyond.stderr).toContain('"code":"insufficient_scope"');
  expect((await cli(demo, ["ls"], as)).code).toBe(0);
  const tunnel = await cli(demo, ["sql", "shop-db", "SELECT 1"], as);
  expect(tunnel.stderr).toContain("No API token may do this");
  await page.getByRole("button", { name: "Revoke nightly…" }).click();
  await page.getByRole("button", { name: "Revoke it" }).click();
  await page.getByRole("article", { name: "nightly" }).getByText("revoked").waitFor();
  expect(await accessibility(page)).toEqual([]);
  const over = await cli(demo, ["audit", "log"], as);
  expect([over.code, over.stderr]).toEqual([3, "sluice: This API token was revoked.\n"]);
});

test("the page of the API is made by the gateway itself, for its own address", async () => {
  const { page } = await signedIn(browser, demo, "max", "/api-docs");
  await page.getByRole("heading", { level: 1, name: "API" }).waitFor();
  await page.getByText("Tell who you are").click();
  const curl = `curl ${demo.url}/api/me -H "Authorization: Bearer $SLUICE_TOKEN"`;
  await page.getByRole("button", { name: `Copy: ${curl}` }).waitFor();
  expect(await accessibility(page)).toEqual([]);
});
