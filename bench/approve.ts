import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ROUTES } from "../core/api/routes.ts";
import type { ReviewView } from "../core/api/review.ts";
import { type Demo, startDemo } from "../demo/demo.ts";
import { freePort } from "../demo/processes.ts";
import { CLI_FILE } from "../scripts/build-cli.ts";
import { buildDashboard } from "../scripts/build-dashboard.ts";
import { launch, open } from "../test/support/browser.ts";
import { has } from "../test/support/tools.ts";
import type { Effort } from "./effort.ts";
import { quantile, Table } from "./sheet.ts";
import type { World } from "./world.ts";

/* From "Approve" to the first byte that psql prints, and how much of that is waiting for people. */

const demoFile = join(import.meta.dirname, "../demo/sluice.yaml");
/** No index, no condition, one row: the statement itself costs next to nothing. */
const HELD = "UPDATE bench_held SET n = n;\n";
const FREE = "UPDATE bench_free SET n = n;\n";

const COLUMNS = ["not held", "approved by a call", "approved in the browser"] as const;

export class ApproveBench {
  readonly table = new Table({
    title: "From the answer to psql's first byte, ms",
    columns: COLUMNS,
    digits: 1,
  });
  readonly tables = [this.table];

  async run(world: World, { approvals }: Effort): Promise<void> {
    const missing = (["chromium", "psql"] as const).find((tool) => !has(tool));
    if (missing !== undefined) return console.error(`approve: skipped, it needs ${missing}`);
    await buildDashboard();
    const stateDir = mkdtempSync(join(dirname(world.stateDir), "sluice-approve-"));
    const desk = await Desk.open(stateDir);
    try {
      const ways = [() => desk.free(), () => desk.byCall(), () => desk.byBrowser()] as const;
      const taken = COLUMNS.map((): number[] => []);
      // Once each to warm up; then in turns, so that what else the machine does falls on all.
      for (let n = -1; n < approvals; n++) {
        for (const [i, way] of ways.entries()) {
          const milliseconds = await way();
          if (n >= 0) taken[i]?.push(milliseconds);
        }
      }
      const { state } = world;
      for (const [i, column] of COLUMNS.entries()) {
        const values = taken[i] ?? [];
        for (const value of values) this.table.add(`median of ${approvals}`, state, column, value);
        this.table.add("99 of 100", state, column, quantile(values, 0.99));
      }
    } finally {
      await desk.close();
      rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Everything that an approval goes through: the demo, Ada's psql, and Rui in his browser. */
class Desk {
  readonly #demo: Demo;
  readonly #psql: ChildProcess;
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #left: Promise<never>;

  private constructor(demo: Demo, child: ChildProcess, browser: Browser, page: Page) {
    this.#demo = demo;
    this.#psql = child;
    this.#browser = browser;
    this.#page = page;
    this.#left = once(child, "exit").then(() => Promise.reject(new Error("psql left")));
    this.#left.catch(() => {});
  }

  static async open(stateDir: string): Promise<Desk> {
    const ports = {
      gateway: await freePort(),
      issuer: await freePort(),
      postgres: await freePort(),
      billing: await freePort(),
    };
    const policy = readFileSync(demoFile, "utf8").replace(
      "when: command.unbounded",
      `when: 'command.unbounded && "public.bench_held" in command.objects'`,
    );
    const demo = await startDemo({ ports, stateDir, policy, pages: true });
    const child = spawn(process.execPath, [CLI_FILE, "psql", "shop-db", "-X", "-q"], {
      env: { ...process.env, SLUICE_URL: demo.url, SLUICE_TOKEN: await demo.token("ada") },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const browser = await launch();
    const { page } = await open(browser, `${demo.url}/reviews`);
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.locator('button[value="rui"]').click();
    await page.waitForURL(`${demo.url}/reviews`);
    const desk = new Desk(demo, child, browser, page);
    const tables = ["bench_held", "bench_free"].map(
      (name) => `CREATE TABLE ${name} (n int);\nINSERT INTO ${name} VALUES (1);\n`,
    );
    await desk.#say(`${tables.join("")}\\set QUIET off\n\\echo ready\n`);
    return desk;
  }

  async free(): Promise<number> {
    const begun = performance.now();
    return (await this.#say(FREE)) - begun;
  }

  async byCall(): Promise<number> {
    const heard = this.#say(HELD);
    const id = await this.#waiting();
    const token = await this.#demo.token("rui");
    const begun = performance.now();
    await this.#call("POST", ROUTES.approve.path.replace(":id", id), token, "{}");
    return (await heard) - begun;
  }

  /** By keyboard: what a click adds before it is one is the driver's own time. */
  async byBrowser(): Promise<number> {
    const page = this.#page;
    const heard = this.#say(HELD);
    await page.getByRole("list", { name: "Waiting" }).getByRole("link").first().click();
    await page.getByText("as the planner estimates").waitFor();
    await page.keyboard.press("a");
    await page.getByLabel(/Comment/).waitFor();
    const begun = performance.now();
    await page.keyboard.press("Enter");
    const taken = (await heard) - begun;
    await page.getByText("1 of 1 approved").last().waitFor();
    return taken;
  }

  async close(): Promise<void> {
    this.#psql.stdin?.end();
    await this.#left.catch(() => {});
    await this.#browser.close();
    await this.#demo.stop();
  }

  /** When the first byte of what psql says to it came. */
  async #say(text: string): Promise<number> {
    const first = once(this.#psql.stdout as NodeJS.ReadableStream, "data");
    this.#psql.stdin?.write(text);
    await Promise.race([first, this.#left]);
    return performance.now();
  }

  /** The id of the one review that waits, its estimate with it: both work for the same machine. */
  async #waiting(): Promise<string> {
    const token = await this.#demo.token("rui");
    for (;;) {
      const path = `${ROUTES.reviews.path}?state=pending`;
      const { items } = (await this.#call("GET", path, token)) as { items: ReviewView[] };
      const [review] = items;
      if (review !== undefined && review.estimate !== null) return review.id;
    }
  }

  async #call(method: string, path: string, token: string, body?: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body };
    const answer = await fetch(`${this.#demo.url}${path}`, init);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.json();
  }
}
