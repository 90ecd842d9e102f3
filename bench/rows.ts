import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordingLevel } from "../core/decision.ts";
import type { Effort } from "./effort.ts";
import { pgbench, pgbenchFor } from "./pgbench.ts";
import { policyText } from "./policy.ts";
import { Table } from "./sheet.ts";
import { everything } from "./tables.ts";
import { type Door, type Way, withDoors, type World } from "./world.ts";

/** Seconds that libpq takes to have the whole answer to one statement of the simple protocol. */
async function secondsOf(door: Door, sql: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const script = join(folder, "script.sql");
    writeFileSync(script, `${sql};\n`);
    const once = ["--client=1", "--transactions=1", "--protocol=simple", `--file=${script}`];
    return (await pgbench(door, once)).latencyMs / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ways = [
  ["direct", "direct"],
  ["bare", "bare (b)"],
  ["recorded", "recorded (c)"],
  ["plain", "none masked"],
  ["columns", "three masked"],
  ["detectors", "detectors on all text"],
] as const satisfies readonly (readonly [Way, string])[];

/** A large result: what a byte costs. */
export class RowsBench {
  readonly table = new Table({
    title: "A large result of ten columns, MB/s of PostgreSQL's own bytes",
    columns: ways.map(([, column]) => column),
    against: { column: "recorded (c)", as: "share" },
    digits: 0,
  });
  readonly tables = [this.table];

  async run(world: World, { rows, repeats }: Effort): Promise<void> {
    const bytes = world.rowsBytes;
    const line = `${rows.toLocaleString("en")} rows, ${(bytes / 1e6).toFixed(0)} MB`;
    const open = ways.map(([way]) => way);
    await withDoors<Way>(world, open, async (doors) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const [way, column] of ways) {
          const seconds = await secondsOf(doors.get(way) as Door, everything);
          this.table.add(line, world.state, column, bytes / 1e6 / seconds);
        }
      }
    });
  }
}

/** Of the large result; all of it at each level would take minutes. */
const recorderShare = 4;

const levels = ["full", "statements", "off"] as const satisfies readonly RecordingLevel[];

/** What recording itself costs: the same work at each level, nothing masked. */
export class RecorderBench {
  readonly statements = new Table({
    title: "Recording levels, pgbench select-only, prepared, 1 client, transactions per second",
    columns: ["recorded (c)", ...levels],
    against: { column: "recorded (c)", as: "share" },
    digits: 0,
  });
  readonly bytes = new Table({
    title: "Recording levels, a large result, nothing masked, MB/s",
    columns: ["recorded (c)", ...levels],
    against: { column: "recorded (c)", as: "share" },
    digits: 0,
  });
  readonly tables = [this.statements, this.bytes];

  async run(world: World, effort: Effort): Promise<void> {
    const bytes = world.rowsBytes / recorderShare;
    try {
      for (let repeat = 0; repeat < effort.repeats; repeat++) {
        await this.#one(world, "recorded", "recorded (c)", bytes, effort);
        for (const level of levels) {
          await world.demo.apply(policyText(world.postgresPort, level));
          await this.#one(world, "plain", level, bytes, effort);
        }
      }
    } finally {
      await world.demo.apply(policyText(world.postgresPort));
    }
  }

  async #one(world: World, way: Way, column: string, bytes: number, effort: Effort) {
    const { seconds, rows } = effort;
    const load = ["--builtin=select-only", "--client=1", "--protocol=prepared"];
    await withDoors(world, [way], async (doors) => {
      const door = doors.get(way) as Door;
      const { transactionsPerSecond } = await pgbenchFor(seconds, door, load);
      this.statements.add("select-only", world.state, column, transactionsPerSecond);
      const part = `${everything} LIMIT ${rows / recorderShare}`;
      const rate = bytes / 1e6 / (await secondsOf(door, part));
      this.bytes.add("large result", world.state, column, rate);
    });
  }
}
