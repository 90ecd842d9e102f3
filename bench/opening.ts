import { Client } from "pg";
import type { Effort } from "./effort.ts";
import { quantile, Table } from "./sheet.ts";
import { type Door, type Way, withDoors, type World } from "./world.ts";

/** A driver that goes the door's way, logged in. */
export async function logIn({ env }: Door): Promise<Client> {
  const client = new Client({
    host: env["PGHOST"],
    port: Number(env["PGPORT"]),
    user: env["PGUSER"],
    password: env["PGPASSWORD"],
    database: env["PGDATABASE"],
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const ways = [
  ["direct", "direct"],
  ["bare", "bare (b)"],
  ["recorded", "recorded (c)"],
  ["plain", "none masked"],
  ["demo", "demo's masks"],
] as const satisfies readonly (readonly [Way, string])[];

/** From the start of a connection to the answer to its first statement. */
export class OpeningBench {
  readonly table = new Table({
    title: "From connect to the first answer, ms (node-postgres)",
    columns: ways.map(([, column]) => column),
    against: { column: "recorded (c)", as: "difference" },
    digits: 1,
  });
  readonly tables = [this.table];

  async run(world: World, { openings, repeats }: Effort): Promise<void> {
    const open = ways.map(([way]) => way);
    await withDoors<Way>(world, open, async (doors) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        for (const [way, column] of ways) {
          const taken: number[] = [];
          for (let n = 0; n < openings / repeats; n++) {
            taken.push(await timeToAnswer(doors.get(way) as Door));
          }
          this.table.add("median", world.state, column, quantile(taken, 0.5));
          this.table.add("99 of 100", world.state, column, quantile(taken, 0.99));
        }
      }
    });
  }
}

async function timeToAnswer(door: Door): Promise<number> {
  const begun = performance.now();
  const client = await logIn(door);
  await client.query("SELECT 1");
  const taken = performance.now() - begun;
  await client.end();
  return taken;
}
