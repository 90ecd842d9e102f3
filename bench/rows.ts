import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordingLevel } from "../core/decision.ts";
import type { Effort } from "./effort.ts";
import { pgbench, pgbenchFor } from "./pgbench.ts";
import { policyText } from "./policy.ts";
import { Table } from "./sheet.ts";
import { type Door, type Way, withDoors, type World } from "./world.ts";

/** Ten columns, six of them text, about 125 bytes a row: what a report or an export selects. */
export const rowsTable = (rows: number): string => `
  CREATE TABLE IF NOT EXISTS bench_rows AS
  SELECT
    n AS id,
    timestamptz '2024-01-02 09:00Z' + n * interval '1 minute' AS at,
    'Customer number ' || n AS name,
    'customer' || n || '@example.com' AS email,
    '4242 4242 42' || lpad((n::bigint * 7919 % 1000000)::text, 6, '0') AS card,
    '+1-201-555-' || lpad((n * 31 % 10000)::text, 4, '0') AS phone,
    (ARRAY['Berlin', 'Chicago', 'Dakar', 'Lisbon', 'Osaka', 'Porto'])[n % 6 + 1] AS city,
    (n * 137 % 100000)::numeric / 100 AS amount,
    CASE WHEN n % 3 > 0 THEN 'Please leave it at the door, thank you' END AS note,
    n % 2 = 0 AS active
  FROM generate_series(1, ${rows}) AS n`;

export const everything = "SELECT * FROM bench_rows";

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
    const bytes = await makeRows(world, rows);
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

/** Makes the table where it is missing, and says how many bytes its rows are on the wire. */
async function makeRows(world: World, rows: number): Promise<number> {
  await world.sql(rowsTable(rows));
  const [row] = await world.sql(
    `SELECT sum(7 + 40 + length(r.id::text) + length(r.at::text) + length(r.name)
      + length(r.email) + length(r.card) + length(r.phone) + length(r.city)
      + length(r.amount::text) + coalesce(length(r.note), 0) + 1) AS bytes FROM bench_rows AS r`,
  );
  return Number(row?.["bytes"]);
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
    const bytes = (await makeRows(world, effort.rows)) / recorderShare;
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
