import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** The runtimes that a process has started (proc(5)); none where the system has no /proc. */
export function runtimesOf(parent: number): number[] {
  return processes().flatMap((pid) => {
    const [, name, ppid] = /^\d+ \((.*)\) \S (\d+)/.exec(statOf(pid)) ?? [];
    return name === "workerd" && Number(ppid) === parent ? [pid] : [];
  });
}

/** Memory of a process that lies in RAM, in kB (proc(5)). Linux only. */
export function residentKb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb);
}

const processes = (): number[] =>
  process.platform === "linux"
    ? readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
    : [];

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** Whether this port of the loopback interface can be listened on. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/**
 * A port that nobody listens on now, below those that a system gives to whoever dials (32768 and
 * up) and above those that browsers refuse: until it is used, nobody else is given it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(11_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error("No port of the loopback interface is free.");
}
