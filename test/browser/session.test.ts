import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { columns, message, READY, row, tag } from "../cli/wire.ts";
import { fact, idOf, sent } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

/* A session's page, over a gateway that the test holds in its hand. */

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const live = idOf("ses", 1);
const over = idOf("ses", 2);
const END = fact(0, "end", { code: "killed", message: "Max ended this session.", commands: 3 });

async function session(id = over, more = {}) {
  const opened = await open(browser, `${stub.url}/sessions/${id}`, more);
  await opened.page.getByRole("heading", { name: /Ada on shop-db/ }).waitFor();
  await opened.page.getByText("DELETE FROM payments").first().waitFor();
  return opened;
}

const result = (page: Page, statement: number) =>
  page.getByRole("region", { name: `Result of statement ${statement}` });

const entries = (page: Page) => page.getByRole("list", { name: "Timeline" }).locator("> li");

const command = (number: number, shown: string, ...answer: Uint8Array[]) => [
  fact(number, "command", { shown, operations: ["select"] }),
  fact(number, "decision", { verdict: "allow", rules: ["engineers"], message: null }),
  fact(number, "completed", { tag: "SELECT", rows: 0, masked: [], findings: [] }),
  sent(...answer, tag("SELECT"), READY),
];

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test("results and replay can be used by everybody, on any width", async () => {
    stub.records.push({ ...END, seq: stub.records.length + 1 });
    const { page, complaints } = await session(over, { colorScheme });
    await page.getByRole("button", { name: "Show 3 rows" }).click();
    await result(page, 1).getByRole("cell", { name: "Greta Ueda" }).waitFor();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `session-result-${colorScheme}-${width}`);
    }
    await page.getByRole("button", { name: "Replay" }).click();
    await page.keyboard.press("j");
    await result(page, 1).waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `session-replay-${colorScheme}-390`);
    expect(complaints).toEqual([]);
  });
});

describe("a result", () => {
  test("shows what was sent as text: it runs nothing, steers nothing, hides nothing", async () => {
    const { page, complaints } = await session();
    await page.getByRole("button", { name: "Show 3 rows" }).click();
    const cells = result(page, 1).getByRole("cell");
    await expect.poll(() => cells.count()).toBe(9);
    const texts = await cells.allInnerTexts();
    expect(texts[0]).toBe("Zoë <script>alert(1)</script>");
    expect(texts[2]).toBe("\\u{202e}evil\\x1b[2J");
    expect(texts[5]).toBe("NULL");
    expect(texts[7]).toBe("[redacted]");
    expect(await page.locator("script:not([src])").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("tells NULL from an empty text, and from a text that says NULL", async () => {
    stub.records = command(
      1,
      "DELETE FROM payments",
      columns("v"),
      row(null),
      row(""),
      row("NULL"),
    ).map((one, index) => ({ ...one, seq: index + 1 }));
    const { page } = await session();
    await page.getByRole("button", { name: "Show 3 rows" }).click();
    const cells = result(page, 1).getByRole("cell");
    await expect.poll(() => cells.allInnerTexts()).toEqual(["NULL", "empty", "NULL"]);
    expect(await cells.locator(".cell-word").allInnerTexts()).toEqual(["NULL", "empty"]);
  });

  test("opens a long cell whole, and gives the focus back", async () => {
    const { page } = await session();
    await page.getByRole("button", { name: "Show 3 rows" }).click();
    await page.getByRole("button", { name: /^Show all 2\d\d characters/ }).click();
    await page.getByRole("region", { name: "The whole cell" }).getByText("Long Lane").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "session-cell");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    const focused = await page.evaluate<string>("document.activeElement.textContent");
    expect(focused).toBe("show all");
  });

  test("of many rows has those in sight alone, scrolls by keyboard, loads the rest", async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => row(String(n + 1), "x".repeat(30)));
    stub.records = command(1, "DELETE FROM payments", columns("n", "x"), ...rows).map(
      (one, index) => ({ ...one, seq: index + 1 }),
    );
    const { page, complaints } = await session();
    await page.getByRole("button", { name: "Show 5,000 rows" }).click();
    await page.getByText("The first 200 rows of 5,000 are here.").waitFor();
    await page.getByRole("button", { name: "Load all rows" }).click();
    await expect.poll(() => page.getByText("The first 200 rows").count()).toBe(0);
    const region = result(page, 1);
    expect(await region.getByRole("table").getAttribute("aria-rowcount")).toBe("5001");
    await region.focus();
    await page.keyboard.press("End");
    await region.getByRole("cell", { name: "5000", exact: true }).waitFor();
    expect(await region.getByRole("row").count()).toBeLessThan(60);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "session-many-rows");
    expect(complaints).toEqual([]);
  });

  test("of many columns scrolls in itself, never the page", async () => {
    const names = Array.from({ length: 60 }, (_, n) => `column_number_${n}`);
    stub.records = command(1, "DELETE FROM payments", columns(...names), row(...names)).map(
      (one, index) => ({ ...one, seq: index + 1 }),
    );
    const { page } = await session(over, { viewport: { width: 390, height: 844 } });
    await page.getByRole("button", { name: "Show 1 row" }).click();
    await result(page, 1).getByRole("cell", { name: "column_number_59" }).waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "session-many-columns-390");
  });

  test("of COPY is lines, of a binary format bytes, and errors are said", async () => {
    const binary = message("H", Uint8Array.of(1, 0, 1, 0, 1));
    const copied = [message("H", Uint8Array.of(0, 0, 1, 0, 0)), message("d", "1\tAda\n")];
    stub.records = [
      ...command(1, "COPY a TO STDOUT", ...copied),
      ...command(2, "DELETE FROM payments", binary, message("d", Uint8Array.of(1, 255))),
      fact(3, "command", { shown: "SELECT 1/0", operations: ["select"] }),
      fact(3, "failed", { sqlstate: "22012", from: "upstream" }),
      sent(message("E", "SERROR\0C22012\0Mdivision by zero\0HDo not.\0\0"), READY),
    ].map((one, index) => ({ ...one, seq: index + 1 }));
    const { page } = await session();
    await page.getByRole("button", { name: "Show 1 line" }).first().click();
    await page.getByRole("button", { name: "Show 1 line" }).click();
    await result(page, 1)
      .getByRole("button", { name: /^Show all/ })
      .waitFor();
    await result(page, 2).getByRole("cell", { name: "\\x01ff" }).waitFor();
    await result(page, 2).getByText("binary").waitFor();
    await page.getByText(/ERROR: +division by zero \(22012\)\s+HINT: +Do not\./).waitFor();
  });
});

