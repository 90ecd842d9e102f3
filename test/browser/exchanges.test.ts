import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { idOf, RESOURCES } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import {
  answered,
  asked,
  at,
  body,
  done,
  EXCHANGE_RECORDS,
  HELD_REQUEST,
  HTTP_SESSION,
} from "../support/exchange-samples.ts";
import { useStub } from "../support/stub-browser.ts";

/* The page of a session of requests, over a gateway that the test holds in its hand. */

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
  stub.sessions = [HTTP_SESSION];
  stub.records = [...EXCHANGE_RECORDS];
});

const END = at(9_000, 0, "end", { code: "idle", message: "Nothing was asked.", commands: 9 });

async function session(more = {}) {
  const opened = await open(browser, `${stub.url}/sessions/${HTTP_SESSION.id}`, more);
  await opened.page.getByRole("heading", { name: /Ada on billing-api/ }).waitFor();
  await entries(opened.page).first().waitFor();
  return opened;
}

const entries = (page: Page) => page.getByRole("list", { name: "Timeline" }).locator("> li");
const entry = (page: Page, words: string) => entries(page).filter({ hasText: words });
const line = (page: Page, words: string) =>
  page.getByRole("button", { expanded: false }).filter({ hasText: words });
const bodyOf = (page: Page, command: number, kind: "group" | "region" = "group") =>
  page.getByRole(kind, { name: `Body of exchange ${command}` });

const only = (...records: RecordView[]) => {
  stub.records = records.map((record, index) => ({ ...record, seq: index + 1 }));
};

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test("exchanges, their replay and a held one can be used by everybody", async () => {
    stub.records.push({ ...END, seq: stub.records.length + 1 });
    stub.reviews = [HELD_REQUEST];
    const { page, complaints } = await session({ colorScheme });
    await line(page, "/customers/7").click();
    await line(page, "/payments/61").click();
    await line(page, "/report").click();
    await bodyOf(page, 6).waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `exchanges-${colorScheme}-${width}`);
    }
    await page.getByRole("button", { name: "Replay" }).click();
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press("j");
    await page.getByRole("list", { name: "Other exchanges by then" }).waitFor();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `exchanges-replay-${colorScheme}-${width}`);
    }
    await page.goto(`${stub.url}/reviews/${HELD_REQUEST.id}`);
    await page.getByRole("heading", { name: "Ada posts to /payments" }).waitFor();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `held-request-${colorScheme}-${width}`);
    }
    expect(complaints).toEqual([]);
  });
});

test("exchanges that overlap are told apart, each with its status and its time", async () => {
  const { page } = await session();
  expect(await entries(page).count()).toBe(10);
  const customer = entry(page, "/customers/7");
  expect(await customer.innerText()).toMatch(/GET\s+\/customers\/7\?full=1\s+200/);
  expect(await customer.innerText()).toMatch(/41 ms\s+1\d\d bytes\s+2 values masked/);
  expect(await entry(page, "/events").innerText()).toMatch(/200, left/);
  expect(await entry(page, "POST").innerText()).toMatch(/201.*approved.*32 ms/s);
  expect(await entry(page, "DELETE").innerText()).toMatch(/403.*blocked.*rule no-delete/s);
  expect(await entry(page, "Refused unread").innerText()).toMatch(/encoded slash.*400/s);
  expect(await entry(page, "/healthz").innerText()).toMatch(/\s502\s/);
});

