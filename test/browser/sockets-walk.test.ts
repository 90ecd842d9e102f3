import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { accessibility, launch, picture } from "../support/browser.ts";
import { cli } from "../support/demo.ts";
import { useSocketGate } from "../support/socket-gate.ts";
import { has, needs } from "../support/tools.ts";
import { signedIn } from "../support/walk.ts";

/* A real WebSocket through the whole gateway: watched, held, replayed, and found again. */

const gate = useSocketGate({ pages: true });

let browser: Browser;
beforeAll(async () => {
  if (has("chromium")) browser = await launch();
});
afterAll(() => browser?.close());
beforeEach((context) => needs(context, "chromium"));
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});

const entry = (page: Page, words: string) =>
  page.getByRole("list", { name: "Timeline" }).locator("> li").filter({ hasText: words });
const messages = (page: Page) =>
  page.getByRole("list", { name: /^Messages of exchange/ }).locator("> li");

test("Ida watches Ada's WebSocket by its messages, and finds what was masked in it", async () => {
  const one = await gate().talk("feed/ws-echo?room=1");
  const { page, complaints } = await signedIn(
    browser,
    gate().demo,
    "ida",
    `/sessions/${one.session}`,
  );
  await page.getByText("watching", { exact: true }).waitFor();
  const socket = entry(page, "/ws-echo?room=1");
  await socket.getByText("open", { exact: true }).waitFor();
  await page.getByRole("button", { expanded: false }).filter({ hasText: "room=1" }).click();
  await one.ask("card 4111111111111111");
  await messages(page).getByText("card [redacted:credit_card]").last().waitFor();
  expect(await messages(page).count()).toBe(2);
  one.socket.send('{"amount":5000}');
  await socket.getByText("1 waiting").waitFor();
  await expect.poll(() => messages(page).last().innerText()).toMatch(/Client.*waiting.*5000/s);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "socket-watched");
  const { id } = await gate().pending();
  await gate().api("rui", `/api/reviews/${id}/approve`, { comment: "The invoice is right." });
  await one.next();
  await messages(page).getByText("The invoice is right.").waitFor();
  one.socket.close(1000);
  await one.closed;
  await socket.getByText("closed with 1000").waitFor();
  await socket.getByText("1 value masked", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("slider").press("End");
  const stage = page.getByRole("group", { name: "The present moment" });
  await stage.getByText("closed with 1000").first().waitFor();
  expect(await messages(page).count()).toBe(4);
  expect(complaints.filter((said) => !said.startsWith("Failed to load resource"))).toEqual([]);
  await gate().api("max", `/api/sessions/${one.session}/kill`, { reason: "It is over." });
  const args = ["sessions", "replay", "--no-wait", one.session];
  const { stdout } = await cli(gate().demo, args, { as: "ida" });
  expect(stdout).toMatch(/#1 < 101\n/);
  expect(stdout).toContain("#2 in #1 >\ncard [redacted:credit_card]\n");
  expect(stdout).toContain('#3 in #1 >\n{\n  "amount": 5000\n}\n');
  expect(stdout).toMatch(/#1 over: closed with 1000, messages: 2 sent, 2 received, \d+ bytes, 1 v/);
  const found = ["sessions", "--verdict", "masked", "--resource", "feed", "--json"];
  await expect
    .poll(async () => (await cli(gate().demo, found, { as: "ida" })).stdout, { timeout: 20_000 })
    .toContain(one.session);
});
