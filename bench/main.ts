// `npm run bench`: what the gateway costs, beside its baselines (docs/performance.md).
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isOnPath } from "../demo/tools.ts";
import { buildCli } from "../scripts/build-cli.ts";
import { ApproveBench } from "./approve.ts";
import { BodiesBench } from "./bodies.ts";
import { FULL, QUICK, type Effort } from "./effort.ts";
import { CorpusBench } from "./corpus.ts";
import { CoreBench } from "./decide.ts";
import { HttpBench } from "./http.ts";
import { MemoryBench } from "./memory.ts";
import { OpeningBench } from "./opening.ts";
import { PgbenchBench } from "./pgbench.ts";
import { PaintBench } from "./paint.ts";
import { RecorderBench, RowsBench } from "./rows.ts";
import { SessionsBench } from "./sessions.ts";
import { bundles, type Modules, startWorld, type World } from "./world.ts";

type Bench = {
  /** As Markdown. */
  readonly tables: readonly { text(): string }[];
  run(world: World, effort: Effort): Promise<void>;
};

const BENCHES: Readonly<Record<string, Bench>> = {
  // First, while the runtime is fresh: what others leave behind would be collected during it.
  memory: new MemoryBench(),
  core: new CoreBench(),
  bodies: new BodiesBench(),
  corpus: new CorpusBench(),
  rows: new RowsBench(),
  recorder: new RecorderBench(),
  opening: new OpeningBench(),
  pgbench: new PgbenchBench(),
  http: new HttpBench(),
  approve: new ApproveBench(),
  paint: new PaintBench(),
  // Last: it leaves a million sessions in the store.
  sessions: new SessionsBench(),
};

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    state: { type: "string", multiple: true },
  },
});
const effort = values.quick ? QUICK : FULL;
const names = values.only ?? Object.keys(BENCHES);
const unknown = names.find((name) => BENCHES[name] === undefined);
if (unknown !== undefined || !isOnPath("pgbench")) {
  const missing = "pgbench is not installed: apt-get install postgresql-contrib";
  const lines = `--only takes ${Object.keys(BENCHES).join(", ")}`;
  console.error(unknown === undefined ? missing : lines);
  process.exit(1);
}

/** A disk that is no memory, and memory; a quick run needs one of them. */
function folders(): ReadonlyMap<string, string> {
  if (values.state !== undefined) return new Map(values.state.map((path) => [path, path]));
  const memory = existsSync("/dev/shm") ? [["memory", "/dev/shm"] as const] : [];
  return new Map(values.quick && memory.length > 0 ? memory : [["disk", tmpdir()], ...memory]);
}

async function measure(state: string, folder: string, modules: Modules): Promise<void> {
  const stateDir = mkdtempSync(join(folder, "sluice-bench-"));
  // Open for passing through: PostgreSQL, which does not run as root, then lives in it, too.
  chmodSync(stateDir, 0o711);
  const world = await startWorld(state, stateDir, modules, effort.rows);
  try {
    for (const name of names) await measureOne(name, world);
  } finally {
    await world.stop();
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One that fails leaves the others worth seeing. */
async function measureOne(name: string, world: World): Promise<void> {
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  try {
    await BENCHES[name]?.run(world, effort);
    // Some let the loop take no turn: what was closed meanwhile is noticed now.
    await pause(100);
    console.error(`${world.state}: ${name} took ${seconds()}`);
  } catch (error) {
    console.error(`${world.state}: ${name} failed after ${seconds()}:`, error);
    process.exitCode = 1;
  }
}

function print(): void {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
  for (const name of names) {
    for (const table of BENCHES[name]?.tables ?? []) console.log(`\n${table.text()}`);
  }
}

await buildCli();
const modules = await bundles();
for (const [state, folder] of folders()) await measure(state, folder, modules);
print();
process.exit();
