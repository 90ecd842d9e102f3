import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import postgres from "postgres";
import { readBufferBytesBusy, tunnelWindowBytes } from "../../core/limits.ts";
import type { SessionSpec } from "../../core/session.ts";
import { seal } from "../../store/seal.ts";
import { type RealPostgres, realPostgres } from "../support/real-postgres.ts";
import { type Client, Edge, eventually, OPEN_POLICY } from "./edge.ts";
import { message, query } from "./fake-postgres.ts";

/* How a session before a real PostgreSQL ends: what the client hears, and what is recorded. */

const hour = 3_600_000;
const TERMINATE = message("X", Buffer.alloc(0));

let edge: Edge;
let server: RealPostgres;
let sql: postgres.Sql;

beforeAll(async () => {
  edge = await Edge.start();
  server = await realPostgres();
  sql = postgres(server.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await edge.stop();
  await server.stop();
});

async function open(over: Partial<SessionSpec> = {}) {
  const base = edge.spec(server.port);
  const sealed = await seal(edge.keys(), "secret:shop", server.password);
  const target = { user: "postgres", database: "postgres", id: "res_endings" };
  const resource = { ...base.resource, ...target, password: { secret: "shop" } };
  const spec = { ...base, sealed: { shop: sealed }, resource, ...over };
  const client = await (await edge.open(spec)).logIn("postgres");
  client.acknowledges = true;
  return { spec, client };
}

const said = (client: Client): string => client.received.toString("latin1");

/** Whole, and to the client it says what the client has. */
async function recorded({ id }: SessionSpec, client: Client, code: string): Promise<void> {
  expect(await eventually(() => edge.ended(id))).toMatchObject({ end_code: code });
  expect(await edge.verdict(id)).toBe("whole");
  const facts = await edge.recording(id);
  const shown = facts.flatMap((fact) => (fact.kind === "toClient" ? [fact.bytes] : []));
  expect(Buffer.concat(shown).equals(client.received)).toBe(true);
}

const running = (text: string) =>
  eventually(async () => {
    const rows = await sql`select pid from pg_stat_activity where state = 'active' and
      query = ${text}`;
    return (rows[0]?.["pid"] as number | undefined) ?? null;
  });

describe("a client that has sent all it will", () => {
  it("gets every answer after its half-close, those of a pipeline too", async () => {
    const { spec, client } = await open();
    client.send(Buffer.concat([query("select pg_sleep(0.3), 'one'"), query("select 'two'")]));
    client.put({ is: "end" });
    expect(await client.frame("close")).toMatchObject({ code: "client_ended" });
    expect(said(client)).toContain("one");
    expect(said(client)).toContain("two");
    await recorded(spec, client, "client_ended");
  });

  it("gets every answer to what stands before its goodbye", async () => {
    const { spec, client } = await open();
    client.send(Buffer.concat([query("select pg_sleep(0.3), 'last'"), TERMINATE]));
    expect(await client.frame("close")).toMatchObject({ code: "client_ended" });
    expect(said(client)).toContain("last");
    await recorded(spec, client, "client_ended");
  });

  it("no longer asks for approval", async () => {
    const { spec, client } = await open();
    client.send(query("delete from pg_class"));
    await client.until(() => said(client).includes("waits for approval"));
    client.put({ is: "end" });
    await client.frame("close");
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({ end_code: "client_ended" });
  });
});

describe("a grant that is over", () => {
  const FATAL = "SFATAL\0VFATAL\0C57P01\0M";

  it("ends a query that runs at that instant", async () => {
    const source = OPEN_POLICY.replace("access:", "hours: 1, access:");
    const openedAt = Date.now() - hour + 6_000;
    const policy = { version: "pol_1", source };
    const { spec, client } = await open({ policy, openedAt, endsAt: openedAt + hour });
    client.send(query("select pg_sleep(60)"));
    expect(await client.frame("close")).toMatchObject({ code: "grant_over" });
    expect(said(client)).toContain(`${FATAL}Your access has ended.`);
    await recorded(spec, client, "grant_over");
  });

  it.each([
    ["takes the grant away", OPEN_POLICY.replace("[engineers]", "[others]")],
    ["shortens it to what has passed", OPEN_POLICY.replace("access:", "hours: 1, access:")],
  ])("ends the session at once when a new policy %s", async (_, source) => {
    const { spec, client } = await open({ openedAt: Date.now() - 2 * hour });
    client.send(query("select pg_sleep(60)"));
    await running("select pg_sleep(60)");
    await edge.call("SESSIONS", spec.id, "notify", { do: "policy", version: "pol_2", source });
    expect(await client.frame("close")).toMatchObject({ code: "grant_over" });
    expect(said(client)).toContain(`${FATAL}Your access has ended.`);
    await recorded(spec, client, "grant_over");
  });

  it("stops the data of a client that does not read, without waiting for it", async () => {
    const { spec, client } = await open();
    client.acknowledges = false;
    const before = client.total;
    client.acknowledge();
    client.send(query("select repeat('x', 1000) from generate_series(1, 1000000)"));
    const room = tunnelWindowBytes - readBufferBytesBusy;
    await client.until(() => client.total - before > room);
    const notice = { do: "revoke", code: "killed", reason: "Enough." };
    await edge.call("SESSIONS", spec.id, "notify", notice);
    expect(await client.frame("close")).toMatchObject({ code: "killed", message: "Enough." });
    const { total } = client;
    await client.gone();
    expect(client.total).toBe(total);
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({ end_code: "killed" });
    expect(await edge.verdict(spec.id)).toBe("whole");
  });

  it("ends a session that still opens, before a target that says nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const spec = edge.spec((silent.address() as AddressInfo).port);
    const client = await edge.open(spec);
    await client.frame("opened");
    const notice = { do: "revoke", code: "killed", reason: "Enough." };
    await edge.call("SESSIONS", spec.id, "notify", notice);
    expect(await client.frame("close")).toMatchObject({ code: "killed", message: "Enough." });
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({ end_code: "killed" });
    expect(await edge.verdict(spec.id)).toBe("whole");
    silent.close();
  });
});

