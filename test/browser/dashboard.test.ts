import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { aReview, idOf } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const first = idOf("rev", 1);
const PAGES = [
  ["sign-in", "/", "Sign in"],
  ["reviews", "/reviews", "deploy-bot"],
  ["review", `/reviews/${first}`, "Remove payments"],
  ["no-review", `/reviews/${idOf("rev", 99)}`, "There is no such review"],
  ["sessions", "/sessions", "Show older ones"],
  ["session", `/sessions/${idOf("ses", 1)}`, "DROP TABLE orders"],
  ["access", "/access", "sluice psql shop-db"],
] as const;

const says = (page: Page, words: string) =>
  page.getByText(words).filter({ visible: true }).first().waitFor();

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each(PAGES)("%s can be used by everybody, on any width", async (name, path, words) => {
    stub.signedIn = name !== "sign-in";
    const { page, complaints } = await open(browser, `${stub.url}${path}`, { colorScheme });
    await says(page, words);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `${name}-${colorScheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    await says(page, words);
    expect(await overflow(page)).toBe(0);
    expect(await accessibility(page)).toEqual([]);
    await picture(page, `${name}-${colorScheme}-390`);
    // The browser itself notes an answer of 401 or 404.
    const own = complaints.filter((line) => !line.startsWith("Failed to load resource"));
    expect(own).toEqual([]);
    if (name !== "sign-in" && name !== "no-review") expect(complaints).toEqual([]);
  });
});

describe("the inbox", () => {
  test("shows what arrives within a second, and counts it in the tab's title", async () => {
    const { page } = await open(browser, `${stub.url}/reviews`);
    await says(page, "live");
    await expect.poll(() => page.title()).toBe("(2) Reviews · Sluice");
    stub.tell(aReview(7, { principal: "Lin", resource: "pay-db" }));
    await page.getByText("Lin").first().waitFor({ timeout: 1_000 });
    await expect.poll(() => page.title()).toBe("(3) Reviews · Sluice");
  });

  test("is answered by keyboard alone", async () => {
    const { page } = await open(browser, `${stub.url}/reviews`);
    await says(page, "deploy-bot");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await says(page, "Fine by me.");
    await page.keyboard.press("a");
    await page.keyboard.type("Seen with Ada.");
    await page.keyboard.press("Enter");
    await says(page, "2 of 2 approved");
    expect(stub.asked).toContain(`POST /api/reviews/${first}/approve {"comment":"Seen with Ada."}`);
  });

  test("is rejected with r, and a key alone decides nothing", async () => {
    const { page } = await open(browser, `${stub.url}/reviews/${first}`);
    await says(page, "Fine by me.");
    await page.keyboard.press("r");
    await page.getByRole("form", { name: "Reject" }).waitFor();
    expect(stub.asked.filter((line) => line.startsWith("POST"))).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByText("rejected", { exact: true }).first().waitFor();
    expect(stub.asked).toContain(`POST /api/reviews/${first}/reject {}`);
  });

  test("offers no answer to whoever may not give one", async () => {
    stub.reviews = [aReview(2, { mayVote: false })];
    const { page } = await open(browser, `${stub.url}/reviews/${idOf("rev", 2)}`);
    await says(page, "Others have to answer");
    await page.keyboard.press("a");
    expect(await page.getByRole("form").count()).toBe(0);
    expect(await page.getByRole("button", { name: /Approve|Reject/ }).count()).toBe(0);
  });

  test("says that an answer came too late, and shows how it ended", async () => {
    const { page } = await open(browser, `${stub.url}/reviews/${first}`);
    await says(page, "Fine by me.");
    stub.refuseNext(`POST /api/reviews/${first}/approve`, "already_settled");
    stub.reviews = [aReview(1, { state: "withdrawn", settledAt: new Date().toISOString() })];
    await page.keyboard.press("a");
    await page.keyboard.press("Enter");
    await says(page, "settled before your answer");
    await says(page, "withdrawn");
  });

  test("renews groups that are stale and answers once more", async () => {
    const { page } = await open(browser, `${stub.url}/reviews/${first}`);
    await says(page, "Fine by me.");
    stub.refuseNext(`POST /api/reviews/${first}/approve`, "stale_groups");
    await page.keyboard.press("a");
    await page.keyboard.press("Enter");
    await says(page, "2 of 2 approved");
    expect(stub.asked.filter((line) => line.startsWith("POST"))).toEqual([
      `POST /api/reviews/${first}/approve {}`,
      "POST /auth/refresh",
      `POST /api/reviews/${first}/approve {}`,
    ]);
  });

  test("writes out what would be invisible, and runs nothing that is recorded", async () => {
    const shown = "SELECT '<img src=x onerror=alert(1)>' --\u202e";
    stub.reviews = [aReview(1, { shown, message: "<b>bold</b>" })];
    const { page, complaints } = await open(browser, `${stub.url}/reviews/${first}`);
    await says(page, "<b>bold</b>");
    const statement = page.getByRole("group", { name: "Statement" });
    expect(await statement.innerText()).toBe("SELECT '<img src=x onerror=alert(1)>' --\\u{202e}");
    expect(complaints).toEqual([]);
  });

  test("tells whoever looks elsewhere of what she may answer, without the statement", async () => {
    const { page } = await open(browser, `${stub.url}/reviews`);
    await says(page, "live");
    await page.evaluate(`
      globalThis.told = [];
      Object.defineProperty(document, "hidden", { value: true });
      globalThis.Notification = class extends EventTarget {
        static permission = "granted";
        constructor(title, { body }) { super(); told.push(title + ": " + body); }
      };`);
    stub.tell(aReview(7, { principal: "Noor", mayVote: false }));
    stub.tell(aReview(8, { principal: "Lin", shown: "DELETE FROM customers -- 4711" }));
    stub.tell(aReview(8, { principal: "Lin", risks: ["seen again"] }));
    await says(page, "Lin");
    expect(await page.evaluate("told")).toEqual([
      "Lin waits on shop-db: Open the review to see what it is.",
    ]);
  });

  test("comes back after its line was cut, and fetches what it missed", async () => {
    const { page } = await open(browser, `${stub.url}/reviews`);
    await says(page, "live");
    stub.reviews = [...stub.reviews, aReview(8, { principal: "Lin" })];
    stub.cut();
    await page.getByText("Lin").first().waitFor();
    await says(page, "live");
  });
});

describe("a line that is never answered", () => {
  test("is given up, and tried again", async () => {
    stub.silent = true;
    const { page } = await open(browser, `${stub.url}/reviews`);
    await says(page, "reconnecting");
    stub.silent = false;
    await says(page, "live");
  });
});

describe("the sign-in", () => {
  test("leads back to where somebody wanted to go", async () => {
    stub.signedIn = false;
    const { page } = await open(browser, `${stub.url}/reviews/${first}`);
    const link = page.getByRole("link", { name: "Sign in" });
    expect(await link.getAttribute("href")).toBe(
      `/auth/login?to=${encodeURIComponent(`/reviews/${first}`)}`,
    );
  });

  test("is renewed when a call says that it ran out, and asked for when it cannot be", async () => {
    stub.refuseNext("GET /api/me", "token_expired");
    const { page } = await open(browser, `${stub.url}/access`);
    await says(page, "sluice psql shop-db");
    expect(stub.asked.slice(0, 3)).toEqual(["GET /api/me", "POST /auth/refresh", "GET /api/me"]);
    stub.signedIn = false;
    await page.getByRole("link", { name: "Sessions" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
  });

  test("is renewed a minute before its end", async () => {
    stub.me = { ...stub.me, expiresAt: new Date(Date.now() + 61_500).toISOString() };
    const { page } = await open(browser, `${stub.url}/access`);
    await says(page, "sluice psql shop-db");
    await expect.poll(() => stub.asked).toContain("POST /auth/refresh");
  });

  test("is renewed by one tab at a time", async () => {
    const { me } = stub;
    stub.me = { ...me, expiresAt: new Date(Date.now() + 1_000).toISOString() };
    const { page } = await open(browser, "about:blank");
    const letGo = Promise.withResolvers<void>();
    let [underWay, most] = [0, 0];
    await page.context().route("**/auth/refresh", async (route) => {
      most = Math.max(most, ++underWay);
      await letGo.promise;
      await route.continue();
      underWay--;
    });
    const other = await page.context().newPage();
    await Promise.all([page, other].map((tab) => tab.goto(`${stub.url}/access`)));
    const waiting = "navigator.locks.query().then(({ pending }) => pending.length)";
    await expect.poll(() => page.evaluate(waiting)).toBe(1);
    stub.me = me;
    letGo.resolve();
    await expect.poll(() => page.evaluate(waiting)).toBe(0);
    await Promise.all([page, other].map((tab) => says(tab, "sluice psql shop-db")));
    const looks = () => stub.asked.filter((line) => line === "GET /api/me").length;
    await expect.poll(looks).toBeGreaterThanOrEqual(4);
    expect(most).toBe(1);
  });

  test("ends with the person's menu, which also keeps the colours", async () => {
    const { page } = await open(browser, `${stub.url}/access`, { colorScheme: "light" });
    await page.getByRole("button", { name: "Rui" }).click();
    await page.getByLabel("Colours").selectOption("dark");
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "person-menu");
    await page.reload();
    const scheme = "getComputedStyle(document.documentElement).colorScheme";
    expect(await page.evaluate(scheme)).toBe("dark");
    await page.getByRole("button", { name: "Rui" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
    expect(stub.asked).toContain("POST /auth/logout");
  });
});

describe("sessions", () => {
  test("come page by page, and fewer with a filter", async () => {
    const { page } = await open(browser, `${stub.url}/sessions`);
    await page.getByRole("button", { name: "Show older ones" }).click();
    await expect.poll(() => page.getByRole("listitem").getByText("on shop-db").count()).toBe(60);
    await page.getByLabel("State").selectOption("live");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect.poll(() => page.getByRole("listitem").getByText("on shop-db").count()).toBe(1);
    expect(page.url()).toContain("state=live");
  });

  test("are ended by an admin, with a reason", async () => {
    const id = idOf("ses", 1);
    const { page } = await open(browser, `${stub.url}/sessions/${id}`);
    await page.getByRole("button", { name: "End this session…" }).click();
    await page.getByLabel(/Reason/).fill("Runaway export");
    await picture(page, "end-session");
    await page.getByRole("button", { name: "End it" }).click();
    await says(page, "Rui ended it.");
    expect(stub.asked).toContain(`POST /api/sessions/${id}/kill {"reason":"Runaway export"}`);
  });
});

test("what went wrong is said in words, and can be tried again", async () => {
  stub.refuseNext("GET /api/resources", "internal");
  const { page } = await open(browser, `${stub.url}/access`);
  await page.getByRole("alert").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "trouble");
  await page.getByRole("button", { name: "Try again" }).click();
  await says(page, "sluice psql shop-db");
});
