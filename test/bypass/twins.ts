import { type ChildProcess, execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll, expect } from "vitest";
import { concat } from "../../core/bytes.ts";
import type { PersonName } from "../../demo/people.ts";
import { type Postgres, type PostgresSettings, startPostgres } from "../../demo/postgres.ts";
import { freePort } from "../../demo/processes.ts";
import { startShop } from "../../demo/shop.ts";
import type { DemoSettings } from "../../demo/demo.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { canaryInCells } from "./canary.ts";
import { listen } from "./gate.ts";
import { Tokens } from "./twins-tokens.ts";
import { type Answer, cellsOf, type Door, errorsOf, Wire } from "./wire.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

const RESOURCES = ["shop-db", "twin-db"] as const;

/** What the policy shows of masked values, and how the second copy differs where it may. */
export type Kind = {
  readonly policy: string;
  /** What both have besides the zoo. */
  readonly both: string;
  readonly sql: string;
  /** What shows every token that there is. */
  readonly shows: readonly string[];
  /** What tells them apart by what the techniques do show. */
  readonly not: readonly string[];
  readonly notRandom: RegExp | null;
};

/** `redact`, `null` and `partial`. */
export const HIDDEN: Kind = {
  policy: file("twins.yaml"),
  both: "",
  sql: file("twins.sql"),
  shows: [],
  not: [],
  notRandom: null,
};

const SHOWS = [
  "select ssn, email, card, pin, badge, profile, secret, big, doc from people order by id",
  "select notes from diary order by day",
  "select note from events",
];

/** `hash` and `tokenise`. */
export const KEYED: Kind = {
  policy: file("twins.yaml").replace(/^masking:[^]*?(?=^roles:)/m, file("twins-keyed.yaml")),
  // In a document SQL's NULL has the token of JSON's, which a column of documents shows.
  both: "UPDATE staff SET profile = 'null', doc = 'null'",
  sql: file("twins-keyed.sql"),
  shows: SHOWS,
  not: [
    // Under hash and tokenise these are no masks: both would then hold the same.
    "update people set ssn = '************71' where id = 1",
    "update people set big = 0, ratio = 1.5 where id = 1",
  ],
  // What one wrote oneself is equal to a value or not.
  notRandom: /^update .*'Quokkaton'/,
};

const CONNECTIONS = 30;

/** What moves rows or counts them in the background would tell one copy from the other. */
const QUIET = `
  ALTER SYSTEM SET max_connections = ${CONNECTIONS};
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
  readonly #tokens = [new Tokens(), new Tokens()] as const;
  readonly kind: Kind;

  private constructor(kind: Kind, demo: TestDemo, twin: Postgres) {
    this.kind = kind;
    this.#demo = demo;
    this.#twin = twin;
  }

  static async start(kind: Kind, more: Partial<DemoSettings> = {}): Promise<Twins> {
    const stateDir = mkdtempSync(join(tmpdir(), "sluice-twins-"));
    // The server runs as `nobody` where the tests run as root.
    chmodSync(stateDir, 0o711);
    try {
      const password = "twins";
      writeFileSync(join(stateDir, "postgres-password"), password, { mode: 0o600 });
      const dataDirs = [join(stateDir, "postgres"), join(stateDir, "twin")] as const;
      const { postgresPrograms: programs } = more;
      const settings = { password, ...(programs === undefined ? {} : { programs }) };
      await makeCopies(dataDirs, kind, settings);
      const port = await freePort();
      const policy = kind.policy.replace("port: 8790", `port: ${port}`);
      const twin = await startPostgres({ ...settings, port, dataDir: dataDirs[1] });
      try {
        return new Twins(kind, await startTestDemo({ ...more, stateDir, policy }), twin);
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
    return new Couple([opened[0].wire, opened[1].wire], this.#tokens);
  }

  /** Numbers all tokens; both sides must show the same numbers. */
  async learn(): Promise<void> {
    const couple = await this.open("ada");
    for (const format of [0, 1] as const) {
      for (const sql of this.kind.shows) {
        const [one, other] = await couple.ask(async (wire, tokens) => {
          const answers = await wire.extended(sql, format);
          expect(errorsOf(answers), sql).toEqual([]);
          expect(canaryInCells(cellsOf(answers)), sql).toBeNull();
          for (const cell of cellsOf(answers)) if (cell !== null) tokens.learn(cell);
          return answers;
        });
        expect(other, sql).toBe(one);
      }
    }
    couple.close();
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

/** Of a server that does not run any more: as it is, and as the twin's SQL makes it. */
export async function makeCopies(
  [first, second]: Pair<string>,
  { both: more, sql: unlike }: Pick<Kind, "both" | "sql">,
  programs: Programs,
): Promise<void> {
  const port = await freePort();
  const { password } = programs;
  const settings = { ...programs, port };
  const server = await startShop({ ...settings, dataDir: first });
  try {
    await run(port, "sluice", password, `${file("zoo.sql")};${more}`);
    for (const line of QUIET.trim().split("\n")) await run(port, "postgres", password, line);
  } finally {
    await server.stop();
  }
  await promisify(execFile)("cp", ["-a", first, second]);
  for (const [dataDir, sql] of [
    [first, UNCHANGED],
    [second, unlike],
  ] as const) {
    const copy = await startPostgres({ ...settings, dataDir });
    try {
      await makeTemporarySchemas(copy);
      await run(port, "sluice", password, sql);
      for (const line of AFTER.split("; ")) await run(port, "sluice", password, line);
    } finally {
      await copy.stop();
    }
  }
}

/**
 * The first temporary table of a server's n-th place for a connection makes schemas, which take
 * oids. Whether the connection before has left its place by then, is chance.
 */
async function makeTemporarySchemas({ url }: Postgres): Promise<void> {
  const database = new URL(url);
  database.pathname = "/shop";
  const db = postgres(database.href, { max: CONNECTIONS });
  try {
    const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => db.reserve()));
    for (const one of all) await one.unsafe("CREATE TEMP TABLE t ()");
    for (const one of all) one.release();
  } finally {
    await db.end();
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
  readonly #sides: Pair<{ readonly wire: Wire; readonly tokens: Tokens }>;

  constructor([one, other]: Pair<Wire>, tokens: Pair<Tokens>) {
    this.#sides = [
      { wire: one, tokens: tokens[0] },
      { wire: other, tokens: tokens[1] },
    ];
  }

  /** Asks both the same, and gives the bytes that each client got, as Latin-1, tokens numbered. */
  async ask(
    how: (wire: Wire, tokens: Tokens) => Promise<readonly Answer[]>,
  ): Promise<Pair<string>> {
    return both(this.#sides, async ({ wire, tokens }) => {
      wire.seen = [];
      await how(wire, tokens);
      // Refusals name the resource.
      return tokens.numbered(concat(wire.seen)).replaceAll("twin-db", "shop-db");
    });
  }

  /** What each said to the last question, byte by byte. */
  get bytes(): Pair<Uint8Array> {
    const [one, other] = this.#sides;
    return [concat(one.wire.seen), concat(other.wire.seen)];
  }

  close(): void {
    for (const { wire } of this.#sides) wire.close();
  }
}

/** One pair of servers for all tests of a file. */
export function useTwins(kind: Kind, more: Partial<DemoSettings> = {}): () => Twins {
  let twins: Twins | undefined;
  beforeAll(async () => {
    twins = await Twins.start(kind, more);
    await twins.learn();
  });
  afterAll(() => twins?.stop());
  return () => {
    if (twins === undefined) throw new Error("The twins run inside tests only.");
    return twins;
  };
}
