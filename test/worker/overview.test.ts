import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { type Count, countsOf, HOUR_MS } from "../../core/recording/counts.ts";
import type { Fact } from "../../core/fact.ts";
import { concat } from "../../core/bytes.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { addCounts } from "../../store/counts.ts";
import { database } from "../../store/db.ts";
import { newId } from "../../store/ids.ts";
import { idsOfResources } from "../../store/policies.ts";
import { putChunk } from "../../store/recordings.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aReview, aSession, AT } from "./things.ts";

let gate: Gateway;
let ida: string;
let resource: string;
beforeAll(async () => {
  gate = await Gateway.start();
  ida = (await gate.signIn("ida")).access_token;
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
  resource = (await idsOfResources(database(gate.env), ["shop-db"])).get("shop-db") ?? "";
});
afterAll(() => gate.stop());

const at = (instant: number) => new Date(instant).toISOString();
const ask = (from: number, to: number) =>
  gate.get(`/api/overview?from=${at(from)}&to=${at(to)}`, ida);
const overview = async (from: number, to: number) =>
  ROUTES.overview.answer.parse(await (await ask(from, to)).json());

/** A chunk of so many commands, all in one hour. */
const commands = (first: number, last: number): Count[] =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    seq: first + index,
    hour: Math.floor(AT / HOUR_MS),
    kind: "commands",
    n: 1,
  }));

async function ship(session: string, first: number, last: number): Promise<void> {
  const db = database(gate.env);
  const head = { session, first, last, h: "", at: AT, delivered: 0, key: "", signature: "" };
  const counts = commands(first, last);
  await db.batch([addCounts(db, { session, first, resource }, counts), putChunk(db, head)]);
}

describe("what a recording counts", () => {
  it("is what happened, and no byte of what was answered", () => {
    const facts: Fact[] = [
      { kind: "toClient", bytes: new Uint8Array(100) },
      { kind: "command", ...COMMAND },
      verdict("allow"),
      verdict("block"),
      verdict("review"),
      completed([]),
      completed([2, 3]),
      completed([], [4, 1]),
      completed([1], [1]),
    ];
    const records = facts.map((fact) => encodeEvent({ at: AT, command: 1, fact }, (p) => p));
    const hour = AT / HOUR_MS;
    expect(countsOf(10, concat(records))).toEqual([
      { seq: 11, hour, kind: "commands", n: 1 },
      { seq: 13, hour, kind: "blocked", n: 1 },
      { seq: 14, hour, kind: "held", n: 1 },
      { seq: 16, hour, kind: "masked", n: 5 },
      { seq: 17, hour, kind: "masked", n: 5 },
      { seq: 18, hour, kind: "masked", n: 2 },
    ]);
    expect(countsOf(1, Uint8Array.of(1, 2, 3))).toEqual([]);
  });
});

const COMMAND = {
  shown: "select 1",
  operations: [],
  objects: [],
  unbounded: false,
  digest: "",
  secret: null,
};
const verdict = (said: "allow" | "block" | "review"): Fact => ({
  kind: "decision",
  verdict: said,
  rules: [],
  message: null,
  policy: "pol_1",
});
const completed = (cells: readonly number[], found: readonly number[] = []): Fact => ({
  kind: "completed",
  tag: "SELECT",
  rows: 1,
  masked: cells.map((n) => ({ rule: "pii", cells: n })),
  findings: found.map((count, n) => ({ kind: `kind-${n}`, count })),
});

describe("the overview", () => {
  const hour = Math.floor(AT / HOUR_MS) * HOUR_MS;

  it("has each record once, however often its chunk is shipped, or grows", async () => {
    const session = newId("ses");
    await ship(session, 1, 3);
    await ship(session, 1, 3);
    expect((await overview(hour, hour + HOUR_MS)).total.commands).toBe(3);
    await ship(session, 1, 5);
    await ship(session, 6, 7);
    const { total, hours, resources } = await overview(hour - HOUR_MS, hour + HOUR_MS);
    expect(total.commands).toBe(7);
    expect(hours.map((one) => [one.at, one.commands])).toEqual([
      [at(hour - HOUR_MS), 0],
      [at(hour), 7],
    ]);
    expect(resources).toEqual([
      { resource: "shop-db", sessions: 0, commands: 7, blocked: 0, held: 0, masked: 0 },
    ]);
  });

  it("takes whole hours, and no more than a month of them", async () => {
    const some = await overview(hour + 60_000, hour + 120_000);
    expect([some.from, some.to, some.hours.length]).toEqual([at(hour), at(hour + HOUR_MS), 1]);
    expect((await ask(hour, hour)).status).toBe(400);
    expect((await ask(hour, hour + 40 * 86_400_000)).status).toBe(400);
    expect((await gate.get("/api/overview", ida)).status).toBe(400);
    expect((await gate.get("/api/overview?from=yesterday&to=now", ida)).status).toBe(400);
  });

  it("has what lives, and the answers that were slow in coming", async () => {
    await aSession(gate, { id: "eve", name: "eve", groups: [], kind: "person" });
    const settled = { state: "approved", askedAt: hour, settledAt: hour + 90_000 } as const;
    const review = aReview(gate, { id: "eve", name: "eve" });
    const { id } = review;
    gate.desk.reviews.set(id, { ...review, ...settled });
    const { live, slowest } = await overview(hour, hour + HOUR_MS);
    expect(live).toBe(1);
    expect(slowest).toEqual([
      {
        id,
        resource: "shop-db",
        principal: "eve",
        verdict: "approved",
        askedAt: at(hour),
        settledAt: at(hour + 90_000),
      },
    ]);
  });
});
