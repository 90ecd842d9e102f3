import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Effort, PgbenchLine } from "./effort.ts";
import { median, Table } from "./sheet.ts";
import { type Door, type Way, withDoors, type World } from "./world.ts";

const run = promisify(execFile);

export type PgbenchResult = {
  readonly transactions: number;
  readonly transactionsPerSecond: number;
  /** Median of one transaction. */
  readonly latencyMs: number;
};

/** One run of pgbench through a door. `args` say what it does. */
export async function pgbench(door: Door, args: readonly string[]): Promise<PgbenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const log = ["--log", `--log-prefix=${join(folder, "log")}`];
    const { stdout } = await run("pgbench", ["--no-vacuum", ...log, ...args], {
      env: { ...process.env, ...door.env },
    });
    const [, perSecond] = /^tps = ([\d.]+) \(without/m.exec(stdout) ?? [];
    const [, failed] = /failed transactions: (\d+)/.exec(stdout) ?? [];
    if (failed === undefined || Number(failed) > 0) throw new Error(stdout);
    const taken = latencies(folder);
    return {
      transactions: taken.length,
      transactionsPerSecond: Number(perSecond ?? 0),
      latencyMs: median(taken),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const transactionsMin = 20;
const secondsMax = 16;

/** Runs for so many seconds, or longer: pgbench's clock starts before its clients are connected. */
export async function pgbenchFor(
  seconds: number,
  door: Door,
  args: readonly string[],
): Promise<PgbenchResult> {
  const result = await pgbench(door, [...args, `--time=${seconds}`]);
  if (result.transactions >= transactionsMin) return result;
  if (seconds >= secondsMax)
    throw new Error(`Not ${transactionsMin} transactions in ${seconds} s.`);
  return pgbenchFor(2 * seconds, door, args);
}

/** pgbench's manual, "Per-Transaction Logging": the third field is the time taken, in µs. */
const latencies = (folder: string): number[] =>
  readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Number(line.split(" ")[2]) / 1000),
  );

const ways = [
  ["direct", "direct"],
  ["bare", "bare (b)"],
  ["recorded", "recorded (c)"],
  ["plain", "none masked"],
  ["demo", "demo's masks"],
] as const satisfies readonly (readonly [Way, string])[];
const columns = ways.map(([, column]) => column);

/** Small statements: what one costs in time, and how many go through. */
export class PgbenchBench {
  readonly throughput = new Table({
    title: "pgbench, transactions per second",
    columns,
    against: { column: "recorded (c)", as: "share" },
    digits: 0,
  });
  readonly latency = new Table({
    title: "pgbench, median latency in ms",
    columns,
    against: { column: "recorded (c)", as: "difference" },
    digits: 2,
  });
  readonly tables = [this.throughput, this.latency];

  async run(world: World, effort: Effort): Promise<void> {
    const open = ways.map(([way]) => way);
    await withDoors<Way>(world, open, async (doors) => {
      for (let repeat = 0; repeat < effort.repeats; repeat++) {
        for (const line of effort.pgbench) await this.#line(world.state, doors, line, effort);
      }
    });
  }

  async #line(
    state: string,
    doors: ReadonlyMap<Way, Door>,
    { script, clients, mode }: PgbenchLine,
    { seconds }: Effort,
  ): Promise<void> {
    const name = `${script}, ${clients} client${clients > 1 ? "s" : ""}, ${mode}`;
    const load = [`--builtin=${script}`, `--client=${clients}`, `--protocol=${mode}`];
    for (const [way, column] of ways) {
      // What the demo's rules add does not hang on how the text was sent.
      if (way === "demo" && mode !== "prepared") continue;
      const result = await pgbenchFor(seconds, doors.get(way) as Door, load);
      this.throughput.add(name, state, column, result.transactionsPerSecond);
      this.latency.add(name, state, column, result.latencyMs);
    }
  }
}
