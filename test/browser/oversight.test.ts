import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibility, open, overflow, picture } from "../support/browser.ts";
import { idOf } from "../support/dashboard-samples.ts";
import type { Stub } from "../support/dashboard-stub.ts";
import { useStub } from "../support/stub-browser.ts";

/* The pages of those who look after everything, over a gateway that the test holds in its hand. */

let browser: Browser;
let stub: Stub;
useStub((given) => {
  ({ browser, stub } = given);
});

const ada = `/people/${encodeURIComponent("https://id.example/ada?x")}`;
const PAGES = [
  ["overview", "/overview", "Overview", "waited 13:00"],
  ["resources", "/resources", "Resources", "refused the connection"],
  ["people", "/people", "People", "deploy-bot"],
  ["person", ada, "Ada", "revoked"],
  ["no-person", "/people/nobody", "Person", "Nobody with this id"],
  ["sign-ins", "/sign-ins", "My sign-ins", "ended by the identity provider"],
  ["audit", "/audit", "Audit", "than this page"],
] as const;

const says = (page: Page, words: string) =>
  page.getByText(words).filter({ visible: true }).first().waitFor();
const heading = (page: Page, name: string) =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each(PAGES)(
    "%s can be used by everybody, on any width",
    async (name, path, title, words) => {
      const { page, complaints } = await open(browser, `${stub.url}${path}`, { colorScheme });
      await heading(page, title);
      await says(page, words);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `${name}-${colorScheme}`);
      await page.setViewportSize({ width: 390, height: 844 });
      await says(page, words);
      expect(await overflow(page)).toBe(0);
      for (const details of await page.locator("summary").all()) await details.click();
      expect(await overflow(page)).toBe(0);
      expect(await accessibility(page)).toEqual([]);
      await picture(page, `${name}-${colorScheme}-390`);
      // The browser itself notes an answer of 404.
      const own = complaints.filter((line) => !line.startsWith("Failed to load resource"));
      expect(own).toEqual([]);
      if (name !== "no-person") expect(complaints).toEqual([]);
    },
  );
});

const SEEN_BY_ALL_SEEING =
  "Overview Reviews Sessions Access Console Policy Resources People Audit".split(" ");

describe("the navigation", () => {
  const links = (page: Page) =>
    page.getByRole("navigation", { name: "Pages" }).getByRole("link").allInnerTexts();

  test.each([
    [[], "/access", ["My reviews", "My sessions", "Access", "Console"]],
    [["reviewer"], "/reviews", ["Reviews 2", "My sessions", "Access", "Console"]],
    [["auditor"], "/overview", SEEN_BY_ALL_SEEING],
  ] as const)("with the roles %j begins at %s and is as small as it can be", async (...given) => {
    const [roles, start, names] = given;
    stub.me = { ...stub.me, roles: [...roles] };
    const { page } = await open(browser, `${stub.url}/`);
    await page.waitForURL(`${stub.url}${start}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const words = (await links(page)).map((text) => text.replace(/\s+\d+$/, ""));
    expect(words).toEqual(names.map((name) => name.replace(/ \d+$/, "")));
  });

  test("has the link to the page in sight, also on a phone", async () => {
    stub.me = { ...stub.me, roles: ["admin"] };
    const { page } = await open(browser, `${stub.url}/audit`);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await heading(page, "Audit");
    const link = page.getByRole("navigation").getByRole("link", { name: "Audit" });
    const box = (await link.boundingBox()) ?? { x: -1, width: 0 };
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
  });

  test("leads everybody from the person's menu to her own sign-ins", async () => {
    stub.me = { ...stub.me, roles: [] };
    const { page } = await open(browser, `${stub.url}/access`);
    await page.getByRole("button", { name: "Rui" }).click();
    await page.getByRole("link", { name: "My sign-ins" }).click();
    await heading(page, "My sign-ins");
    await expect.poll(() => page.title()).toContain("My sign-ins");
    await page.getByRole("group", { name: "You" }).waitFor({ state: "hidden" });
    expect(stub.asked).toContain("GET /api/people/sub-rui/sign-ins?limit=20");
  });
});

describe("the overview", () => {
  test("asks for the reader's own day, wherever she is", async () => {
    const { page } = await open(browser, `${stub.url}/overview`, { timezoneId: "Asia/Kolkata" });
    await says(page, "56,011");
    const asked = stub.asked.find((line) => line.startsWith("GET /api/overview")) ?? "";
    const query = new URLSearchParams(asked.split("?")[1]);
    expect(query.get("from")).toMatch(/T18:30:00\.000Z$/);
    const hours = Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "");
    expect(hours).toBe(86_400_000);
    await page.getByRole("link", { name: "7 days" }).click();
    await expect.poll(() => stub.asked.filter((l) => l.includes("/api/overview")).length).toBe(2);
    expect(page.url()).toContain("span=week");
  });

  test("draws bars, and has their numbers in a table", async () => {
    const { page } = await open(browser, `${stub.url}/overview`, { colorScheme: "dark" });
    const chart = page.getByRole("img", { name: /^Commands by the hour: 1,204/ });
    await chart.locator("canvas").waitFor();
    const painted = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let bars = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 99 && data[at + 1] === 214 && data[at + 3] === 255) bars++;
      return bars;
    })()`);
    expect(painted).toBeGreaterThan(1_000);
    await page.getByLabel("Show").selectOption("Values masked");
    await page.getByRole("img", { name: /^Values masked by the hour/ }).waitFor();
    await page.getByText("As a table").click();
    const table = page.getByRole("region", { name: "Numbers by the hour" });
    expect(await table.getByRole("row").count()).toBe(11);
  });
});

