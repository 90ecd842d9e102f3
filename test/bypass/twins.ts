import { type ChildProcess, execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll } from "vitest";
import { concat } from "../../core/bytes.ts";
import type { PersonName } from "../../demo/people.ts";
import { type Postgres, type PostgresSettings, startPostgres } from "../../demo/postgres.ts";
import { freePort } from "../../demo/processes.ts";
import { startShop } from "../../demo/shop.ts";
import type { DemoSettings } from "../../demo/demo.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { listen } from "./gate.ts";
import { type Answer, type Door, Wire } from "./wire.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

const RESOURCES = ["shop-db", "twin-db"] as const;

/** What moves rows or counts them in the background would tell one copy from the other. */
const QUIET = `
  ALTER SYSTEM SET autovacuum = off;
  ALTER SYSTEM SET track_counts = off;
  ALTER SYSTEM SET max_parallel_workers_per_gather = 0;
  ALTER SYSTEM SET synchronize_seqscans = off;
`;

/** The same rows at the same places, each with the values that it had. */
const UNCHANGED = `
  UPDATE people SET ssn = ssn, echo = DEFAULT WHERE id < 4;
  UPDATE staff SET ssn = ssn;
  UPDATE diary SET notes = notes;
  UPDATE events SET note = note;
`;

const AFTER = "REFRESH MATERIALIZED VIEW people_kept; VACUUM (FREEZE, ANALYZE)";

type Programs = Pick<PostgresSettings, "password" | "programs">;

/** What one of two gives, and the other. */
export type Pair<T> = readonly [T, T];

/**
 * Two servers from one physical copy behind one gate. They differ in masked values alone: what is
 * told about one and not about the other is told about those.
 */
export class Twins {
  readonly #demo: TestDemo;
  readonly #twin: Postgres;
  readonly #doors = new Map<PersonName, Promise<Pair<Door>>>();
  readonly #listeners: ChildProcess[] = [];

  private constructor(demo: TestDemo, twin: Postgres) {
    this.#demo = demo;
    this.#twin = twin;
  }

  static async start(more: Partial<DemoSettings> = {}): Promise<Twins> {
    const stateDir = mkdtempSync(join(tmpdir(), "sluice-twins-"));
    // The server runs as `nobody` where the tests run as root.
    chmodSync(stateDir, 0o711);
    try {
      const password = "twins";
      writeFileSync(join(stateDir, "postgres-password"), password, { mode: 0o600 });
      const dataDirs = [join(stateDir, "postgres"), join(stateDir, "twin")] as const;
      const { postgresPrograms: programs } = more;
      const settings = { password, ...(programs === undefined ? {} : { programs }) };
      await makeCopies(dataDirs, settings);
      const port = await freePort();
      const policy = file("twins.yaml").replace("port: 8790", `port: ${port}`);
      const twin = await startPostgres({ ...settings, port, dataDir: dataDirs[1] });
      try {
        return new Twins(await startTestDemo({ ...more, stateDir, policy }), twin);
      } catch (error) {
        await twin.stop();
        throw error;
      }
    } catch (error) {
      rmSync(stateDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** A session of that person with each of the two. */
  async open(person: PersonName): Promise<Couple> {
    const known = this.#doors.get(person) ?? this.#listen(person);
    this.#doors.set(person, known);
    const opened = await both(await known, (door) => Wire.open(door));
    return new Couple([opened[0].wire, opened[1].wire], [opened[0].greeting, opened[1].greeting]);
  }

  async #listen(person: PersonName): Promise<Pair<Door>> {
    return both(RESOURCES, async (resource) => {
      const { child, door } = await listen(this.#demo, resource, person);
      this.#listeners.push(child);
      return door;
    });
  }

  async stop(): Promise<void> {
    for (const child of this.#listeners) child.kill();
    await this.#twin.stop();
    await this.#demo.stop();
  }
}

async function makeCopies([first, second]: Pair<string>, programs: Programs): Promise<void> {
  const port = await freePort();
  const { password } = programs;
  const settings = { ...programs, port };
  const server = await startShop({ ...settings, dataDir: first });
  try {
    await run(port, "sluice", password, file("zoo.sql"));
    for (const line of QUIET.trim().split("\n")) await run(port, "postgres", password, line);
  } finally {
    await server.stop();
  }
  await promisify(execFile)("cp", ["-a", first, second]);
  for (const [dataDir, sql] of [
    [first, UNCHANGED],
    [second, file("twins.sql")],
  ] as const) {
    const copy = await startPostgres({ ...settings, dataDir });
    try {
      await run(port, "sluice", password, sql);
      for (const line of AFTER.split("; ")) await run(port, "sluice", password, line);
    } finally {
      await copy.stop();
    }
  }
}

async function run(port: number, user: string, password: string, sql: string): Promise<void> {
  const options = { host: "127.0.0.1", port, user, password, database: "shop", max: 1 };
  const db = postgres({ ...options, onnotice: () => {} });
  try {
    await db.unsafe(sql).simple();
  } finally {
    await db.end();
  }
}

const both = <A, B>([a, b]: Pair<A>, then: (one: A) => Promise<B>): Promise<Pair<B>> =>
  Promise.all([then(a), then(b)]);

/** One client's session with each of the two. */
export class Couple {
  readonly #wires: Pair<Wire>;
  readonly greetings: Pair<readonly Answer[]>;

  constructor(wires: Pair<Wire>, greetings: Pair<readonly Answer[]>) {
    this.#wires = wires;
    this.greetings = greetings;
  }

  /** Asks both the same, and gives the bytes that each client got, as Latin-1. */
  async ask(how: (wire: Wire) => Promise<readonly Answer[]>): Promise<Pair<string>> {
    for (const wire of this.#wires) wire.seen = [];
    await both(this.#wires, how);
    return [heard(this.#wires[0]), heard(this.#wires[1])];
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }
}

/** Refusals name the resource. */
const heard = (wire: Wire): string =>
  Buffer.from(concat(wire.seen)).toString("latin1").replaceAll("twin-db", "shop-db");

/** One pair of servers for all tests of a file. */
export function useTwins(more: Partial<DemoSettings> = {}): () => Twins {
  let twins: Twins | undefined;
  beforeAll(async () => {
    twins = await Twins.start(more);
  });
  afterAll(() => twins?.stop());
  return () => {
    if (twins === undefined) throw new Error("The twins run inside tests only.");
    return twins;
  };
}
