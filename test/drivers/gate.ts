import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll } from "vitest";
import { spawnCli, startTestDemo, type TestDemo } from "../support/demo.ts";

const demoPolicy = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");

/** The demo's, but drivers drop and truncate tables of their own: all but `payments`. */
const policy = demoPolicy.replace(
  /guardrails:[^]*?masking:/,
  `guardrails:
  - id: no-drop
    when: >-
      command.operations.exists(o, o == "drop" || o == "truncate") &&
      command.objects.exists(o, o.endsWith("payments"))
    then: block
    message: Dropping and truncating payments is not allowed here.
masking:`,
);

export type Gate = {
  readonly demo: TestDemo;
  /** The database `shop` as the role that the gateway logs in as, without the gateway. */
  readonly direct: string;
  /** The same through the gateway, on a local port of `sluice connect`. */
  readonly gate: string;
};

/** The demo and ada's open door to its database, for all tests of a file. */
export function useGate(): () => Gate {
  let gate: Gate | undefined;
  let door: ChildProcess | undefined;
  beforeAll(async () => {
    const demo = await startTestDemo({ policy });
    const opened = await openDoor(demo, "shop-db");
    door = opened.door;
    gate = { demo, direct: directUrl(demo), gate: opened.url };
  });
  afterAll(async () => {
    if (door !== undefined) await closed(door);
    await gate?.demo.stop();
  });
  return () => {
    if (gate === undefined) throw new Error("The gate is open inside tests only.");
    return gate;
  };
}

/** `sluice connect NAME --port 0` as ada, and the address that it prints. */
export async function openDoor(
  demo: TestDemo,
  name: string,
): Promise<{ readonly door: ChildProcess; readonly url: string }> {
  const door = await spawnCli(demo, ["connect", name, "--port", "0"], { as: "ada" });
  const lines = createInterface({ input: door.stdout as NonNullable<typeof door.stdout> });
  const gone = once(door, "exit").then(() => Promise.reject(new Error("The door did not open.")));
  const [url] = (await Promise.race([once(lines, "line"), gone])) as [string];
  return { door, url };
}

export async function closed(door: ChildProcess): Promise<void> {
  if (door.exitCode !== null) return;
  const gone = once(door, "exit");
  door.kill("SIGTERM");
  await gone;
}

/** PostgreSQL itself, as the role that the gateway logs in as. */
export function directUrl({ postgres, stateDir }: TestDemo): string {
  const password = readFileSync(join(stateDir, "postgres-password"), "utf8");
  return `postgres://sluice:${password}@127.0.0.1:${postgres.port}/shop?sslmode=disable`;
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A program run to its end, with `input` for it to read; never longer than half a minute. */
export function run(
  file: string,
  args: readonly string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 110_000, maxBuffer: 1 << 28 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

export const quietPsql = { PSQLRC: "/dev/null", PAGER: "", LC_ALL: "C.UTF-8" };

/** psql on a script of its own language, told apart from the files that a person has. */
export const psql = (
  url: string,
  script: string,
  args: readonly string[] = ["-AtX"],
): Promise<Ran> => run("psql", [...args, url], { input: script, env: quietPsql });

/** psql, begun and not awaited. */
export const spawnPsql = (url: string, args: readonly string[]): ChildProcess =>
  spawn("psql", ["-X", ...args, url], { env: { ...process.env, ...quietPsql } });
