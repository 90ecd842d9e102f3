import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Socket } from "node:net";
import { tunnelWindowBytes } from "../../core/limits.ts";
import type { Review } from "../../core/review/review.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import { complete, dataRow, FakePostgres, query, READY, ROW_DESCRIPTION } from "./fake-postgres.ts";

const deleted = Buffer.concat([complete("DELETE 1"), READY]);
const updated = Buffer.concat([complete("UPDATE 1"), READY]);
const eve = { id: "u-eve", name: "eve", groups: ["leads"], kind: "person" };

let edge: Edge;
let target: FakePostgres;
let answer: (sql: string, socket: Socket) => void;

beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());
beforeEach(async () => {
  answer = (sql, socket) => socket.write(sql.startsWith("delete") ? deleted : updated);
  target = new FakePostgres((sql, socket) => answer(sql, socket));
  await target.listen();
});
afterEach(() => target.stop());

const lastReview = async (): Promise<Review> => {
  const filter = { state: null, limit: 1, after: null };
  return eventually(async () => {
    const [review] = await edge.call<Review[]>("DESK", "desk", "list", filter);
    return review ?? null;
  });
};

describe("kill -9 of the runtime", () => {
  it("loses no record of what a target has seen, and the alarm ships the rest", async () => {
    for (const fatal of [1, 7, 20]) {
      const spec = edge.spec(target.port);
      const client = await (await edge.open(spec)).logIn();
      const before = target.queries.length;
      answer = (_, socket) => {
        if (target.queries.length - before === fatal) edge.gateway.kill();
        else socket.write(updated);
      };
      const lost = new Promise((resolve) => client.socket.once("close", resolve));
      for (let n = 0; n < fatal; n++) {
        client.send(query(`update t set n = ${n}`));
        if (n + 1 < fatal) await client.answered();
      }
      await lost;
      const facts = await eventually(() => edge.journal(spec.id).catch(() => null));
      const commands = facts.filter((fact) => fact.kind === "command");
      expect(commands.length).toBeGreaterThanOrEqual(fatal);
      expect((await eventually(() => edge.ended(spec.id))).end_code).toBe("lost");
      expect(await edge.verdict(spec.id)).toBe("whole");
      answer = (_, socket) => socket.write(updated);
    }
  });

  it("keeps a review and its approval, which is used once", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    client.send(query("delete from t"));
    await client.until(() => client.received.includes("careful") || client.received.length > 0);
    const { id, digest } = await lastReview();
    const lost = new Promise((resolve) => client.socket.once("close", resolve));
    edge.gateway.kill();
    await lost;
    await eventually(() =>
      edge
        .call("DESK", "desk", "vote", id, eve, { verdict: "approve", comment: null })
        .catch(() => null),
    );
    expect(await edge.call("DESK", "desk", "consume", id, "another")).toBeNull();
    expect(await edge.call("DESK", "desk", "consume", id, digest)).toMatchObject({ id });
    expect(await edge.call("DESK", "desk", "consume", id, digest)).toBeNull();
    expect(target.queries).toEqual([]);
  });
});

describe("a held command", () => {
  const held = async (): Promise<{ client: Client; review: Review }> => {
    const client = await (await edge.open(edge.spec(target.port))).logIn();
    client.send(query("delete from t where id = 1"));
    await client.until(() => client.received.length > 0);
    return { client, review: await lastReview() };
  };

  it("runs when it is approved", async () => {
    const { client, review } = await held();
    expect(target.queries).toEqual([]);
    await edge.call("DESK", "desk", "vote", review.id, eve, { verdict: "approve", comment: null });
    expect((await client.answered()).includes("DELETE 1")).toBe(true);
    expect(await edge.call("DESK", "desk", "get", review.id)).toMatchObject({
      state: "approved",
      consumedAt: expect.any(Number),
    });
    client.socket.close();
  });

  it("is refused with the reviewer's words when it is rejected", async () => {
    const { client, review } = await held();
    await edge.call("DESK", "desk", "vote", review.id, eve, { verdict: "reject", comment: "no." });
    expect((await client.answered()).toString()).toContain("eve rejected it: no.");
    expect(target.queries).toEqual([]);
    client.socket.close();
  });

  it("is withdrawn when its client leaves", async () => {
    const { client, review } = await held();
    client.socket.close();
    await eventually(async () => {
      const { state } = await edge.call<Review>("DESK", "desk", "get", review.id);
      return state === "withdrawn";
    });
    expect(target.queries).toEqual([]);
  });
});

describe("a client that stops reading", () => {
  it("stops its target one window later, and goes on when it reads again", async () => {
    const row = dataRow(Buffer.alloc(8_000, "x"));
    const most = 64 * 1024 * 1024;
    answer = (_, socket) => {
      socket.write(ROW_DESCRIPTION);
      const fill = () => {
        while (socket.bytesWritten < most && socket.write(row));
        if (socket.bytesWritten < most) socket.once("drain", fill);
      };
      fill();
    };
    const client = await (await edge.open(edge.spec(target.port))).logIn();
    const start = client.total;
    client.acknowledge();
    client.send(query("select v from t"));
    await client.until(() => client.total - start >= tunnelWindowBytes / 2);
    for (let round = 0; round < 20; round++) {
      client.frames.length = 0;
      client.put({ is: "ping" });
      await client.frame("pong");
    }
    expect(client.total - start).toBeLessThanOrEqual(tunnelWindowBytes);
    const stalled = client.total;
    expect(target.sockets.at(-1)?.bytesWritten).toBeLessThan(most / 2);
    client.acknowledge();
    await client.until(() => client.total > stalled);
    client.socket.close();
  });
});

describe("a store that is away", () => {
  it("delays the row's end, loses nothing, and gets everything when it is back", async () => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    client.send(query("update t set n = 1"));
    await client.answered();
    await edge.fails("store", true);
    client.socket.close();
    await eventually(async () => (await edge.journal(spec.id)).at(-1)?.kind === "end");
    expect(await edge.ended(spec.id)).toBeNull();
    await edge.fails("store", false);
    await eventually(() => edge.ended(spec.id));
    expect(await edge.verdict(spec.id)).toBe("whole");
  });
});
