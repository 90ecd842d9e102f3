import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { SessionSpec } from "../../core/session.ts";
import { database } from "../../store/db.ts";
import { listSessions, type SessionFilter } from "../../store/sessions.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import { complete, FakePostgres, query, READY } from "./fake-postgres.ts";

/* What a real session ships is found in a real D1. */

let edge: Edge;
let target: FakePostgres;
beforeAll(async () => {
  // Each turn is a chunk of its own, so that what is found grows from one to the next.
  edge = await Edge.start({ bounds: { chunkBytesMax: 1 } });
});
afterAll(() => edge.stop());
beforeEach(async () => {
  target = new FakePostgres((_, socket) => socket.write(Buffer.concat([complete("OK"), READY])));
  await target.listen();
});
afterEach(() => target.stop());

async function ran(spec: SessionSpec, ...statements: string[]): Promise<void> {
  const client: Client = await (await edge.open(spec)).logIn();
  for (const sql of statements) {
    client.send(query(sql));
    await client.answered();
  }
  client.socket.close();
  await eventually(() => edge.ended(spec.id));
}

async function found(filter: Partial<SessionFilter>): Promise<readonly string[]> {
  const db = await edge.gateway.miniflare.getD1Database("DB");
  const rows = await listSessions(database({ DB: db }), { limit: 10, ...filter });
  return rows.map(({ id }) => id);
}

it("finds a session by all of its chunks, and by nothing twice", async () => {
  const spec = edge.spec(target.port);
  await ran(spec, "insert into pangolins values (1)", "create table lemurs (id int)");
  const other = edge.spec(target.port);
  await ran(other, "create table lemurs (id int)");
  expect(await found({ text: "pangolins lemurs" })).toEqual([spec.id]);
  expect(await found({ text: "lemurs", rule: "all" })).toEqual([other.id, spec.id]);
  expect(await found({ object: "pangolins" })).toEqual([spec.id]);
  expect(await found({ text: "lemurs", principal: spec.principal.name, live: true })).toEqual([]);
  const many = await edge.row<{ n: number }>("select count(*) n from recording_chunks");
  expect(many?.n).toBeGreaterThan(3);
});

it("keeps the recording where the index takes nothing", async () => {
  const db = await edge.gateway.miniflare.getD1Database("DB");
  await db.prepare("alter table session_search rename to away").run();
  const spec = edge.spec(target.port);
  await ran(spec, "select 1 from walruses");
  expect(await edge.verdict(spec.id)).toBe("whole");
  await db.prepare("alter table away rename to session_search").run();
  expect(await found({ text: "walruses" })).toEqual([]);
});
