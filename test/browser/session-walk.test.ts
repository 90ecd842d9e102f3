import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { accessibility, picture } from "../support/browser.ts";
import { cli, spawnCli, type TestDemo } from "../support/demo.ts";
import { signedIn, useWalk } from "../support/walk.ts";

/* A session's page against the whole demo: a real psql, watched, ended, replayed and proved. */

let browser: Browser;
let demo: TestDemo;
useWalk(["psql"], (walk) => {
  ({ browser, demo } = walk);
});

/** A psql that is typed into, and how it ended. */
async function typing() {
  const child = await spawnCli(demo, ["psql", "shop-db"], { as: "ada" });
  const said = Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  const closed = once(child, "close");
  const type = (line: string) => child.stdin?.write(`${line}\n`);
  return { child, type, out: async () => [await closed, ...(await said)].slice(1).join("") };
}

type Listed = {
  readonly items: readonly { readonly id: string; readonly principal: { readonly name: string } }[];
};

/** Of Ada's: the gateway has its own while it learns a catalog. */
async function newest(page: Page, state: "live" | "ended"): Promise<string> {
  const url = `${demo.url}/api/sessions?state=${state}`;
  const items = async () =>
    ((await (await page.request.get(url)).json()) as Listed).items.filter(
      ({ principal }) => principal.name === "ada",
    );
  await expect.poll(async () => (await items()).length).toBeGreaterThan(0);
  return (await items())[0]?.id ?? "";
}

const entry = (page: Page, statement: string) =>
  page.getByRole("listitem").filter({ hasText: statement });

test("Ida watches psql as it happens, Max ends it, and what was seen is replayed", async () => {
  const psql = await typing();
  const { page: ida, complaints } = await signedIn(browser, demo, "ida", "/sessions");
  const id = await newest(ida, "live");
  await ida.goto(`${demo.url}/sessions/${id}`);
  await ida.getByRole("heading", { name: /on shop-db/ }).waitFor();
  await ida.getByText("watching", { exact: true }).waitFor();
  psql.type("SELECT name, email AS contact FROM customers WHERE id IN (7, 10) ORDER BY id;");
  const seen = entry(ida, "email AS contact");
  await seen.getByRole("button", { name: "Show 2 rows" }).click();
  const grid = ida.getByRole("region", { name: "Result of statement" });
  await grid.getByRole("columnheader", { name: "contact" }).waitFor();
  expect(await accessibility(ida)).toEqual([]);
  await picture(ida, "watched");
  const { page: max } = await signedIn(browser, demo, "max", `/sessions/${id}`);
  await max.getByRole("button", { name: "End this session…" }).click();
  await max.getByLabel(/Reason/).fill("Runaway export");
  await max.getByRole("button", { name: "End it" }).click();
  await ida.getByText("Max ended this session: Runaway export").first().waitFor();
  await ida.getByText("killed", { exact: true }).waitFor();
  await max.getByText("killed", { exact: true }).waitFor();
  expect(await ida.getByRole("button", { name: "Stop watching" }).count()).toBe(0);
  psql.type("SELECT 1;");
  psql.child.stdin?.end();
  expect(await psql.out()).toMatch(/Max ended this session: Runaway export/i);
  await ida.getByRole("button", { name: "Replay" }).click();
  await ida.keyboard.press("j");
  const stage = ida.getByRole("group", { name: "The present moment" });
  await stage.getByText("email AS contact").waitFor();
  const cells = await stage.getByRole("cell").allInnerTexts();
  expect(cells).toHaveLength(4);
  expect(cells.join(" ")).not.toMatch(/@(?!example\.)/);
  expect(await accessibility(ida)).toEqual([]);
  await picture(ida, "replay-of-psql");
  expect(complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
  const log = await cli(demo, ["audit", "log", "--json"], { as: "ida" });
  const rows = JSON.parse(log.stdout) as { action: string; actor: { name: string } }[];
  const watched = rows.filter(
    ({ action, actor }) => action === "recording.watch" && actor.name === "ida",
  );
  expect(watched).toHaveLength(1);
});

test("a recording is verified, exported, and damaged where the store was touched", async () => {
  await cli(demo, ["psql", "shop-db", "-c", "SELECT name FROM products LIMIT 3"], { as: "ada" });
  const { page } = await signedIn(browser, demo, "ida", "/sessions");
  const id = await newest(page, "ended");
  await page.goto(`${demo.url}/sessions/${id}`);
  await page.getByRole("heading", { name: /on shop-db/ }).waitFor();
  await page.getByRole("button", { name: "Verify this recording" }).click();
  await page.getByText(/Verified: all \d+ records/).waitFor();
  await page.getByText("Signed by key sign-1.").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "verified");
  const raw = await saved(page, "the signed recording");
  const verified = await cli(demo, ["audit", "verify", raw], { as: "ida" });
  expect(verified.stdout).toMatch(/^whole: \d+ records/);
  const lines = readFileSync(await saved(page, "lines of JSON"), "utf8")
    .trim()
    .split("\n");
  const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect([kinds[0], kinds.at(-1)]).toEqual(["opened", "end"]);
  const bucket = await demo.gateway.miniflare.getR2Bucket("RECORDINGS");
  const [object] = (await bucket.list({ prefix: `recordings/${id}/` })).objects;
  const stored = await bucket.get(object?.key ?? "");
  const bytes = new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer());
  bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
  await bucket.put(object?.key ?? "", bytes);
  await page.getByRole("button", { name: "Verify this recording" }).click();
  await page.getByText("Damaged at record 1").waitFor();
  expect(await accessibility(page)).toEqual([]);
  await picture(page, "damaged");
});

async function saved(page: Page, link: string): Promise<string> {
  const waiting = page.waitForEvent("download");
  await page.getByRole("link", { name: link }).click();
  const download = await waiting;
  const file = join(demo.stateDir, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

test("what held a statement up stands beside it: who answered, and what she said", async () => {
  const child: ChildProcess = await spawnCli(
    demo,
    ["psql", "shop-db", "-c", "UPDATE products SET stock = stock"],
    { as: "ada" },
  );
  const { page } = await signedIn(browser, demo, "rui", "/reviews");
  await page.getByRole("link").filter({ hasText: "UPDATE products" }).first().click();
  await page.getByRole("button", { name: "Approve…" }).click();
  await page.getByLabel(/Comment/).fill("Seen with Ada.");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await once(child, "close");
  const { page: ada } = await signedIn(browser, demo, "ada", "/sessions");
  const id = await newest(ada, "ended");
  await ada.goto(`${demo.url}/sessions/${id}`);
  const held = entry(ada, "UPDATE products");
  await held.getByText("approved", { exact: true }).waitFor();
  await held.getByText("Seen with Ada.").waitFor();
  await held.getByText(/waited .* for people/).waitFor();
  await held.getByText(/^took /).waitFor();
});
