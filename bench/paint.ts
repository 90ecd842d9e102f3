import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { type Demo, startDemo } from "../demo/demo.ts";
import { freePort } from "../demo/processes.ts";
import { buildDashboard } from "../scripts/build-dashboard.ts";
import { launch } from "../test/support/browser.ts";
import { has } from "../test/support/tools.ts";
import type { Effort } from "./effort.ts";
import { quantile, Table } from "./sheet.ts";
import type { World } from "./world.ts";

/* How soon a page of the dashboard is seen, by a browser that was never there before. */

const COLUMNS = ["first paint", "99 of 100", "its heading", "99 of 100 headings"] as const;

/** The baseline: a line of JSON from the same Worker, as the browser shows it. */
const BARE = { name: "baseline: /healthz", path: "/healthz", mark: "pre" };
const PAGES = [
  BARE,
  ...["overview", "reviews", "sessions", "console", "policy", "audit"].map((page) => ({
    name: `/${page}`,
    path: `/${page}`,
    mark: "h1",
  })),
];

export class PaintBench {
  readonly table = new Table({
    title: "From going to a page to seeing it, ms",
    columns: COLUMNS,
    digits: 0,
  });
  readonly tables = [this.table];

  async run(world: World, { paints }: Effort): Promise<void> {
    if (!has("chromium")) return console.error("paint: skipped, it needs chromium");
    await buildDashboard();
    const stateDir = mkdtempSync(join(dirname(world.stateDir), "sluice-paint-"));
    const ports = {
      gateway: await freePort(),
      issuer: await freePort(),
      postgres: await freePort(),
      billing: await freePort(),
    };
    const demo = await startDemo({ ports, stateDir, pages: true });
    const browser = await launch();
    try {
      const signedIn = await signIn(browser, demo);
      const seen = PAGES.map((): Seen[] => []);
      // Once each to warm up; then in turns, so that what else the machine does falls on all.
      for (let n = -1; n < paints; n++) {
        for (const [i, { path, mark }] of PAGES.entries()) {
          const one = await see(browser, `${demo.url}${path}`, mark, signedIn);
          if (n >= 0) seen[i]?.push(one);
        }
      }
      for (const [i, { name }] of PAGES.entries()) this.#add(name, world.state, seen[i] ?? []);
    } finally {
      await browser.close();
      await demo.stop();
      rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  #add(name: string, state: string, seen: readonly Seen[]): void {
    for (const { paint, heading } of seen) {
      this.table.add(name, state, "first paint", paint);
      this.table.add(name, state, "its heading", heading);
    }
    const late = (of: keyof Seen) =>
      quantile(
        seen.map((one) => one[of]),
        0.99,
      );
    this.table.add(name, state, "99 of 100", late("paint"));
    this.table.add(name, state, "99 of 100 headings", late("heading"));
  }
}

type Seen = { readonly paint: number; readonly heading: number };
type Kept = Awaited<ReturnType<typeof signIn>>;

async function signIn(browser: Browser, demo: Demo) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${demo.url}/reviews`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.locator('button[value="max"]').click();
  await page.waitForURL(`${demo.url}/reviews`);
  const kept = await context.storageState();
  await context.close();
  return kept;
}

/** In a context of its own: nothing is cached but what the server itself keeps. */
async function see(browser: Browser, url: string, mark: string, kept: Kept): Promise<Seen> {
  const context = await browser.newContext({ storageState: kept });
  try {
    const page = await context.newPage();
    const begun = performance.now();
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(mark).first().waitFor();
    const heading = performance.now() - begun;
    const script = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null';
    for (;;) {
      const paint = await page.evaluate<number | null>(script);
      if (paint !== null) return { paint, heading };
    }
  } finally {
    await context.close();
  }
}
