import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Review } from "../../core/review/review.ts";
import type { SessionSpec } from "../../core/session.ts";
import type { HealthRow } from "../../store/health.ts";
import { newId } from "../../store/ids.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import { complete, FakePostgres, query, READY, startup } from "./fake-postgres.ts";

/* What is kept beside the recordings: how much happened, and how targets do. */

let edge: Edge;
let target: FakePostgres;
let answer: (sql: string, socket: Socket) => void;
const updated = Buffer.concat([complete("UPDATE 1"), READY]);
beforeAll(async () => {
  edge = await Edge.start({ bounds: { shipEveryMs: 300, shipAgainMs: 300 } });
});
afterAll(() => edge.stop());
beforeEach(async () => {
  answer = (_, socket) => socket.write(updated);
  target = new FakePostgres((sql, socket) => answer(sql, socket));
  await target.listen();
});
afterEach(() => target.stop());

async function counts({ resource }: SessionSpec): Promise<unknown> {
  const sums = "select kind, sum(n) n from hourly_counts where resource = ? group by kind";
  const json = `select json_group_object(kind, n) found from (${sums})`;
  const row = await edge.row<{ found: string }>(json, resource.id);
  return JSON.parse(row?.found ?? "{}");
}

const shipped = ({ id }: SessionSpec) =>
  edge.row<{ last: number }>("select max(last) last from recording_chunks where session = ?", id);

describe("the counts of an hour", () => {
  it("are added up from what a session's recording says", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    await client.ask("update t set n = 1");
    await client.ask("update t set n = 2");
    client.send(query("delete from t"));
    await eventually(async () => (await edge.journal(spec.id)).some((f) => f.kind === "decision"));
    client.socket.close();
    await eventually(() => edge.ended(spec.id));
    expect(await counts(spec)).toEqual({ sessions: 1, commands: 3, held: 1 });
  });

  it("count once what is shipped again, and what has been added to its chunk", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    await edge.fails("answer", true);
    await client.ask("update t set n = 1");
    const once = await eventually(async () => {
      const row = await shipped(spec);
      const found = (await counts(spec)) as { commands?: number };
      return found.commands === 1 ? row : null;
    });
    await client.ask("update t set n = 2");
    await eventually(async () => ((await shipped(spec))?.last ?? 0) > once.last);
    expect(await edge.journal(spec.id)).not.toEqual([]);
    await edge.fails("answer", false);
    client.socket.close();
    await eventually(() => edge.ended(spec.id));
    const { n } = (await edge.row<{ n: number }>(
      "select count(*) n from recording_chunks where session = ?",
      spec.id,
    )) ?? { n: 0 };
    expect(n).toBeLessThan(4);
    expect(await counts(spec)).toEqual({ sessions: 1, commands: 2 });
    expect(await edge.verdict(spec.id)).toBe("whole");
  });

  it("have after kill -9 what the recording has", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    for (let n = 0; n < 4; n++) await client.ask(`update t set n = ${n}`);
    const lost = new Promise((resolve) => client.socket.once("close", resolve));
    edge.gateway.kill();
    await lost;
    await eventually(() => edge.journal(spec.id).catch(() => null));
    await eventually(() => edge.ended(spec.id).catch(() => null));
    const facts = await edge.recording(spec.id);
    const commands = facts.filter(({ kind }) => kind === "command").length;
    expect(commands).toBe(4);
    expect(await counts(spec)).toEqual({ sessions: 1, commands });
  });
});

describe("how a target does", () => {
  const health = ({ resource }: SessionSpec) =>
    edge.row<Record<"reached_at" | "dial_ms" | "login_ms" | "failed_at" | "failure", unknown>>(
      "select * from resource_health where resource = ?",
      resource.id,
    );

  it("is kept of each session that reached it", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    const row = await eventually(() => health(spec));
    expect(row).toMatchObject({
      reached_at: expect.any(Number),
      dial_ms: expect.any(Number),
      login_ms: expect.any(Number),
      failed_at: null,
    });
    client.socket.close();
  });

  it("is kept of each that did not, with the reason, beside the last success", async () => {
    const spec = edge.spec(target.port);
    (await (await edge.open(spec)).logIn()).socket.close();
    await eventually(() => health(spec));
    const { port } = target;
    await target.stop();
    const client = await edge.open({ ...spec, id: newId("ses") });
    await client.frame("opened");
    client.send(startup());
    const row = await eventually(async () => {
      const found = await health(spec);
      return found?.failed_at === null ? null : found;
    });
    expect(row?.failure).toBe(`127.0.0.1:${port} refused the connection or cannot be reached.`);
    expect(row?.reached_at).toEqual(expect.any(Number));
    await target.listen();
  });

  it("is no failure when the client leaves", async () => {
    const spec = edge.spec(target.port);
    const client = await edge.open(spec);
    await client.frame("opened");
    client.socket.close();
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({ end_code: "client_ended" });
    expect((await health(spec))?.failed_at ?? null).toBeNull();
  });

  it("is found out now, when somebody asks", async () => {
    const spec = edge.spec(target.port);
    const check = () => edge.call<HealthRow>("CATALOGS", spec.resource.id, "check", spec);
    expect(await check()).toMatchObject({ is: "reached", dialMs: expect.any(Number) });
    const { port } = target;
    await target.stop();
    expect(await check()).toMatchObject({
      is: "failed",
      why: `127.0.0.1:${port} refused the connection or cannot be reached.`,
    });
    await target.listen();
  });
});

describe("the slowest answers", () => {
  const eve = { id: "u-eve", name: "eve", groups: ["leads"], kind: "person" };
  const pending = async () => {
    const filter = { state: "pending", limit: 5, after: null };
    return edge.call<Review[]>("DESK", "desk", "list", filter);
  };

  it("are those that people gave, of what was asked in that time", async () => {
    const from = Date.now();
    const asking: Client[] = [];
    for (const statement of ["delete from a", "delete from b", "delete from c"]) {
      const client = await (await edge.open(edge.spec(target.port))).logIn();
      client.send(query(statement));
      asking.push(client);
      await eventually(async () => (await pending()).length === asking.length);
    }
    const [c, b, a] = await pending();
    const answer = (id: string | undefined, verdict: "approve" | "reject") =>
      edge.call("DESK", "desk", "vote", id, eve, { verdict, comment: null });
    await answer(c?.id, "approve");
    await answer(a?.id, "reject");
    const slowest = (until: number) =>
      edge.call<Review[]>("DESK", "desk", "slowest", from, until, 5);
    const found = await slowest(Date.now() + 1);
    expect(found.map(({ id, state }) => [id, state])).toEqual([
      [a?.id, "rejected"],
      [c?.id, "approved"],
    ]);
    expect(await slowest(from)).toEqual([]);
    expect(b?.state).toBe("pending");
    for (const client of asking) client.socket.close();
  });
});
