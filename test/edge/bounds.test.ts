import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Review } from "../../core/review/review.ts";
import type { SessionSpec } from "../../core/session.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import {
  complete,
  dataRow,
  FakePostgres,
  inTransaction,
  query,
  READY,
  ROW_DESCRIPTION,
} from "./fake-postgres.ts";

/* Every bound that ends or stops something, made small enough to be reached. */

const MIB = 1024 * 1024;
const journalBytes = 1 * MIB;
const bounds = {
  pingSeconds: 1,
  recallMs: 200,
  shipAgainMs: 300,
  shippingGraceSeconds: 1,
  journalBytesMax: journalBytes,
  journalRowBytesMax: 64 * 1024,
  chunkBytesMax: 256 * 1024,
  openReviewsMax: 2,
  heldInTransactionSeconds: 1,
};
const updated = Buffer.concat([complete("UPDATE 1"), READY]);
const deleted = Buffer.concat([complete("DELETE 1"), READY]);
const eve = { id: "u-eve", name: "eve", groups: ["leads"], kind: "person" };
const yes = { verdict: "approve", comment: null };

let edge: Edge;
let target: FakePostgres;
let answer: (sql: string, socket: Socket) => void;

beforeAll(async () => {
  edge = await Edge.start({ bounds });
});
afterAll(() => edge.stop());
beforeEach(async () => {
  answer = (sql, socket) => socket.write(sql.startsWith("delete") ? deleted : updated);
  target = new FakePostgres((sql, socket) => answer(sql, socket));
  await target.listen();
});
afterEach(async () => {
  for (const what of ["store", "journal", "word"] as const) await edge.fails(what, false);
  await target.stop();
});

const open = async (spec: SessionSpec): Promise<Client> => {
  const client = await (await edge.open(spec)).logIn();
  client.acknowledges = true;
  return client;
};

/** Of which little is left out by compression: the journal is bounded by what it keeps. */
const letters = (count: number): Buffer =>
  Buffer.from(randomBytes(count).toString("base64").slice(0, count));

/** The recording of a session that is over, whole; its bytes for the client. */
async function recorded(spec: SessionSpec): Promise<Buffer> {
  await eventually(() => edge.ended(spec.id));
  expect(await edge.verdict(spec.id)).toBe("whole");
  const facts = await edge.recording(spec.id);
  return Buffer.concat(facts.flatMap((fact) => (fact.kind === "toClient" ? [fact.bytes] : [])));
}

describe("the journal", () => {
  it("holds a turn that is larger than its rows, and gives it back to the byte", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    answer = (_, socket) => {
      const rows = [letters(3 * MIB), Buffer.alloc(3 * MIB, "x"), letters(200_000)].map(dataRow);
      socket.write(Buffer.concat([ROW_DESCRIPTION, ...rows, complete("SELECT 3"), READY]));
    };
    client.send(query("select v from t"));
    await client.ready(1);
    const { received } = client;
    client.socket.close();
    expect((await recorded(spec)).equals(received)).toBe(true);
  });

  it("stops the target while it is full, and goes on when the store is back", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    await edge.fails("store", true);
    const sent = 8 * MIB;
    answer = (_, socket) => {
      const rows = Array.from({ length: sent / 8_000 }, () => dataRow(letters(8_000)));
      socket.write(Buffer.concat([ROW_DESCRIPTION, ...rows, complete("SELECT"), READY]));
    };
    client.send(query("select v from t"));
    await client.until(() => client.received.length > journalBytes / 2);
    for (let round = 0; round < 20; round++) {
      client.frames.length = 0;
      client.put({ is: "ping" });
      await client.frame("pong");
    }
    expect(client.received.length).toBeLessThan(2 * journalBytes);
    await edge.fails("store", false);
    await client.ready(1);
    const { received } = client;
    expect(received.length).toBeGreaterThan(sent - MIB);
    client.socket.close();
    expect((await recorded(spec)).equals(received)).toBe(true);
  });

  it("ends a session whose store is away beyond the grace, and loses nothing", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    await edge.fails("store", true);
    const text = "x".repeat(100_000);
    const work = async () => {
      for (;;) {
        client.send(query(`update t set v = '${text}'`));
        await client.ready();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    void work().catch(() => {});
    const { code, message } = await client.frame("close");
    expect(code).toBe("recording_unavailable");
    expect(client.received.toString("latin1")).toContain(`C57P01\0M${message}`);
    await edge.fails("store", false);
    expect((await recorded(spec)).equals(client.received)).toBe(true);
    const commands = (await edge.recording(spec.id)).filter(({ kind }) => kind === "command");
    // The record comes first: the last command may be in it, and never have been sent.
    expect([0, 1]).toContain(commands.length - target.queries.length);
  });
});

