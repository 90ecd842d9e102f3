import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { asked, at, body, HELD_REQUEST, HTTP_SESSION } from "../support/exchange-samples.ts";
import {
  delivered,
  HELD,
  OLD_SOCKET_RECORDS,
  REVIEW,
  said,
  SOCKET_RECORDS,
  switched,
} from "../support/socket-samples.ts";
import { useStub } from "../support/stub-browser.ts";

/* WebSockets on the page of a session, over a gateway that the test holds in its hand. */

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
  stub.sessions = [HTTP_SESSION];
  stub.reviews = [HELD_REQUEST];
  stub.records = [...SOCKET_RECORDS];
});

async function session(more = {}) {
  const opened = await open(browser, `${stub.url}/sessions/${HTTP_SESSION.id}`, more);
  await entries(opened.page).first().waitFor();
  return opened;
}

const entries = (page: Page) => page.getByRole("list", { name: "Timeline" }).locator("> li");
const entry = (page: Page, words: string) => entries(page).filter({ hasText: words });
const line = (page: Page, words: string) =>
  page.getByRole("button", { expanded: false }).filter({ hasText: words });
const messages = (page: Page, command: number) =>
  page.getByRole("list", { name: `Messages of exchange ${command}` }).locator("> li");

const only = (...records: RecordView[]) => {
  stub.records = records.map((record, index) => ({ ...record, seq: index + 1 }));
};

test.each(["light", "dark"] as const)(
  "its messages can be used by everybody, %s",
  async (colorScheme) => {
    stub.me = { ...stub.me, roles: ["auditor"] };
    const { page, complaints } = await session({ colorScheme });
    await line(page, "/feed?room=a").click();
    await messages(page, 1).nth(6).waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `socket-${colorScheme}-${width}`);
    }
    await page.getByRole("button", { name: "Replay" }).click();
    for (let steps = 0; steps < 4; steps++) await page.keyboard.press("j");
    await messages(page, 1).nth(2).waitFor();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `socket-replay-${colorScheme}-${width}`);
    }
    expect(complaints).toEqual([]);
  },
);

test("a WebSocket is one entry, which opens to its messages in their order", async () => {
  const { page } = await session();
  expect(await entries(page).count()).toBe(4);
  const socket = entry(page, "room=a");
  expect(await socket.innerText()).toMatch(/GET\s+\/feed\?room=a\s+closed with 1008/);
  const said = /WebSocket\s+1 approved\s+1 refused\s+4 messages of the client/;
  expect(await socket.innerText()).toMatch(said);
  const heard = /3 messages of the service\s+52 bytes\s+3 values masked/;
  expect(await socket.innerText()).toMatch(heard);
  await line(page, "/feed?room=a").click();
  const all = messages(page, 1);
  const texts = await all.allInnerTexts();
  expect(texts).toHaveLength(7);
  expect(texts[0]).toMatch(/^Service.*35 bytes.*"card_number": "\[redacted\]"/s);
  expect(texts[1]).toMatch(/^Client.*allowed.*rule engineers.*"amount": 5\s/s);
  expect(texts[2]).toMatch(/^Client.*Masked on its way in by cards\./s);
  expect(texts[3]).toMatch(/approved.*rule large.*waited 3\.0 s.*See its review.*5000/s);
  expect(texts[4]).toContain("89 50 00 01");
  expect(texts[6]).toMatch(/^Client.*refused.*A name stands twice/s);
  await socket.getByText("2 values masked as email").waitFor();
  await line(page, "/feed?room=b").click();
  await messages(page, 3).getByText("hello \\u{202e}<b>you</b>").waitFor();
  expect(await messages(page, 3).last().innerText()).toMatch(/blocked.*rule no-drop.*Not here/s);
  expect(await page.getByRole("button", { name: "Copy as curl" }).count()).toBe(0);
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("way in by cards");
  await page.getByText("1 entry of 4").waitFor();
});

