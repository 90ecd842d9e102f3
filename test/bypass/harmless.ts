import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../core/bytes.ts";
import { readFields, readRowDescription } from "../../core/protocols/postgres/messages.ts";
import { needs } from "../support/tools.ts";
import type { Gate } from "./gate.ts";
import { COMMANDS, HARMLESS } from "./rows/harmless.ts";
import type { Answer, Wire } from "./wire.ts";

type Failed = { readonly stdout: string; readonly stderr: string };
/** Without the random word of `\\restrict`. */
const schema = (dump: string): string => dump.replaceAll(/^\\(un)?restrict .*$/gm, "");

const run = promisify(execFile);

/** Of an error where columns are masked, only these fields are promised (errors.ts). */
const KEPT = ["S", "V", "C", "M", "P", "H"];

/** Of tables and types that a session makes, each gets oids of its own. */
function withoutOids(body: Uint8Array): Uint8Array {
  const own = (oid: number): number => (oid >= 16_384 ? 1 : oid);
  const fields = readRowDescription(body) ?? [];
  const plain = fields.map((each) => ({
    ...each,
    tableOid: own(each.tableOid),
    type: own(each.type),
  }));
  return utf8(JSON.stringify(plain));
}

function comparable({ letter, body }: Answer, makes: boolean): string {
  const fields = letter === "E" ? (readFields(body) ?? new Map<string, string>()) : null;
  const kept = fields === null ? body : utf8(JSON.stringify(KEPT.map((key) => fields.get(key))));
  const shown = letter === "T" && makes ? withoutOids(body) : kept;
  return `${letter} ${JSON.stringify(Buffer.from(shown).toString("latin1"))}`;
}

/** Not reported back where columns are masked: their text can be anything. */
const UNREPORTED = /^S "(application_name|search_path)\\u0000/;

/** All that a session answers, a line for each message. */
async function answered(
  wire: Wire,
  ask: (sql: string) => Promise<readonly Answer[]>,
  list: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const sql of list) {
    const answers = await ask(sql);
    lines.push(...answers.map((answer) => comparable(answer, list.length > 1)));
  }
  wire.close();
  return lines;
}

const WAYS = {
  simple: (wire: Wire) => (sql: string) => wire.query(sql),
  binary: (wire: Wire) => (sql: string) => wire.extended(sql, 1),
} as const;

const direct = (gate: Gate) => ({
  ...process.env,
  PGHOST: "127.0.0.1",
  PGPORT: String(gate.demo.postgres.port),
  PGUSER: "sluice",
  PGPASSWORD: gate.password,
  PGDATABASE: "shop",
});
const through = async (gate: Gate) => {
  const { port, password } = await gate.door("ada");
  return { ...direct(gate), PGPORT: String(port), PGUSER: "ada", PGPASSWORD: password };
};

/** Statements and psql's commands that need nothing hidden, on one version of PostgreSQL. */
export function harmless(gate: () => Gate): void {
  describe.each(Object.entries(WAYS))("harmless statements (%s) give the same bytes", (_, way) => {
    test.for(HARMLESS.map((list) => [list[0] ?? "", list] as const))("%s", async ([, list]) => {
      const straight = await gate().direct("shop");
      const answers = await answered(straight, way(straight), list);
      const expected = answers.filter((line) => !UNREPORTED.test(line));
      const through = await gate().open();
      expect(await answered(through, way(through), list)).toEqual(expected);
    });
  });

  describe("tools see what they see without a gate", () => {
    /** Where one is connected is what differs. */
    const plain = (text: string): string => text.replaceAll(/port "\d+"|user "\w+"/g, "");

    test.for(COMMANDS)("psql %s", async (command, context) => {
      needs(context, "psql");
      const args = ["-X", "-P", "pager=off", "-c", command];
      const expected = await run("psql", args, { env: direct(gate()) });
      const actual = await run("psql", args, { env: await through(gate()) });
      expect(plain(actual.stdout)).toBe(plain(expected.stdout));
      expect(actual.stderr).toBe(expected.stderr);
    });
  });
}

/** The program must be no older than the server. */
export function dumps(gate: () => Gate): void {
  const WHAT = ["--schema-only", "--table=friends --table=plain --table=odd --table=numbered*"];
  test.for(WHAT)("pg_dump %s", async (what, context) => {
    needs(context, "pg_dump");
    const args = ["--no-sync", ...what.split(" ")];
    const dump = async (env: NodeJS.ProcessEnv) =>
      run("pg_dump", args, { env, maxBuffer: 1 << 24 }).catch((error: unknown) => error as Failed);
    const expected = await dump(direct(gate()));
    if (/server version mismatch/.test(expected.stderr)) context.skip("pg_dump is too old");
    const actual = await dump(await through(gate()));
    expect(actual.stderr).toBe("");
    expect(schema(actual.stdout)).toBe(schema(expected.stdout));
  });
}

const MADE = `CREATE SCHEMA restored;
  CREATE TYPE restored.size AS ENUM ('small', 'large');
  CREATE TABLE restored.stock (id serial PRIMARY KEY, v text NOT NULL, size restored.size,
    at timestamptz DEFAULT now(), twice int GENERATED ALWAYS AS (length(v) * 2) STORED);
  CREATE TABLE restored.item (stock_id int REFERENCES restored.stock, n numeric CHECK (n > 0));
  INSERT INTO restored.stock (v, size) SELECT 'v' || n, 'large' FROM generate_series(1, 50) n;
  INSERT INTO restored.item SELECT n, n / 2.0 FROM generate_series(1, 50) n;
  CREATE INDEX ON restored.stock (v);
  CREATE VIEW restored.sums AS SELECT v, sum(n) FROM restored.stock
    JOIN restored.item ON stock_id = id GROUP BY v;
  CREATE FUNCTION restored.plain(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';`;

/** What a dump holds comes back through the gate, in one transaction. */
export function restores(gate: () => Gate): void {
  test("pg_restore in one transaction", async (context) => {
    needs(context, "pg_dump");
    const env = direct(gate());
    const folder = mkdtempSync(join(tmpdir(), "sluice-restore-"));
    const file = join(folder, "dump");
    const dump = async () => {
      const args = ["--no-sync", "--no-owner", "--schema=restored"];
      return schema((await run("pg_dump", args, { env })).stdout);
    };
    try {
      await gate().run("sluice", "shop", MADE);
      const before = await dump();
      await run("pg_dump", ["--no-sync", "-Fc", "--schema=restored", "-f", file], { env });
      await gate().run("sluice", "shop", "DROP SCHEMA restored CASCADE");
      const args = ["--single-transaction", "--no-owner", "-d", "shop", file];
      const { stderr } = await run("pg_restore", args, { env: await through(gate()) });
      expect(stderr).toBe("");
      expect(await dump()).toBe(before);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