describe("a resource", () => {
  const card = (page: Page) => page.getByRole("article", { name: "shop-db" });

  test("is checked now", async () => {
    const { page } = await open(browser, `${stub.url}/resources`);
    await card(page).getByRole("button", { name: "Check now" }).click();
    await says(page, "Reached in 5 ms, logged in after 19 ms more.");
    expect(stub.asked).toContain("POST /api/resources/shop-db/check {}");
  });

  test("gets a secret, which no page keeps", async () => {
    const { page } = await open(browser, `${stub.url}/resources`);
    await card(page).getByRole("button", { name: "Set shop-db-password…" }).click();
    const field = page.getByRole("textbox", { name: "New value" });
    expect(await field.getAttribute("type")).toBe("password");
    expect(await field.getAttribute("autocomplete")).toBe("off");
    await field.fill("hunter2");
    expect(await accessibility(page)).toEqual([]);
    await picture(page, "set-secret");
    await page.getByRole("button", { name: "Set it", exact: true }).click();
    await says(page, "The secret is set.");
    expect(stub.asked).toContain('PUT /api/secrets/shop-db-password {"value":"hunter2"}');
    expect(await page.getByLabel("New value").first().inputValue()).toBe("");
    expect(await page.content()).not.toContain("hunter2");
  });

  test("has no buttons for whoever may only look", async () => {
    stub.me = { ...stub.me, roles: ["auditor"] };
    const { page } = await open(browser, `${stub.url}/resources`);
    await card(page).waitFor();
    expect(await card(page).getByRole("button").count()).toBe(0);
  });
});

test("a sign-in is revoked in two steps, under an id with any characters", async () => {
  const { page } = await open(browser, `${stub.url}/people`);
  await page.getByRole("link", { name: /^Ada/ }).click();
  await heading(page, "Ada");
  const device = page.getByRole("listitem").filter({ hasText: "By a device's code" });
  await device.getByRole("button", { name: "Revoke…" }).click();
  await picture(page, "revoke-sign-in");
  expect(await accessibility(page)).toEqual([]);
  await page.getByRole("button", { name: "Revoke it" }).click();
  const path = `/api${ada}/sign-ins/${idOf("tok", 2)}/revoke`;
  await expect.poll(() => stub.asked).toContain(`POST ${path} {}`);
});

test("the audit trail is filtered, and the filter is its address", async () => {
  const { page } = await open(browser, `${stub.url}/audit`, { timezoneId: "Europe/Zurich" });
  await says(page, "was refused GET /api/policy: forbidden");
  await says(page, "SHOP-\\u{202e}214");
  await page.getByLabel("What").selectOption("secret.put");
  await page.getByLabel("From").fill("2026-11-25T09:30");
  await page.getByRole("button", { name: "Filter" }).click();
  await says(page, "set the secret shop-db-password");
  await expect.poll(() => page.getByText("was refused").count()).toBe(0);
  const asked = new URLSearchParams(stub.asked.at(-1)?.split("?")[1]);
  expect([asked.get("action"), asked.get("from")]).toEqual([
    "secret.put",
    "2026-11-25T08:30:00.000Z",
  ]);
  await page.reload();
  await heading(page, "Audit");
  expect(await page.getByLabel("From").inputValue()).toBe("2026-11-25T09:30");
});