describe("a body", () => {
  test("of JSON is laid out as text: it runs nothing, steers nothing, hides nothing", async () => {
    const { page, complaints } = await session();
    await line(page, "/customers/7").click();
    const shown = await bodyOf(page, 1).innerText();
    expect(shown).toContain('"name": "Zoë <script>alert(1)</script>",');
    expect(shown).toContain('"limit": 1.50');
    expect(shown).toContain('"tags": [],');
    await page.getByRole("cell", { name: "r-7\\u{202e}" }).waitFor();
    expect(await page.locator("script:not([src])").count()).toBe(0);
    await page.getByRole("button", { name: "As sent" }).click();
    expect(await bodyOf(page, 1, "region").innerText()).toContain('{"id":7,"name":"Zoë <script>');
    await bodyOf(page, 1, "region").focus();
    expect(complaints).toEqual([]);
  });

  test("that is packed is unpacked here, and folded where it is long", async () => {
    const { page } = await session();
    await line(page, "/report").click();
    await page.getByText(/Sent in gzip, unpacked here to 6,031 bytes\./).waitFor();
    const shown = bodyOf(page, 6);
    await shown.getByRole("button", { name: "Unfold 240 items" }).click();
    await shown.getByRole("button", { name: "Unfold 2 members" }).first().click();
    await shown.getByText("0.00").waitFor();
    await shown.getByRole("button", { name: "Show 100 more of 240" }).click();
    await shown.getByRole("button", { name: "Show 40 more of 240" }).click();
    expect(await shown.getByRole("button", { name: /2 members/ }).count()).toBe(240);
    expect(await accessibility(page)).toEqual([]);
  });

  test("in a coding that no browser knows is said to be so, and shown as bytes", async () => {
    only(
      ...asked(0, 1, "GET /x"),
      answered(1, 1, 200, "text/plain", "zstd"),
      body(2, 1, "\u0001abc"),
      done(3, 1, "200"),
    );
    const { page } = await session();
    await line(page, "/x").click();
    await page.getByText("Sent in zstd, which this browser does not unpack").waitFor();
    expect(await bodyOf(page, 1, "region").innerText()).toContain("01 61 62 63");
  });

  test("of events is a list of them, of CSV a table, of bytes their beginning in hex", async () => {
    const { page } = await session();
    await line(page, "/events").click();
    const events = page.getByRole("list", { name: "Body of exchange 2" }).locator("> li");
    expect(await events.count()).toBe(3);
    expect(await events.first().innerText()).toMatch(/payment, id 1\s+\{\s+"id": 1,/);
    await line(page, "customers.csv").click();
    const table = bodyOf(page, 5, "region");
    await table.getByRole("cell", { name: "Ueda, Greta" }).waitFor();
    await line(page, "/logo.png").click();
    expect(await bodyOf(page, 7, "region").innerText()).toContain("89 50 4e 47");
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "exchange-bodies");
  });

  test("that is long shows its beginning, and more of it when somebody asks", async () => {
    const long = `[${Array.from({ length: 30_000 }, (_, n) => n).join(",")}]`;
    const half = Math.floor(long.length / 2);
    only(
      ...asked(0, 1, "GET /long"),
      ...asked(0, 2, "GET /other"),
      answered(1, 1, 200, "application/json"),
      body(2, 1, long.slice(0, half)),
      answered(2, 2, 200, "text/plain"),
      body(2, 2, "between"),
      body(3, 1, long.slice(half)),
      done(4, 1, "200"),
      done(4, 2, "200"),
    );
    const { page } = await session();
    await line(page, "/long").click();
    await page.getByText(/^The first 65,536 bytes of 1\d\d,\d\d\d are here/).waitFor();
    await page.getByRole("button", { name: "Load more of it" }).click();
    await bodyOf(page, 1).getByRole("button", { name: "Unfold 30,000 items" }).waitFor();
    expect(await page.getByText(/^The first/).count()).toBe(0);
  });
});

test("the search looks at requests, headers and bodies", async () => {
  const { page } = await session();
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("UEDA");
  await page.getByText("1 entry of 10").waitFor();
  await entry(page, "customers.csv").waitFor();
  await search.fill("encoded slash");
  await entry(page, "Refused unread").waitFor();
  await search.fill("nothing of the kind");
  await page.getByText("0 entries of 10").waitFor();
});

test("a request is copied as a line for curl that holds no token", async () => {
  const { page } = await session({ permissions: ["clipboard-read", "clipboard-write"] });
  await line(page, "POST").click();
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe(
    `curl -X POST -H "Authorization: Bearer $SLUICE_TOKEN" -H 'Content-Type: application/json' ` +
      `--data-raw '{"customer_id":7,"payment_amount":5000,"currency":"EUR"}' ` +
      `${stub.url}/http/billing-api/payments`,
  );
});

