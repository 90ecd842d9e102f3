import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { cli, startTestDemo, type TestDemo } from "../support/demo.ts";

/* What an auditor can find out and prove, through every part at once. */

const SSN = "123-45-6789";
let demo: TestDemo;
let session: string;
const sluice = (as: PersonName, ...args: readonly string[]) => cli(demo, args, { as });
const itemsOf = (out: string) => JSON.parse(out) as Record<string, unknown>[];

beforeAll(async () => {
  demo = await startTestDemo();
  await sluice("ada", "sql", "shop-db", `SELECT name FROM customers WHERE ssn = '${SSN}'`);
  const { stdout } = await sluice("ida", "sessions", "--principal", "ada", "--json");
  session = String(itemsOf(stdout)[0]?.["id"]);
});
afterAll(() => demo?.stop());

describe("what ada typed", () => {
  it("is shown without what meets a masked column", async () => {
    const { code, stdout } = await sluice("ida", "sessions", "show", session);
    expect(code).toBe(0);
    expect(stdout).toContain("statement: SELECT name FROM customers WHERE ssn");
    expect(stdout).not.toContain(SSN);
  });

  it("opens to the letter for a group that the policy names, and leaves its reason", async () => {
    const exact = ["sessions", "show", session, "--exact", "--reason", "incident 12"];
    expect((await sluice("ida", ...exact)).stdout).toContain(`ssn = '${SSN}'`);
    const refused = await sluice("max", ...exact);
    expect(refused.code).toBe(1);
    expect(refused.stdout).not.toContain(SSN);
    const log = itemsOf((await sluice("ida", "audit", "log", "--json")).stdout);
    expect(log.filter(({ action }) => action === "recording.unseal")).toMatchObject([
      { actor: { name: "ida" }, subject: session, detail: { reason: "incident 12" } },
    ]);
    expect(JSON.stringify(log)).not.toContain(SSN);
  });
});

it("a session that is deleted after its hour shows", async () => {
  const worker = await demo.gateway.miniflare.getWorker();
  await worker.scheduled({ scheduledTime: new Date(Date.now() + 3_600_000) });
  const file = join(demo.stateDir, "heads.jsonl");
  writeFileSync(file, (await sluice("ida", "audit", "heads")).stdout);
  const whole = await sluice("ida", "audit", "verify", file);
  expect(whole).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("all of them looked for"),
  });
  const db = await demo.gateway.miniflare.getD1Database("DB");
  await db.prepare("delete from recording_chunks where session = ?").bind(session).run();
  await db.prepare("delete from sessions where id = ?").bind(session).run();
  const gone = await sluice("ida", "audit", "verify", file);
  expect(gone).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`${session} from 1: missing`),
  });
});