describe("a journal that takes nothing more", () => {
  it("ends the session with 53100, and what could not be recorded has not happened", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    await client.ask("update t set n = 1");
    const { length } = client.received;
    await edge.fails("journal", true);
    client.send(query("update t set n = 2"));
    const { code, message } = await client.frame("close");
    expect(code).toBe("journal_full");
    const rest = client.received.subarray(length).toString("latin1");
    expect(rest).toContain(`SFATAL\0VFATAL\0C53100\0M${message}`);
    expect(target.queries).toEqual(["update t set n = 1"]);
    await edge.fails("journal", false);
    await eventually(() => edge.journal(spec.id).catch(() => null));
    expect((await recorded(spec)).equals(client.received.subarray(0, length))).toBe(true);
    expect(await edge.ended(spec.id)).toMatchObject({ end_code: "journal_full" });
  });

  it("shows nothing of an answer that could not be recorded", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    answer = (_, socket) =>
      void edge
        .fails("journal", true)
        .then(() => socket.write(Buffer.concat([ROW_DESCRIPTION, dataRow(secret), READY])));
    const secret = Buffer.from("canary");
    client.send(query("update t set n = 1 returning v"));
    await client.frame("close");
    expect(client.received.includes(secret)).toBe(false);
    expect(client.received.toString("latin1")).toContain("C53100\0");
  });
});

describe("the ping", () => {
  it("finds what no notice has told", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    const db = await edge.gateway.miniflare.getD1Database("DB");
    await db
      .prepare("update sessions set revoked_at = 1, revoked_reason = 'Enough.' where id = ?")
      .bind(spec.id)
      .run();
    expect(await client.frame("close")).toMatchObject({ code: "revoked", message: "Enough." });
    expect(client.received.toString("latin1")).toContain("C57P01\0MEnough.");
    await recorded(spec);
  });

  it("ends the session of a client that does not answer", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    client.answersPings = false;
    await client.frame("close");
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({
      end_code: "client_ended",
      end_message: "The client does not answer.",
    });
  });
});

describe("a half-close", () => {
  it("in the middle of a message ends the session at a ping", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    client.send(query("update t set n = 1").subarray(0, 9));
    client.put({ is: "end" });
    await client.frame("close");
    expect(await eventually(() => edge.ended(spec.id))).toMatchObject({
      end_message: "The client left in the middle of a message.",
    });
    expect(target.queries).toEqual([]);
  });
});

describe("reviews", () => {
  const pending = async (session: string): Promise<Review> =>
    eventually(async () => {
      const filter = { state: null, limit: 20, after: null };
      const reviews = await edge.call<Review[]>("DESK", "desk", "list", filter);
      return reviews.find((review) => review.session === session) ?? null;
    });
  const state = async (id: string) => (await edge.call<Review>("DESK", "desk", "get", id)).state;
  const held = async (principal = "u-ada") => {
    const base = edge.spec(target.port);
    const spec = { ...base, principal: { ...base.principal, id: principal } };
    const client = await open(spec);
    client.send(query("delete from t"));
    return { client, spec, review: await pending(spec.id) };
  };

  it("are asked about again when the desk's word was lost", async () => {
    const { client, review } = await held();
    await edge.fails("word", true);
    await edge.call("DESK", "desk", "vote", review.id, eve, yes);
    await client.ready(1);
    expect(client.received.includes("DELETE 1")).toBe(true);
    client.socket.close();
  });

  it("are bounded for each person", async () => {
    const first = await held("u-flood");
    const second = await held("u-flood");
    const base = edge.spec(target.port);
    const spec = { ...base, principal: { ...base.principal, id: "u-flood" } };
    const client = await open(spec);
    client.send(query("delete from t"));
    await client.ready(1);
    const said = client.received.toString("latin1");
    expect(said).toContain("C42501\0M2 reviews of yours are waiting already.");
    for (const one of [first.client, second.client, client]) one.socket.close();
    expect(target.queries).toEqual([]);
  });

  it("end soon in a transaction that holds locks, and an approval after that is void", async () => {
    const spec = edge.spec(target.port);
    const client = await open(spec);
    answer = (sql, socket) => {
      const tag = sql === "begin" ? "BEGIN" : "UPDATE 1";
      socket.write(Buffer.concat([complete(tag), inTransaction]));
    };
    for (const sql of ["begin", "update t set n = 1"]) {
      client.send(query(sql));
      await client.ready();
    }
    client.send(query("delete from t"));
    const review = await pending(spec.id);
    await client.ready();
    const said = client.received.toString("latin1");
    expect(said).toContain("C42501\0MNobody decided in time.");
    const late = await edge.call("DESK", "desk", "vote", review.id, eve, yes);
    expect(late).toMatchObject({ is: "refused", code: "settled" });
    expect(target.queries).toEqual(["begin", "update t set n = 1"]);
    client.socket.close();
  });

  it("run a command exactly when its approval is used, whoever is first", async () => {
    const rounds = 8;
    let used = 0;
    for (let round = 0; round < rounds; round++) {
      const { client, review } = await held(`u-${round}`);
      const vote = edge.call("DESK", "desk", "vote", review.id, eve, yes);
      if (round % 2 === 0) client.put({ is: "close", code: "client_ended", message: "" });
      else client.socket.terminate();
      await vote;
      await eventually(async () => (await state(review.id)) !== "pending");
      const { consumedAt } = await edge.call<Review>("DESK", "desk", "get", review.id);
      if (consumedAt !== null) used++;
    }
    expect(target.queries.length).toBeLessThanOrEqual(used);
  });
});
