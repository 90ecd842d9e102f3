import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { residentKb } from "../demo/processes.ts";
import { message } from "./messages.ts";
import type { Effort } from "./effort.ts";
import { logIn } from "./opening.ts";
import { mostResidentKb } from "./resident.ts";
import { Table } from "./sheet.ts";
import { everything } from "./tables.ts";
import { type Door, type Way, withDoors, type World } from "./world.ts";

const ways = [
  ["recorded", "recorded (c)"],
  ["plain", "none masked"],
  ["columns", "three masked"],
] as const satisfies readonly (readonly [Way, string])[];

type Kind = "idle" | "streaming" | "stalled";

const rounds = 2;

/** What one more session takes of the runtime's memory, wherever the state lies. */
export class MemoryBench {
  readonly table = new Table({
    title: "Memory of the runtime for one more session, kB of RSS",
    columns: ways.map(([, column]) => column),
    against: { column: "recorded (c)", as: "difference" },
    digits: 0,
  });
  readonly tables = [this.table];
  #done = false;

  async run(world: World, { sessions, settleMs, repeats }: Effort): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    const open = ways.map(([way]) => way);
    await withDoors<Way>(world, open, async (doors) => {
      for (let repeat = 0; repeat < Math.min(repeats, rounds); repeat++) {
        for (const [way, column] of ways) {
          const one = (kind: Kind, count: number) =>
            perSession(world.pid(way), doors.get(way) as Door, kind, count, settleMs);
          if (repeat === 0) await one("streaming", 2);
          for (const kind of ["idle", "stalled", "streaming"] as const) {
            const count = kind === "idle" ? sessions : Math.ceil(sessions / 4);
            const line = `${kind}, of ${count} at once`;
            this.table.add(line, world.state, column, await one(kind, count));
          }
        }
      }
    });
  }
}

async function perSession(
  pid: number,
  door: Door,
  kind: Kind,
  count: number,
  settleMs: number,
): Promise<number> {
  const before = residentKb(pid);
  const sockets: Socket[] = [];
  for (let n = 0; n < count; n++) sockets.push(await begin(door, kind));
  const most = await mostResidentKb(pid, pause(settleMs));
  const taken = kind === "streaming" ? most : residentKb(pid);
  for (const socket of sockets) socket.destroy();
  await pause(settleMs);
  return (taken - before) / count;
}

/** Logged in, one small statement done, and then what its kind says. */
async function begin(door: Door, kind: Kind): Promise<Socket> {
  const client = await logIn(door);
  await client.query("SELECT 1");
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners("data");
  stream.on("error", () => {});
  if (kind !== "idle") stream.write(message("Q", `${everything}\0`));
  if (kind === "stalled") stream.pause();
  else stream.resume();
  return stream;
}
