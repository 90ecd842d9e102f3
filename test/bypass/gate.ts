import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import postgres from "postgres";
import { afterAll, beforeAll, expect } from "vitest";
import { concat } from "../../core/bytes.ts";
import type { DemoSettings } from "../../demo/demo.ts";
import type { PersonName } from "../../demo/people.ts";
import { spawnCli, startTestDemo, type TestDemo } from "../support/demo.ts";
import { canaryIn, canaryInCells } from "./canary.ts";
import { type Answer, cellsOf, type Door, textsOf, Wire } from "./wire.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

export const POLICY = file("policy.yaml");

/** The zoo behind the gate, a twin of it beside, and local ports of `sluice connect`. */
export class Gate {
  readonly demo: TestDemo;
  /** Of the role that the gate logs in as, and of the superuser. */
  readonly password: string;
  /** What the Worker logged. */
  readonly log: readonly string[];
  readonly #doors = new Map<PersonName, Promise<Door>>();
  readonly #listeners: ChildProcess[] = [];

  private constructor(demo: TestDemo, log: readonly string[]) {
    this.demo = demo;
    this.log = log;
    this.password = readFileSync(join(demo.stateDir, "postgres-password"), "utf8");
  }

  static async start(more: Partial<DemoSettings> = {}): Promise<Gate> {
    const log: string[] = [];
    const settings = { policy: POLICY, log: (line: string) => void log.push(line), ...more };
    const demo = await startTestDemo(settings);
    const gate = new Gate(demo, log);
    await gate.run("sluice", "shop", file("zoo.sql"));
    await gate.run("postgres", "postgres", "CREATE DATABASE twin TEMPLATE shop OWNER sluice");
    return gate;
  }

  /** Straight to the server, for what a test needs done behind the gate's back. */
  async run(user: "sluice" | "postgres", database: string, sql: string) {
    const { port } = this.demo.postgres;
    const { password } = this;
    const options = { host: "127.0.0.1", port, user, password, database, max: 1 };
    const db = postgres({ ...options, onnotice: () => {} });
    try {
      return await db.unsafe(sql).simple();
    } finally {
      await db.end();
    }
  }

  /** That person's `sluice connect`: each connection to it is a session. */
  door(person: PersonName): Promise<Door> {
    const known = this.#doors.get(person) ?? this.#listen(person);
    this.#doors.set(person, known);
    return known;
  }

  async #listen(person: PersonName): Promise<Door> {
    const { child, door } = await listen(this.demo, "shop-db", person);
    this.#listeners.push(child);
    return door;
  }

  async open(
    person: PersonName = "ada",
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<Wire> {
    const { wire } = await Wire.open(await this.door(person), parameters);
    return wire;
  }

  /** The same database, or the twin, without a gate. */
  direct(database: "shop" | "twin" = "twin"): Promise<Wire> {
    return Wire.direct(this.demo.postgres.port, "sluice", this.password, database);
  }

  async stop(): Promise<void> {
    for (const child of this.#listeners) child.kill();
    await this.demo.stop();
  }
}

/** That person's `sluice connect` to a resource, until the child is killed. */
export async function listen(
  demo: TestDemo,
  resource: string,
  as: PersonName,
): Promise<{ readonly child: ChildProcess; readonly door: Door }> {
  const child = await spawnCli(demo, ["connect", resource, "--json"], { as });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  const [{ url }] = JSON.parse(line) as [{ url: string }];
  const { port, password } = new URL(url);
  return { child, door: { port: Number(port), password: decodeURIComponent(password) } };
}

/** One gate for all tests of a file. */
export function useGate(more: Partial<DemoSettings> = {}): () => Gate {
  let gate: Gate | undefined;
  beforeAll(async () => {
    gate = await Gate.start(more);
  });
  afterAll(() => gate?.stop());
  return () => {
    if (gate === undefined) throw new Error("The gate runs inside tests only.");
    return gate;
  };
}

/** No canary in any byte so far, nor in what these answers' cells are together. */
export function clear(wire: Wire, answers: readonly Answer[]): void {
  expect(canaryIn(Buffer.from(concat(wire.seen)).toString("latin1"))).toBeNull();
  expect(canaryInCells(cellsOf(answers))).toBeNull();
}

export async function goesOn(wire: Wire): Promise<void> {
  expect(textsOf(await wire.query("select 1"))).toEqual(["1"]);
  wire.close();
}
