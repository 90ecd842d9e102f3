import { once } from "node:events";
import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundleWorker, type Module } from "../demo/bundle.ts";
import { type Demo, startDemo } from "../demo/demo.ts";
import { type Gateway, startGateway } from "../demo/gateway.ts";
import { freePort } from "../demo/processes.ts";
import { CLI_FILE } from "../scripts/build-cli.ts";
import { policyText, type ResourceName } from "./policy.ts";
import { makeTables } from "./tables.ts";

/** The ways to the same database, each with more work on it than the one before. */
export type Way = "direct" | "bare" | "recorded" | ResourceName;

/** A way that is open: variables for libpq's clients. */
export type Door = {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

export type World = {
  readonly demo: Demo;
  /** `disk` or `memory`. */
  readonly state: string;
  readonly stateDir: string;
  /** Process id of the runtime that serves a way. */
  pid(way: Way): number;
  open(way: Way): Promise<Door>;
  readonly postgresPort: number;
  /** Of the large result, on the wire. */
  readonly rowsBytes: number;
  stop(): Promise<void>;
};

export type Modules = { readonly gateway: Module[]; readonly baseline: Module[] };

export const bundles = async (): Promise<Modules> => ({
  gateway: await bundleWorker(),
  baseline: await bundleWorker(join(import.meta.dirname, "baseline.ts")),
});

/** The demo and the baselines before one PostgreSQL, with their state in `stateDir`. */
export async function startWorld(
  state: string,
  stateDir: string,
  modules: Modules,
  rows: number,
): Promise<World> {
  const ports = {
    gateway: await freePort(),
    issuer: await freePort(),
    postgres: await freePort(),
    billing: await freePort(),
  };
  const policy = policyText(ports.postgres);
  const demo = await startDemo({ ports, stateDir, policy, modules: modules.gateway });
  const gatewayPid = demo.gateway.pid();
  const baseline = await startGateway({
    port: await freePort(),
    stateDir: join(stateDir, "baseline"),
    vars: { TARGET_PORT: String(ports.postgres) },
    modules: modules.baseline,
  });
  const baselinePid = baseline.pid();
  const direct = {
    PGHOST: "127.0.0.1",
    PGPORT: String(ports.postgres),
    PGUSER: "sluice",
    PGPASSWORD: readFileSync(join(stateDir, "postgres-password"), "utf8"),
    PGDATABASE: "shop",
    PGSSLMODE: "disable",
  };
  return {
    demo,
    state,
    stateDir,
    postgresPort: ports.postgres,
    rowsBytes: await makeTables(direct, rows),
    pid: (way) => (isBaseline(way) ? baselinePid : gatewayPid),
    async open(way) {
      if (way === "direct") return { env: direct, close: async () => {} };
      const through = isBaseline(way) ? baseline : demo.gateway;
      const door = await openDoor(through, way, await demo.token("ada"));
      if (!isBaseline(way)) return door;
      const { PGUSER, PGPASSWORD } = direct;
      return { ...door, env: { ...door.env, PGUSER, PGPASSWORD } };
    },
    async stop() {
      await baseline.stop();
      await demo.stop();
    },
  };
}

const isBaseline = (way: Way): boolean => way === "bare" || way === "recorded";

/** `sluice connect NAME -- CMD`, where CMD says what it finds and stays until its input ends. */
async function openDoor({ url }: Gateway, name: string, token: string): Promise<Door> {
  const command = ["sh", "-c", "env | grep ^PG; echo; exec cat"];
  const child = spawn(process.execPath, [CLI_FILE, "connect", name, "--", ...command], {
    env: { ...process.env, SLUICE_URL: url, SLUICE_TOKEN: token },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const env: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, key, value] = /^(PG\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) break;
    env[key] = value;
  }
  const close = async () => {
    child.stdin.end();
    await gone;
  };
  return { env, close };
}

/** Opens several ways for as long as `use` takes. */
export async function withDoors<W extends Way>(
  world: World,
  ways: readonly W[],
  use: (doors: ReadonlyMap<W, Door>) => Promise<void>,
): Promise<void> {
  const doors = new Map<W, Door>();
  try {
    for (const way of ways) doors.set(way, await world.open(way));
    await use(doors);
  } finally {
    for (const door of doors.values()) await door.close();
  }
}