describe("a database that goes away", () => {
  it("says 57P01 itself when an administrator ends the connection", async () => {
    const { spec, client } = await open();
    client.send(query("select pg_sleep(61)"));
    const pid = await running("select pg_sleep(61)");
    await sql`select pg_terminate_backend(${pid})`;
    await client.frame("close");
    expect(said(client)).toContain("C57P01\0");
    await recorded(spec, client, "upstream_ended");
  });

  it("says 08006 for it when its process is killed under a transaction", async () => {
    const { spec, client } = await open();
    for (const text of [
      "create table if not exists t (n int)",
      "begin",
      "insert into t values (1)",
    ])
      await client.ask(text);
    client.send(query("select pg_sleep(62)"));
    const pid = await running("select pg_sleep(62)");
    process.kill(pid, "SIGKILL");
    await client.frame("close");
    expect(said(client)).toContain("C08006\0MThe target closed the connection.");
    await recorded(spec, client, "upstream_ended");
  });
});

describe("two sessions that meet a new table at once", () => {
  it("both learn it, by two readings of the catalog at most", async () => {
    const readings = async () => {
      const count = "select count(*) n from sessions where principal = 'sluice:catalog'";
      return (await edge.row<{ n: number }>(count))?.n ?? 0;
    };
    const fresh = () => eventually(() => sql`select 1`.catch(() => null));
    await fresh();
    const [one, two] = [await open(), await open()];
    await sql`create table if not exists newborn as select 'here' v`;
    const before = await readings();
    const masked = query("select v from newborn where v = 'here'");
    for (const { client } of [one, two]) client.send(masked);
    for (const { client } of [one, two]) await client.ready();
    for (const { client } of [one, two]) expect(said(client)).toContain("here");
    expect((await readings()) - before).toBeLessThanOrEqual(2);
    for (const { client } of [one, two]) client.socket.close();
  });
});
