import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Listener } from "../../cli/tunnel/listener.ts";
import { Tunnel } from "../../cli/tunnel/tunnel.ts";
import { residentKb } from "../../demo/processes.ts";
import { useDemo } from "../support/demo.ts";

const demo = useDemo();
let listener: Listener;

beforeAll(async () => {
  const { url } = demo();
  const token = await demo().token("ada");
  listener = await Listener.onSocket({
    open: (events) => Tunnel.open(url, "shop-db", token, events),
    notice: () => {},
  });
});
afterAll(() => listener.close());

async function logIn(): Promise<Client> {
  const { door } = listener;
  const host = door.kind === "socket" ? door.directory : "127.0.0.1";
  const client = new Client({ host, port: door.port, user: "ada", database: "shop" });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** What a session does, once each: it warms whatever a runtime keeps for later. */
const EACH_KIND = [
  "SELECT * FROM customers",
  "SELECT count(*) FROM orders JOIN customers ON customers.id = orders.customer_id",
  "CREATE TABLE memory_rows (id int PRIMARY KEY, v text)",
  "INSERT INTO memory_rows SELECT n, 'x' FROM generate_series(1, 1000) AS n",
  "UPDATE memory_rows SET v = 'y' WHERE id < 500",
  "DELETE FROM memory_rows WHERE id < 10",
  "BEGIN; DECLARE c CURSOR FOR SELECT * FROM memory_rows; FETCH 100 FROM c; COMMIT",
  "PREPARE p AS SELECT * FROM memory_rows WHERE id = $1; EXECUTE p (20)",
  "COPY customers TO STDOUT",
  "SHOW search_path",
  "EXPLAIN SELECT * FROM orders",
];
const REFUSED = ["SELECT no_such_column FROM orders", "TRUNCATE orders", "not SQL at all"];

/** 1,000,000 rows of 1,000 bytes; the server makes them while it sends. */
const GIGABYTE = "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)";
const stalledMs = 10_000;
const growthKbMax = 64 * 1024;

it.skipIf(process.platform !== "linux")(
  "keeps its memory while a client stalls for ten seconds in a result of 1 GB",
  async () => {
    const pid = demo().gateway.pid();
    const one = await logIn();
    for (const sql of EACH_KIND) await one.query(sql);
    for (const sql of REFUSED) await expect(one.query(sql), sql).rejects.toThrow(/./);
    await one.query("SELECT * FROM memory_rows WHERE id = $1", [700]);
    const before = residentKb(pid);

    const { connection } = (await logIn()) as unknown as { connection: Raw };
    const { stream } = connection;
    stream.removeAllListeners("data");
    connection.query(GIGABYTE);
    stream.once("data", () => stream.pause());
    let most = 0;
    for (let waited = 0; waited < stalledMs; waited += 250) {
      await pause(250);
      most = Math.max(most, residentKb(pid));
    }
    console.log(`${before} kB with one session, at most ${most} kB with another that stalled`);
    expect(stream.bytesRead).toBeLessThan(1024 * 1024);
    expect(most - before).toBeLessThan(growthKbMax);

    // And it is a stall, not an end: what was asked for goes on.
    let more = 0;
    const flowing = Promise.withResolvers<void>();
    stream.on("data", (bytes: Buffer) => {
      more += bytes.length;
      if (more > 20_000_000) flowing.resolve();
    });
    stream.resume();
    await flowing.promise;
    stream.destroy();
    await one.end();
  },
);

/** node-postgres below its parser. */
type Raw = { readonly stream: Socket; query(sql: string): void };
