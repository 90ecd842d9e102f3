import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser } from "../../demo/sign-in.ts";
import { isOnPath } from "../../demo/tools.ts";
import { needs } from "../support/tools.ts";
import { finished, startTestDemo, type Ran, type TestDemo } from "../support/demo.ts";

/*
 * The README's own lines under "What you see", word for word but for the address, the ids and
 * where a file goes, in the order in which a reader types them.
 */

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "README.md"), "utf8");
const [, section = ""] = /^## What you see\n([^]*?)^## /m.exec(page) ?? [];
const lines = [...section.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = ""]) => line);

let demo: TestDemo;
const folder = mkdtempSync(join(tmpdir(), "sluice-readme-"));
beforeAll(async () => {
  demo = await startTestDemo({ pages: true });
});
afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true });
});

/** Commands behind `$ `, each with what it prints. */
const [, examples = ""] = /^```\n([^]*?)^```$/m.exec(section) ?? [];
const shown = [...examples.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(
  ([, command = "", output = ""]) => ({ command, output: output.trimEnd() }),
);

/** The line of the README that holds these words, as it is typed here. */
function line(...words: readonly string[]): string {
  const found = lines.filter((one) => words.every((word) => one.includes(word)));
  if (found.length !== 1)
    throw new Error(`${found.length} lines of the README say ${words.join(", ")}`);
  const typed = (found[0] as string)
    .replaceAll("http://localhost:8787", demo.url)
    .replaceAll("session.sluice", join(folder, "session.sluice"));
  return isOnPath("psql") ? typed : typed.replace("psql shop-db -c", "sql shop-db");
}

/** In a terminal of its own; what was exported there comes before the line. */
function begin(...typed: readonly string[]): ChildProcess {
  const { SLUICE_URL: _, SLUICE_TOKEN: __, ...env } = process.env;
  return spawn("sh", ["-c", typed.join("\n")], {
    cwd: root,
    env: { ...env, XDG_STATE_HOME: folder, PSQLRC: "/dev/null", PAGER: "", NO_COLOR: "1" },
  });
}

const type = (...typed: readonly string[]): Promise<Ran> => finished(begin(...typed));

/** Standard error up to what matches. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [, found] = pattern.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`It said only: ${text}`)));
  });
}

describe("a reader of the README", { timeout: 180_000 }, () => {
  it("signs in as ada", async () => {
    const login = begin(`${line("sluice login")} --no-browser`);
    const ran = finished(login);
    const address = await said(login, /(http\S+\/oauth\/authorize\S+)\n/);
    const back = await new Browser("ada").walk(address);
    expect((await fetch(back)).status).toBe(200);
    expect(await ran).toMatchObject({ code: 0, stderr: expect.stringContaining("Signed in to") });
  });

  it("reads names, and what the policy masks under no name", async () => {
    const customers = await type(line("email AS contact"));
    expect(customers).toMatchObject({ code: 0, stdout: expect.stringContaining("(2 rows)") });
    expect(customers.stdout).not.toMatch(/customer\d+@|\d{3}-\d{2}-\d{4}/);
    const payments = await type(line("card_number"));
    expect(payments).toMatchObject({ code: 0, stdout: expect.stringContaining("(3 rows)") });
    expect(payments.stdout).not.toMatch(/\d{12,}/);
  });

  it.for(shown)("sees the same as there: $command", async (one, context) => {
    needs(context, "psql");
    const { stdout, stderr } = await type(one.command);
    expect(`${stdout}${stderr}`.replaceAll(/ +$/gm, "").trimEnd()).toBe(one.output);
  });

  it("is refused in PostgreSQL's own way", async () => {
    const { code, stderr } = await type(line("DROP TABLE orders"));
    expect(code).toBe(1);
    expect(stderr).toContain("Dropping and truncating tables is not allowed here.");
  });

  it("waits for rui, who approves; then the statement runs", async () => {
    const waiting = begin(line("DELETE FROM payments"));
    const ran = finished(waiting);
    const review = await said(waiting, /(rev_[0-9a-v]{26})/);
    const rui = line("export", "rui");
    const shown = await type(rui, lines.find((one) => one.endsWith("sluice reviews")) ?? "exit 9");
    expect(shown.stdout).toContain(review);
    const approved = await type(rui, line("reviews approve").replace("rev_…", review));
    expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining("approved") });
    expect(await ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^DELETE [1-9]/) });
  });

  it("calls a service, which is masked as it streams", async () => {
    const ada = line("ADA=").replace("npm run", `SLUICE_URL=${demo.url} npm run`);
    const customer = await type(ada, line("/customers/7"));
    expect(JSON.parse(customer.stdout)).toMatchObject({ id: 7, email: "[redacted:email]" });
    expect(customer.stdout).not.toMatch(/\d{3}-\d{2}-\d{4}|\d{13,}/);
    const events = await type(ada, line("/events"));
    expect(events.stdout.match(/^data: /gm)).toHaveLength(3);
    expect(events.stdout).not.toMatch(/\d{13,}/);
  });

  it("waits for rui with a large payment too", async () => {
    const ada = line("ADA=").replace("npm run", `SLUICE_URL=${demo.url} npm run`);
    const ran = finished(begin(ada, line("payment_amount")));
    const rui = line("export", "rui");
    const reviews = lines.find((one) => one.endsWith("sluice reviews")) ?? "exit 9";
    let review: string | undefined;
    while (review === undefined) {
      const { stdout } = await type(rui, reviews);
      [review] = /rev_[0-9a-v]{26}(?=.*POST)/.exec(stdout) ?? [];
    }
    await type(rui, line("reviews approve").replace("rev_…", review));
    expect(JSON.parse((await ran).stdout)).toMatchObject({ payment_amount: 5000 });
  });

  it("asks for more, and is told where that waits", async () => {
    const asked = await type(line("sluice request"));
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/rev_\w{26} +pending/) });
  });

  it("sees as ida what ada saw, and proves that nobody changed it", async () => {
    const ida = line("export", "ida");
    const list = await type(ida, lines.find((one) => one.endsWith("sluice sessions")) ?? "exit 9");
    const [session = ""] = list.stdout.match(/ses_[0-9a-v]{26}(?=.* ada )/g)?.slice(-1) ?? [];
    const replayed = await type(ida, line("sessions replay").replace("ses_…", session));
    expect(replayed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("email AS contact"),
    });
    expect(replayed.stdout).not.toMatch(/customer\d+@/);
    const verified = await type(ida, line("audit verify").replace("ses_…", session));
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^whole: \d+ records/),
    });
  });

  it("finds the session in which a table was not dropped", async () => {
    const found = await type(line("export", "ida"), line("--verdict blocked"));
    expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/ses_.* ada +shop-db/) });
    expect(found.stdout.match(/ses_/g)).toHaveLength(1);
  });

  it("has then typed every line", () => {
    expect(lines).toHaveLength(18);
    expect(shown).toHaveLength(3);
  });
});
