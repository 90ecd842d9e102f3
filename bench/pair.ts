import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { type Postgres, startPostgres } from "../demo/postgres.ts";
import { freePort } from "../demo/processes.ts";
import { startShop } from "../demo/shop.ts";

const password = "pair";

/** What moves rows or counts them in the background would tell one copy from the other. */
const QUIET = {
  autovacuum: "off",
  track_counts: "off",
  synchronize_seqscans: "off",
  max_parallel_workers_per_gather: "0",
};

/** Made in both, for it leaves its marks in the catalog. */
const HELPER = `
  CREATE FUNCTION pg_temp.other(value text, id int) RETURNS text LANGUAGE sql AS $$
    SELECT translate(value, 'abcdefghijklmnopqrstuvwxyz0123456789@.+-',
      '9z8y7x6w5v4u3t2s1r0qponmlkjihgfedcba_~#=') || repeat('!', id % 3)
  $$
`;

/** The same rows at the same places, each with the values that it had. */
const UNCHANGED = `
  UPDATE customers SET email = email;
  UPDATE employees SET ssn = ssn;
  UPDATE payments SET card_number = card_number;
`;

/** A shorter value may have found room elsewhere, and rows come in the order in which they lie. */
const IN_ORDER = ["customers", "employees", "payments"].map(
  (table) => `CLUSTER ${table} USING ${table}_pkey`,
);

/** Masked texts that a statement may hold as a constant, by the tables that have them. */
const CONSTANTS = { customers: ["email", "phone"], employees: ["ssn"], payments: ["card_number"] };

/** Two servers from one physical copy of the demo's shop that differ in masked values alone. */
export type ShopPair = {
  readonly ports: readonly [number, number];
  readonly password: string;
  /** What stands in the second in the place of a masked value of the first. */
  readonly others: ReadonlyMap<string, string>;
  stop(): Promise<void>;
};

export async function startPair(folder: string): Promise<ShopPair> {
  const dataDirs = [join(folder, "one"), join(folder, "other")] as const;
  const first = await startShop({ port: await freePort(), dataDir: dataDirs[0], password });
  try {
    const quiet = Object.entries(QUIET).map((each) => `ALTER SYSTEM SET ${each.join(" = ")}`);
    await runAll(first.port, quiet, "postgres");
  } finally {
    await first.stop();
  }
  await promisify(execFile)("cp", ["-a", ...dataDirs]);
  const servers: Postgres[] = [];
  const stop = async () => {
    for (const server of servers) await server.stop();
  };
  try {
    const file = join(import.meta.dirname, "corpus-twin.sql");
    for (const [i, sql] of [UNCHANGED, readFileSync(file, "utf8")].entries()) {
      const dataDir = dataDirs[i] as string;
      servers.push(await startPostgres({ port: await freePort(), dataDir, password }));
      const port = servers.at(-1)?.port ?? 0;
      await runAll(port, [HELPER, sql, ...IN_ORDER, "VACUUM (FREEZE, ANALYZE)"]);
    }
    const ports = servers.map(({ port }) => port) as [number, number];
    return { ports, password, others: await otherValues(ports), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function otherValues(ports: readonly [number, number]): Promise<ShopPair["others"]> {
  const queries = Object.entries(CONSTANTS).flatMap(([table, columns]) =>
    columns.map((column) => `SELECT ${column} AS value FROM ${table} ORDER BY id`),
  );
  const [ours, theirs] = [await runAll(ports[0], queries), await runAll(ports[1], queries)];
  const others = new Map<string, string>();
  for (const [i, rows] of ours.entries()) {
    for (const [at, { value }] of rows.entries()) {
      const other: unknown = theirs[i]?.[at]?.["value"];
      if (typeof value === "string" && typeof other === "string") others.set(value, other);
    }
  }
  return others;
}

/** One text after the other in one session, as the shop's owner unless told otherwise. */
export async function runAll(
  port: number,
  texts: readonly string[],
  user = "sluice",
): Promise<readonly (readonly postgres.Row[])[]> {
  const options = { host: "127.0.0.1", port, user, password, database: "shop", max: 1 };
  const db = postgres({ ...options, fetch_types: false, onnotice: () => {} });
  try {
    const answers: (readonly postgres.Row[])[] = [];
    for (const text of texts) answers.push(await db.unsafe(text).simple());
    return answers;
  } finally {
    await db.end();
  }
}