test("the exact request is opened with a reason, as the gateway lets one", async () => {
  const { page } = await session();
  await line(page, "POST").click();
  await page.getByText("Exact request").click();
  await page.getByLabel(/Why you open it/).fill("An audit");
  const held = EXCHANGE_RECORDS.find(({ kind, command }) => kind === "command" && command === 3);
  const path = `POST /api/sessions/${HTTP_SESSION.id}/exact`;
  stub.refuseNext(path, "forbidden");
  await page.getByRole("button", { name: "Open it" }).click();
  await page.getByRole("alert").waitFor();
  const sent = stub.asked.filter((one) => one.startsWith(path));
  expect(sent).toEqual([`${path} {"reason":"An audit","from":${held?.seq},"limit":1}`]);
});

test("a live session is watched while a stream goes on", async () => {
  stub.sessions = [{ ...HTTP_SESSION, state: "live", endedAt: null, endCode: null }];
  const { page } = await session();
  await page.getByText("watching", { exact: true }).waitFor();
  stub.record(
    ...asked(5_000, 10, "GET /events?since=4"),
    answered(5_001, 10, 200, "text/event-stream"),
    body(5_002, 10, "data: one\n\n"),
  );
  await line(page, "/events?since=4").click();
  const events = page.getByRole("list", { name: "Body of exchange 10" }).locator("> li");
  await expect.poll(() => events.count()).toBe(1);
  expect(await entry(page, "since=4").innerText()).toContain("200, under way");
  stub.record(body(5_003, 10, "data: two\n\n"), body(5_004, 10, "data: three\n\n"));
  await expect.poll(() => events.count()).toBe(3);
  stub.record(done(5_005, 10, "left"));
  await entry(page, "200, left").filter({ hasText: "since=4" }).waitFor();
  expect(await accessibility(page)).toEqual([]);
});

test("a replay lets exchanges appear and bodies grow as they were recorded", async () => {
  const { page } = await session();
  await page.getByRole("button", { name: "Replay" }).click();
  const stage = page.getByRole("group", { name: "The present moment" });
  await stage.getByText("Ada opened billing-api").waitFor();
  const slider = page.getByRole("slider");
  await slider.focus();
  // Record 7 brings the first part of the first body, record 10 the rest.
  for (let steps = 1; steps < 7; steps++) await page.keyboard.press("ArrowRight");
  await stage.getByText("200, under way").first().waitFor();
  const present = bodyOf(page, 1);
  expect(await present.innerText()).not.toContain("cards");
  for (let steps = 7; steps < 10; steps++) await page.keyboard.press("ArrowRight");
  await present.getByText('"cards"').waitFor();
  await stage.getByText("GET").nth(1).waitFor();
  await slider.focus();
  await page.keyboard.press("End");
  await page.getByRole("button", { name: "Previous" }).click();
  await stage.getByText("Refused unread").first().waitFor();
});

test("a service is offered by its address, and never in the console", async () => {
  const url = `${stub.url}/http/billing-api`;
  const [database] = RESOURCES;
  if (database === undefined) throw new Error("There is no sample.");
  const service = { ...database, id: idOf("res", 3), name: "billing-api", type: "http" as const };
  stub.resources = [database, { ...service, database: null, url }];
  const { page } = await open(browser, `${stub.url}/access`);
  const card = page.getByRole("article", { name: "billing-api" });
  await card.getByText(`curl -H "Authorization: Bearer $SLUICE_TOKEN" ${url}/`).waitFor();
  expect(await card.getByText(/console|psql/).count()).toBe(0);
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "access-service");
  await page.goto(`${stub.url}/console`);
  await page.getByRole("combobox", { name: "Database" }).waitFor();
  expect(await page.getByRole("option").allInnerTexts()).toEqual(["shop-db"]);
});
