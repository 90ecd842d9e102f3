import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM } from "./tools.ts";

/** Git does not see it: pictures of every page, to look at. */
const SCREENS = join(import.meta.dirname, "../../test-results/screens");
const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

/** Debian's, quiet: without the flags it calls home at every start. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** A page, and all that the browser complained about: errors, and what the policy refused. */
export type Watched = { readonly page: Page; readonly complaints: string[] };

export async function open(
  browser: Browser,
  url: string,
  more: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.exposeFunction("complain", (what: string) => void complaints.push(what));
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", (event) =>' +
      ' complain(event.violatedDirective + " refused " + event.blockedURI))',
  );
  await page.goto(url);
  return { page, complaints };
}

/** Sentences for what axe finds against WCAG 2.2 A and AA, and its own best practices. */
export async function accessibility(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const run = 'axe.run(document, { rules: { "target-size": { enabled: true } } })';
  const { violations } = await page.evaluate<AxeResults>(run);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html ?? ""}`);
}

export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`), fullPage: true });
}

/** Pixels by which the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>(
    "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
  );
