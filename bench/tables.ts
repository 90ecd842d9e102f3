import { execFile } from "node:child_process";
import { promisify } from "node:util";
import postgres from "postgres";

const run = promisify(execFile);

/** Ten columns, six of them text, about 125 bytes a row: what a report or an export selects. */
const rowsTable = (rows: number): string => `
  CREATE TABLE bench_rows AS
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

/** Of pgbench's tables: so many times 100,000 accounts. */
const scale = 5;

/** A DataRow's header, and each column's length (manual, "Message Formats"). */
const rowOverheadBytes = 7 + 4 * 10;

/** Variables of libpq's for the owner of the shop. */
type Owner = Readonly<Record<"PGHOST" | "PGPORT" | "PGUSER" | "PGPASSWORD" | "PGDATABASE", string>>;

/**
 * Makes every table before the first session, so that the gateway's catalog has them all. How many
 * bytes the large result is on the wire.
 */
export async function makeTables(owner: Owner, rows: number): Promise<number> {
  const env = { ...process.env, ...owner };
  await run("pgbench", ["-i", "-I", "dtgp", "-q", "-s", String(scale)], { env });
  const sql = postgres({
    host: owner.PGHOST,
    port: Number(owner.PGPORT),
    user: owner.PGUSER,
    password: owner.PGPASSWORD,
    database: owner.PGDATABASE,
    max: 1,
  });
  try {
    await sql.unsafe(rowsTable(rows));
    const [row] = await sql`
      SELECT sum(${rowOverheadBytes} + length(r.id::text) + length(r.at::text) + length(r.name)
        + length(r.email) + length(r.card) + length(r.phone) + length(r.city)
        + length(r.amount::text) + coalesce(length(r.note), 0) + 1) AS bytes FROM bench_rows AS r`;
    return Number(row?.["bytes"]);
  } finally {
    await sql.end();
  }
}
