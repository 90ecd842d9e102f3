import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { PersonName } from "../../demo/people.ts";
import { open, type Watched } from "./browser.ts";
import { spawnCli, type TestDemo } from "./demo.ts";

/* Steps of people who meet the pages of a running demo. */

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
