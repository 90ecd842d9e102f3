import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { launch, open, type Watched } from "./browser.ts";
import { spawnCli, startTestDemo, type TestDemo } from "./demo.ts";
import { has, needs, type Tool } from "./tools.ts";

/* Steps of people who meet the pages of a running demo. */

/**
 * A browser and a whole demo for all tests of a file, handed to `begin` before the first of them.
 * Each test begins without the pages of the one before. `tools`: what they need besides Chromium.
 */
export function useWalk(
  tools: readonly Tool[],
  begin: (walk: { readonly browser: Browser; readonly demo: TestDemo }) => void,
): void {
  let browser: Browser | undefined;
  let demo: TestDemo | undefined;
  beforeAll(async () => {
    if (!has("chromium")) return;
    browser = await launch();
    demo = await startTestDemo({ pages: true });
    begin({ browser, demo });
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });
  beforeEach((context) => needs(context, "chromium", ...tools));
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
  });
}

/** Through the provider's own form, and back to `path`. */
export async function signedIn(
  browser: Browser,
  { url }: TestDemo,
  person: PersonName,
  path: string,
  more: BrowserContextOptions = {},
): Promise<Watched> {
  const watched = await open(browser, `${url}${path}`, more);
  await watched.page.getByRole("link", { name: "Sign in" }).click();
  await watched.page.locator(`button[value="${person}"]`).click();
  await watched.page.waitForURL(`${url}${path}`);
  await watched.page.getByRole("navigation").first().waitFor();
  return watched;
}

/** Ada's psql, which waits for as long as the statements do. */
export const psql = (demo: TestDemo, ...statements: string[]): Promise<ChildProcess> => {
  const commands = statements.flatMap((statement) => ["-c", statement]);
  return spawnCli(demo, ["psql", "shop-db", ...commands], { as: "ada" });
};

export type Ended = { readonly code: number; readonly out: string; readonly at: number };

/** `at`: when the first byte of its output came. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr] = [child.stdout, child.stderr] as [
    NodeJS.ReadableStream,
    NodeJS.ReadableStream,
  ];
  const at = once(stdout, "data").then(
    () => performance.now(),
    () => 0,
  );
  const [out, errors, [code]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, "close"),
  ]);
  return { code: code as number, out: out + errors, at: out === "" ? 0 : await at };
}

/** A review's row in the inbox. */
export const row = (page: Page, words: string) =>
  page.getByRole("link").filter({ hasText: words }).first();
