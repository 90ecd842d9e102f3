import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import { type Demo, type DemoSettings, type Ports, startDemo } from "../../demo/demo.ts";
import type { PersonName } from "../../demo/people.ts";
import { freePort } from "../../demo/processes.ts";

/**
 * Memory where the system has enough of it: tests ask for durable writes, and disks differ too
 * much. A container's /dev/shm may be smaller than one empty database.
 */
const stateRoot = roomIn("/dev/shm") >= 2 ** 31 ? "/dev/shm" : tmpdir();
const cliFile = join(import.meta.dirname, "../../cli/dist/sluice.js");

function roomIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export type TestDemo = Demo & {
  readonly stateDir: string;
  readonly ports: Ports;
  /** Stops it and keeps its state, for another to start with. */
  close(): Promise<void>;
};

/** The whole demo on free ports, with a state of its own that goes when it stops. */
export async function startTestDemo(more: Partial<DemoSettings> = {}): Promise<TestDemo> {
  const stateDir = more.stateDir ?? mkdtempSync(join(stateRoot, "sluice-test-"));
  const remove = () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 10 });
  const ports = more.ports ?? (await freePorts());
  try {
    const demo = await startDemo({ ...more, ports, stateDir });
    const stop = async () => {
      await demo.stop();
      remove();
    };
    return { ...demo, stop, close: () => demo.stop(), stateDir, ports };
  } catch (error) {
    remove();
    throw error;
  }
}

const freePorts = async (): Promise<Ports> => ({
  gateway: await freePort(),
  issuer: await freePort(),
  postgres: await freePort(),
  billing: await freePort(),
});

/** One demo for all tests of a file: `const demo = useDemo();` and in a test `demo().url`. */
export function useDemo(more: Partial<DemoSettings> = {}): () => TestDemo {
  let demo: TestDemo | undefined;
  beforeAll(async () => {
    demo = await startTestDemo(more);
  });
  afterAll(() => demo?.stop());
  return () => {
    if (demo === undefined) throw new Error("The demo runs inside tests only.");
    return demo;
  };
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type CliOptions = {
  readonly as: PersonName;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** The `sluice` command as that person, begun and not awaited. */
export async function spawnCli(
  demo: TestDemo,
  args: readonly string[],
  { as, env }: CliOptions,
): Promise<ChildProcess> {
  return spawn(process.execPath, [cliFile, ...args], {
    env: {
      ...process.env,
      SLUICE_URL: demo.url,
      SLUICE_TOKEN: await demo.token(as),
      XDG_STATE_HOME: demo.stateDir,
      PSQLRC: "/dev/null",
      PAGER: "",
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** The same, run to its end. */
export async function cli(
  demo: TestDemo,
  args: readonly string[],
  options: CliOptions,
): Promise<Ran> {
  return finished(await spawnCli(demo, args, options), options.input);
}

export async function finished(child: ChildProcess, input = ""): Promise<Ran> {
  child.stdin?.end(input);
  const code = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? -1));
  });
  const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  return { code: await code, stdout, stderr };
}

const readAll = async (stream: ChildProcess["stdout"]): Promise<string> =>
  stream === null ? "" : text(stream);