describe("a live session", () => {
  test("is watched from where the page had read to, missing and doubling nothing", async () => {
    const { page } = await session(live);
    await page.getByText("watching", { exact: true }).waitFor();
    const from = stub.records.length + 1;
    expect(stub.asked).toContain(`WATCH /api/sessions/${live}/live?from=${from}`);
    stub.record(...command(4, "SELECT 4711", columns("n"), row("4711")));
    await page.getByText("SELECT 4711").waitFor();
    expect(await entries(page).count()).toBe(6);
    expect(stub.asked).toContain(
      `GET /api/sessions/${live}/records?from=${from}&limit=1000&watch=w1`,
    );
    stub.record(END);
    await page.getByText("killed", { exact: true }).waitFor();
    await page.getByText("Max ended this session.").first().waitFor();
    expect(await page.getByText("watching", { exact: true }).count()).toBe(0);
    expect(await accessibility(page)).toEqual([]);
  });

  test("is watched again after its line was cut, and reads what it missed", async () => {
    const { page } = await session(live);
    await page.getByText("watching", { exact: true }).waitFor();
    stub.cut();
    stub.records.push(
      ...command(4, "SELECT 4711").map((one, n) => ({ ...one, seq: stub.records.length + n + 1 })),
    );
    await page.getByText("watching", { exact: true }).waitFor();
    stub.record(fact(0, "note", { message: "and on it goes" }));
    await page.getByText("and on it goes").waitFor();
    await page.getByText("SELECT 4711").waitFor();
  });

  test("is left alone when the watching is turned off", async () => {
    const { page } = await session(live);
    await page.getByRole("button", { name: "Stop watching" }).click();
    await page.getByText("not watching").waitFor();
    stub.record(...command(4, "SELECT 4711"));
    await page.getByRole("button", { name: "Show what follows" }).click();
    await page.getByText("SELECT 4711").waitFor();
    await page.getByRole("button", { name: "Watch live" }).click();
    await page.getByText("watching", { exact: true }).waitFor();
  });
});

describe("a replay", () => {
  test("plays by itself to its end, and stops where somebody steps", async () => {
    stub.records.push({ ...END, seq: stub.records.length + 1 });
    const { page } = await session();
    await page.getByRole("button", { name: "Replay" }).click();
    const stage = page.getByRole("group", { name: "The present moment" });
    await stage.getByText("Ada opened shop-db").waitFor();
    await page.keyboard.press("p");
    await stage.getByText("Max ended this session.").waitFor();
    await page.getByRole("button", { name: "Play" }).waitFor();
    await page.keyboard.press("k");
    await stage.getByText("DELETE FROM payments").waitFor();
    await stage.getByText("approved", { exact: true }).waitFor();
    await page.keyboard.press("k");
    await stage.getByText("Dropping is not allowed.").first().waitFor();
    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("Home");
    await stage.getByText("Ada opened shop-db").waitFor();
  });

  test("shows a held statement as it waited, before it was approved", async () => {
    const { page } = await session();
    await page.getByRole("button", { name: "Replay" }).click();
    const stage = page.getByRole("group", { name: "The present moment" });
    const slider = page.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("End");
    await stage.getByText("approved", { exact: true }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await stage.getByText("waiting", { exact: true }).waitFor();
  });
});

test("what cannot be read is said, and can be asked for again", async () => {
  stub.refuseNext(`GET /api/sessions/${over}/records`, "internal");
  const { page } = await open(browser, `${stub.url}/sessions/${over}`);
  await page.getByRole("alert").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("DELETE FROM payments").first().waitFor();
});