test("a WebSocket of an older recording has its service's messages alone", async () => {
  stub.records = [...OLD_SOCKET_RECORDS];
  const { page } = await session();
  expect(await entries(page).count()).toBe(10);
  expect(await entry(page, '"amount":5}').count()).toBe(0);
  await line(page, "/feed?room=a").click();
  expect(await messages(page, 1).count()).toBe(3);
  expect(await entries(page).nth(4).innerText()).toMatch(/MESSAGE\s+\/feed\s+sent/);
});

test("a WebSocket that is open is watched: messages come, and one that is held waits", async () => {
  stub.sessions = [{ ...HTTP_SESSION, state: "live", endedAt: null, endCode: null }];
  only(...asked(0, 1, "GET /feed"), switched(1, 1), ...said(2, 2, 1, "first"), delivered(2, 2));
  const { page } = await session();
  await page.getByText("watching", { exact: true }).waitFor();
  await line(page, "/feed").click();
  expect(await entry(page, "/feed").innerText()).toMatch(/\sopen\s.*1 message of the client/s);
  stub.record(body(3, 1, "welcome"), ...said(4, 3, 1, '{"amount":5000}', HELD));
  await entry(page, "/feed").getByText("1 waiting").waitFor();
  const held = messages(page, 1).last();
  await expect.poll(() => held.innerText()).toMatch(/Client.*waiting.*A lead looks/s);
  expect(await messages(page, 1).nth(1).innerText()).toContain("welcome");
  expect(await accessibility(page)).toEqual([]);
  const settled = { verdict: "approved", review: REVIEW, by: ["Rui"], message: null };
  stub.record(at(9, 3, "settled", settled), delivered(9, 3));
  await entry(page, "/feed").getByText("1 approved").waitFor();
  const many = Array.from({ length: 150 }, (_, n) => body(10 + n, 1, `tick ${n}`));
  stub.record(...many);
  await messages(page, 1).getByText("tick 149").waitFor();
  expect(await messages(page, 1).count()).toBe(100);
  await page.getByText("53 messages before these").waitFor();
  await page.getByRole("button", { name: "Stop watching" }).click();
  await page.getByRole("button", { name: "Show 53 more of 153" }).click();
  expect(await messages(page, 1).count()).toBe(153);
});

test("a WebSocket that said more than is kept shows the last, and loads the rest", async () => {
  const long = (n: number) => body(n + 2, 1, `message ${n} ${"x".repeat(100 * 1024)}`);
  only(
    ...asked(0, 1, "GET /feed"),
    switched(1, 1),
    ...Array.from({ length: 4 }, (_, n) => long(n)),
  );
  const { page } = await session();
  await line(page, "/feed").click();
  expect(await messages(page, 1).first().innerText()).toContain("102,410 bytes, not loaded");
  await messages(page, 1)
    .last()
    .getByText(/message 3 x/)
    .waitFor();
  await page.getByText("204,820 bytes of 409,640 are here").waitFor();
  await page.getByRole("button", { name: "Load more of it" }).click();
  await messages(page, 1)
    .first()
    .getByText(/message 0 x/)
    .waitFor();
  expect(await page.getByText("not loaded").count()).toBe(0);
});

test("a WebSocket is played again message by message, as it stood at each", async () => {
  const { page } = await session();
  await page.getByRole("button", { name: "Replay" }).click();
  const stage = page.getByRole("group", { name: "The present moment" });
  const slider = page.getByRole("slider");
  await slider.focus();
  const at = (kind: string, command: number) =>
    SOCKET_RECORDS.findIndex((record) => record.kind === kind && record.command === command);
  await slider.fill(String(at("decision", 7)));
  await stage.getByText("1 waiting").waitFor();
  expect(await messages(page, 1).count()).toBe(4);
  await slider.fill(String(at("settled", 7)));
  await stage.getByText("1 approved").waitFor();
  await slider.fill(String(at("completed", 1)));
  await stage.getByText("closed with 1008").first().waitFor();
  expect(await messages(page, 1).count()).toBe(7);
});
