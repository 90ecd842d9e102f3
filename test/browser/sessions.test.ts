import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { aSession } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const rows = (page: Page) => page.getByRole("list", { name: "Sessions" }).getByRole("link");
const rule = (page: Page) => page.getByRole("textbox", { name: "Rule" });
/** The last list that was asked for. */
const query = (): Record<string, string> => {
  const line = stub.asked.findLast((asked) => asked.startsWith("GET /api/sessions?")) ?? "";
  return Object.fromEntries(new URLSearchParams(line.split("?")[1]));
};

const ALL =
  "/sessions?state=ended&when=range&since=2026-11-01&until=2026-11-30&principal=ada" +
  "&resource=shop-db&verdict=blocked&rule=no-drop&object=public.orders&text=drop%20table";

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each([
    ["filtered", ALL, "Clear all"],
    ["none", "/sessions?rule=nobody", "No session fits."],
  ])("a list (%s) can be used by everybody, on any width", async (name, path, words) => {
    if (name === "none") stub.sessions = [];
    const { page, complaints } = await open(browser, `${stub.url}${path}`, { colorScheme });
    await page.getByText(words).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `sessions-${name}-${colorScheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `sessions-${name}-${colorScheme}-390`);
    expect(complaints).toEqual([]);
  });
});

describe("filters", () => {
  test("are asked for by keyboard, and stand in the address", async () => {
    const { page } = await open(browser, `${stub.url}/sessions`);
    await rows(page).first().waitFor();
    await page.getByLabel("With the words").focus();
    await page.keyboard.type('"drop table" 42');
    await page.keyboard.press("Enter");
    await expect.poll(query).toEqual({ text: '"drop table" 42', limit: "50" });
    await page.getByText("More filters").press("Enter");
    await page.getByLabel("What happened").selectOption("blocked");
    await rule(page).fill("no-drop");
    await page.keyboard.press("Enter");
    const asked = { text: '"drop table" 42', verdict: "blocked", rule: "no-drop", limit: "50" };
    await expect.poll(query).toEqual(asked);
    await page.reload();
    expect(await rule(page).inputValue()).toBe("no-drop");
    expect(await page.locator("main [aria-current]").count()).toBe(0);
    await page.getByRole("link", { name: "rule no-drop: take this filter away" }).click();
    await expect.poll(query).toEqual({ text: '"drop table" 42', verdict: "blocked", limit: "50" });
    await page.getByRole("link", { name: "Clear all" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("");
  });

  test("of a range ask for two days, in the reader's zone", async () => {
    const options = { timezoneId: "Asia/Tokyo" };
    const { page } = await open(browser, `${stub.url}/sessions`, options);
    await page.getByLabel("Opened").selectOption("range");
    await page.getByLabel("From, that day included").fill("2026-11-01");
    await page.getByLabel("To, that day included").fill("2026-11-02");
    await page.getByRole("button", { name: "Filter" }).click();
    const [from, to] = ["2026-10-31T15:00:00.000Z", "2026-11-02T15:00:00.000Z"];
    await expect.poll(query).toEqual({ from, to, limit: "50" });
  });

  test("by person are only for who sees everybody's", async () => {
    stub.me = { ...stub.me, roles: [] };
    const { page } = await open(browser, `${stub.url}/sessions?rule=r`);
    await rule(page).waitFor();
    expect(await page.getByLabel("Who").count()).toBe(0);
  });
});

describe("a long list", () => {
  test("goes on where a page did not come, and keeps what is there", async () => {
    const { page } = await open(browser, `${stub.url}/sessions`);
    await rows(page).first().waitFor();
    stub.refuseNext("GET /api/sessions", "internal");
    await page.getByRole("button", { name: "Show older ones" }).click();
    await page.getByRole("alert").waitFor();
    expect(await rows(page).count()).toBe(50);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => rows(page).count()).toBe(60);
  });

  test("is not asked for again page by page when somebody comes back to it", async () => {
    const { page } = await open(browser, `${stub.url}/sessions`);
    await page.clock.install();
    await page.getByRole("button", { name: "Show older ones" }).click();
    await expect.poll(() => rows(page).count()).toBe(60);
    const before = stub.asked.filter((line) => line.startsWith("GET /api/sessions?")).length;
    await rows(page).last().click();
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    await page.clock.fastForward(60_000);
    await page.goBack();
    await expect.poll(() => rows(page).count()).toBe(60);
    await page.clock.runFor(1_000);
    const after = () => stub.asked.filter((line) => line.startsWith("GET /api/sessions?")).length;
    expect(after()).toBe(before);
    await page.getByRole("button", { name: "Look again" }).click();
    await expect.poll(() => rows(page).count()).toBe(50);
    expect(after()).toBe(before + 1);
  });

  test("says when there is nothing yet, and when it could not be read", async () => {
    stub.sessions = [];
    const { page } = await open(browser, `${stub.url}/sessions`);
    await page.getByText("There is no session yet.").waitFor();
    stub.refuseNext("GET /api/sessions", "internal");
    await page.reload();
    await page.getByRole("alert").waitFor();
    stub.sessions = [aSession(1)];
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => rows(page).count()).toBe(1);
  });
});
