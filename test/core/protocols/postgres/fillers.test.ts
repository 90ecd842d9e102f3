import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillerOf, maskCell, planRow } from "../../../../core/protocols/postgres/cells.ts";
import { RowStream, streamable } from "../../../../core/protocols/postgres/stream.ts";
import { knownTypes } from "../../../../core/protocols/postgres/types.ts";
import { body, bytesOf, column, finder } from "./masks.ts";
import { startServer, type Server } from "./server.ts";

/** What cannot be a parameter: literals and C strings. */
const PSEUDO = new Set([705, 2275, 1263]);
/** Types whose text is short by nature: bool, "char", pg_lsn. */
const LENGTHS = new Map([
  [16, 1],
  [18, 1],
  [3220, 10],
]);
const TYPES = knownTypes().filter((oid) => !PSEUDO.has(oid));

let server: Server;
let client: pg.Client;

beforeAll(async () => {
  server = await startServer();
  const { port } = server;
  client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

async function nameOf(oid: number): Promise<string> {
  const { rows } = await client.query("select format_type($1::oid, null) as name", [oid]);
  return rows[0].name as string;
}

const plan = (oid: number, format: 0 | 1) => planRow([column(oid, "redact", format)]);

describe("a real server takes", () => {
  it.each(TYPES)("the masked text and the masked binary form of type %i", async (oid) => {
    const name = await nameOf(oid);
    const cells = ([0, 1] as const).map((format) => {
      const [planned] = plan(oid, format).columns;
      return Buffer.from(maskCell(bytesOf("\x01{}"), planned!)!);
    });
    const text = await client.query(`select $1::${name} is not null as taken`, [`${cells[0]}`]);
    expect(text.rows).toEqual([{ taken: true }]);
    const binary = await client.query(`select $1::${name} is not null as taken`, [cells[1]]);
    expect(binary.rows).toEqual([{ taken: true }]);
  });

  it.each(TYPES.filter((oid) => streamable(plan(oid, 0))))(
    "the text form of type %i that keeps a length",
    async (oid) => {
      const [planned] = plan(oid, 0).columns;
      const length = LENGTHS.get(oid) ?? Math.max(12, fillerOf(planned!)!.length);
      const row = body([new Uint8Array(length)]);
      const out = new RowStream(plan(oid, 0), finder, row.length).push(row);
      const cell = Buffer.from(out).subarray(6);
      const { rows } = await client.query(`select $1::${await nameOf(oid)} is not null as taken`, [
        `${cell}`,
      ]);
      expect(rows).toEqual([{ taken: true }]);
    },
  );
});
