import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import postgres from "postgres";
import type { StoredFact } from "../../core/recording/record.ts";
import type { SessionSpec } from "../../core/session.ts";
import { seal } from "../../store/seal.ts";
import { type RealPostgres, realPostgres } from "../support/real-postgres.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import { copyData, copyDone, query } from "./fake-postgres.ts";

/**
 * Every row that is written counts itself; each round's sequence counts what a rollback takes back.
 */
const SCHEMA = `
  create table written (round int, n int);
  create table counter (round int primary key, rows int not null);
  create function count_row() returns trigger language plpgsql as $$ begin
    insert into counter values (new.round, 1)
      on conflict (round) do update set rows = counter.rows + 1;
    return new; end $$;
  create trigger counts after insert on written for each row execute function count_row();`;

const copyRows = 20;
/** A round's kill comes in this time after its login. */
const longestMs = 250;

/** One thing that a client does; each is followed until the server is ready again. */
type Deed = (client: Client, round: number, n: number) => Promise<unknown>;

const insert = (round: number, n: number) => `insert into written values (${round}, ${n})`;

const draw = (round: number) => `select nextval('drawn_${round}')`;

const DEEDS: readonly Deed[] = [
  (client, round, n) => client.ask(insert(round, n)),
  (client, round) => client.ask(draw(round)),
  (client, round) => client.ask(`select * from written where round = ${round} limit 100`),
  async (client, round, n) => {
    await client.ask("begin");
    await client.ask(insert(round, n));
    await client.ask(draw(round));
    await client.ask(n % 3 === 0 ? "rollback" : "commit");
  },
  async (client, round, n) => {
    client.send(query("copy written from stdin"));
    for (let row = 0; row < copyRows; row++) client.send(copyData(`${round}\t${n}\n`));
    client.send(copyDone);
    await client.ready();
  },
  // A pipeline: the second leaves before the first is answered.
  async (client, round, n) => {
    client.send(Buffer.concat([query(insert(round, n)), query(insert(round, n))]));
    await client.ready(2);
  },
];

export type Found = { readonly spec: SessionSpec; readonly client: Client; readonly round: number };

export class KillRounds {
  readonly edge: Edge;
  readonly #server: RealPostgres;
  readonly #sql: postgres.Sql;
  readonly #random: () => number;

  private constructor(edge: Edge, server: RealPostgres, seed: number) {
    this.edge = edge;
    this.#server = server;
    this.#sql = postgres(server.url, { max: 1, onnotice: () => {} });
    this.#random = seeded(seed);
  }

  static async start(seed: number, count: number): Promise<KillRounds> {
    const rounds = new KillRounds(await Edge.start(), await realPostgres(), seed);
    const sequences = Array.from({ length: count }, (_, n) => `create sequence drawn_${n};`);
    await rounds.#sql.unsafe(SCHEMA + sequences.join(""));
    return rounds;
  }

  async stop(): Promise<void> {
    await this.#sql.end();
    await this.edge.stop();
    await this.#server.stop();
  }

  async #open(): Promise<{ spec: SessionSpec; client: Client }> {
    const base = this.edge.spec(this.#server.port);
    const target = { user: "postgres", database: "postgres", id: "res_kill" };
    const sealed = await seal(this.edge.keys(), "secret:shop", this.#server.password);
    const resource = { ...base.resource, ...target, password: { secret: "shop" } };
    const spec = { ...base, sealed: { shop: sealed }, resource };
    const client = await eventually(() => this.edge.open(spec).catch(() => null));
    return { spec, client: await client.logIn("postgres") };
  }

  /** A client works until the runtime is killed under it. */
  async kill(round: number): Promise<Found> {
    const { spec, client } = await this.#open();
    client.acknowledges = true;
    const gone = new Promise((resolve) => client.socket.once("close", resolve));
    const work = this.#work(client, round).catch(() => {});
    await pause(this.#random() * longestMs);
    this.edge.gateway.kill();
    await gone;
    await work;
    return { spec, client, round };
  }

  async #work(client: Client, round: number): Promise<void> {
    for (let n = 0; ; n++) {
      const deed = DEEDS[Math.floor(this.#random() * DEEDS.length)] as Deed;
      await deed(client, round, n);
    }
  }

  /** Waits until the server has no session of the killed gateway; then says what it has done. */
  async #did(round: number): Promise<{ rows: number; draws: number }> {
    await eventually(async () => {
      const others = await this.#sql`select 1 from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      return others.length === 0;
    });
    const [counted] = await this.#sql`select rows from counter where round = ${round}`;
    const [drawn] = await this.#sql`select last_value, is_called
      from ${this.#sql(`drawn_${round}`)}`;
    const draws = drawn?.["is_called"] === true ? Number(drawn["last_value"]) : 0;
    return { rows: Number(counted?.["rows"] ?? 0), draws };
  }

  /** One round: the bytes that its client saw, all of them recorded. */
  async check(round: number): Promise<number> {
    const found = await this.kill(round);
    await eventually(() => this.edge.journal(found.spec.id).catch(() => null));
    await this.recorded(found, "asked for");
    return found.client.received.length;
  }

  /** All that was seen and done lies in the store, in a recording that is whole. */
  async recorded({ spec, client, round }: Found, how: string): Promise<void> {
    const did = await this.#did(round);
    expect(await eventually(() => this.edge.ended(spec.id))).toMatchObject({ end_code: "lost" });
    expect(await this.edge.verdict(spec.id)).toBe("whole");
    const { seen, rows, draws } = recordedIn(await this.edge.recording(spec.id));
    const at = `round ${round}, shipped ${how}`;
    const same = seen.subarray(0, client.received.length).equals(client.received);
    expect(same, `${at}: every byte that the client has is recorded`).toBe(true);
    expect(did.rows, `${at}: rows`).toBeLessThanOrEqual(rows);
    expect(did.draws, `${at}: draws of the sequence`).toBeLessThanOrEqual(draws);
  }
}

/** What a recording says has been shown and may have been done. */
function recordedIn(facts: readonly StoredFact[]) {
  let rows = 0;
  let draws = 0;
  const shown: Uint8Array[] = [];
  for (const fact of facts) {
    if (fact.kind === "toClient") shown.push(fact.bytes);
    else if (fact.kind === "copyIn") rows += fact.rows;
    else if (fact.kind === "command" && fact.shown.startsWith("insert")) rows++;
    else if (fact.kind === "command" && fact.shown.includes("nextval")) draws++;
  }
  return { rows, draws, seen: Buffer.concat(shown) };
}

/** The seed that a failed run has printed, or a fresh one. */
export const seedOf = (text: string | undefined): number => Number(text ?? Date.now() % 1_000_000);

/** Mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
