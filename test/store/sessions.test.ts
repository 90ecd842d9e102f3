import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact } from "../../core/fact.ts";
import { database } from "../../store/db.ts";
import { listSessions, type SessionFilter } from "../../store/sessions.ts";
import { command, decision } from "../support/facts.ts";
import { Gateway } from "../worker/gateway.ts";
import { aSession, index } from "../worker/things.ts";

const day = 86_400_000;
const START = Date.UTC(2026, 9, 1);
const ADA = { id: "sub-ada", name: "ada", groups: [], kind: "person" } as const;
const BOB = { id: "sub-bob", name: "bob", groups: [], kind: "person" } as const;

/** Who, where, and what happened; one a day. */
const SESSIONS: readonly [string, typeof ADA | typeof BOB, string, readonly Fact[]][] = [
  ["a", ADA, "shop-db", [command("select name from customers", "public.customers")]],
  [
    "b",
    BOB,
    "shop-db",
    [command("drop table orders", "public.orders"), decision("block", "no-drop")],
  ],
  ["c", ADA, "pay-db", [command("delete from order_notes", "public.order_notes")]],
  ["d", BOB, "pay-db", [decision("review", "careful"), decision("allow", "engineers")]],
  [
    "e",
    ADA,
    "shop-db",
    [command("delete from Ünïcode", "public.Ünïcode"), decision("block", "no-drop")],
  ],
  ["f", ADA, "shop-db", []],
];

let gate: Gateway;
const ids = new Map<string, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const [n, [name, who, resource, facts]] of SESSIONS.entries()) {
    const id = await aSession(gate, who, { name: resource, now: START + n * day });
    ids.set(id, name);
    if (facts.length > 0) await index(gate, id, facts);
    if (n < 4)
      await gate.env.DB.prepare("update sessions set ended_at = 1 where id = ?").bind(id).run();
  }
});
afterAll(() => gate.stop());

const list = async (filter: Partial<SessionFilter>): Promise<string> => {
  const rows = await listSessions(database(gate.env), { limit: 10, ...filter });
  return rows.map(({ id }) => ids.get(id)).join("");
};

const FILTERS: readonly [filter: Partial<SessionFilter>, found: string][] = [
  [{}, "fedcba"],
  [{ live: true }, "fe"],
  [{ live: false }, "dcba"],
  [{ owner: "sub-ada" }, "feca"],
  [{ owner: "ada" }, ""],
  [{ principal: "ada" }, "feca"],
  [{ principal: "sub-bob" }, "db"],
  [{ resource: "pay-db" }, "dc"],
  [{ from: START + day, to: START + 3 * day }, "cb"],
  [{ from: Date.UTC(1900, 0), to: Date.UTC(9999, 11) }, "fedcba"],
  [{ from: Date.UTC(1900, 0), to: Date.UTC(9999, 11), verdict: "blocked" }, "eb"],
  [{ from: Date.UTC(9999, 11), verdict: "blocked" }, ""],
  [{ verdict: "blocked" }, "eb"],
  [{ verdict: "masked" }, ""],
  [{ rule: "no-drop" }, "eb"],
  [{ rule: "no" }, ""],
  [{ object: "public.customers" }, "a"],
  [{ object: "public.ünïcode" }, ""],
  [{ object: "public.Ünïcode" }, "e"],
  [{ text: "delete" }, "ec"],
  [{ owner: "sub-ada", resource: "shop-db" }, "fea"],
  [{ owner: "sub-ada", principal: "bob" }, ""],
  [{ owner: "sub-ada", principal: "ada", live: false }, "ca"],
  [{ owner: "sub-ada", verdict: "blocked" }, "e"],
  [{ owner: "sub-ada", text: "from" }, "eca"],
  [{ principal: "bob", verdict: "blocked" }, "b"],
  [{ principal: "sub-bob", resource: "pay-db", rule: "careful" }, "d"],
  [{ principal: "ada", resource: "shop-db" }, "fea"],
  [{ resource: "shop-db", live: true }, "fe"],
  [{ live: true, verdict: "blocked" }, "e"],
  [{ live: false, verdict: "blocked" }, "b"],
  [{ live: true, text: "customers" }, ""],
  [{ verdict: "blocked", rule: "no-drop", text: "table" }, "b"],
  [{ verdict: "blocked", from: START + 2 * day }, "e"],
  [{ text: "delete", to: START + 3 * day }, "c"],
];

describe("a list of sessions", () => {
  it.each(FILTERS)("%j", async (filter, expected) => {
    expect(await list(filter)).toBe(expected);
  });

  it.each(FILTERS)("%j comes the same page by page", async (filter, expected) => {
    let got = "";
    let after: string | undefined;
    for (let page = 0; page <= expected.length; page++) {
      const [row] = await listSessions(database(gate.env), { ...filter, limit: 1, after });
      if (row === undefined) break;
      got += ids.get(row.id);
      after = row.id;
    }
    expect(got).toBe(expected);
  });

  it.each(FILTERS)("%j is led by an index", async (filter) => {
    const after = [...ids.keys()].at(-1);
    for (const page of [{}, { after }]) {
      for (const line of await plansOf({ ...filter, ...page })) {
        // The primary key in its order is how everybody's list is read; the rest is found.
        if (!isEverybodys(filter)) expect(line).not.toMatch(/^SCAN sessions/);
        expect(line).not.toMatch(/AUTOMATIC|TEMP B-TREE/);
      }
    }
  });
});

/** Nothing to look for, or what nearly all of them are. */
const isEverybodys = ({ live, ...others }: Partial<SessionFilter>): boolean =>
  live !== true && Object.keys(others).length === 0;

/** What SQLite would do for each statement of the list. */
async function plansOf(filter: Partial<SessionFilter>): Promise<string[]> {
  const asked: D1PreparedStatement[] = [];
  const { DB } = gate.env;
  const explain = (sql: string) => DB.prepare(`explain query plan ${sql}`);
  const prepare = (sql: string) => {
    const [plain, plan] = [DB.prepare(sql), explain(sql)];
    return {
      bind: (...values: unknown[]) => {
        asked.push(plan.bind(...values));
        return plain.bind(...values);
      },
    };
  };
  await listSessions(database({ DB: { prepare } as unknown as D1Database }), {
    limit: 51,
    ...filter,
  });
  const plans = await Promise.all(asked.map((statement) => statement.all<{ detail: string }>()));
  return plans.flatMap(({ results }) => results.map(({ detail }) => detail));
}

describe("what is searched for", () => {
  it.each([
    ["order_notes", "c"],
    ["notes", "c"],
    ['"delete from"', "ec"],
    ['"from delete"', ""],
    ["from delete", "ec"],
    ["unicode", "e"],
    ["DELETE", "ec"],
    ['"', ""],
    ["==", ""],
    ["''\u0000", ""],
    ["delete\u0000", "ec"],
    ["delete\u0000notes", ""],
    ["delete AND", ""],
    ["NOT delete", ""],
    ["shown : delete", ""],
    ["delete*", "ec"],
    ["del*", ""],
    ["-delete ^delete (delete", "ec"],
    ['delete"from', "ec"],
    ["NEAR(delete from)", ""],
    ["o7375622D616461", ""],
    ["😀 delete", "ec"],
  ])("%j is only ever words", async (text, expected) => {
    expect(await list({ text })).toBe(expected);
  });

  it("is found once when its chunk comes again, and with what came later", async () => {
    const id = await aSession(gate, ADA, { now: START + 10 * day });
    ids.set(id, "x");
    const before = await index(gate, id, [command("select pangolins")]);
    await index(gate, id, [command("select pangolins")]);
    await index(gate, id, [command("select walruses")], before);
    expect(await list({ text: "pangolins walruses" })).toBe("x");
    expect(await list({ text: "pangolins", object: "public.customers" })).toBe("");
  });

  it("holds no statement where nothing is to be recorded", async () => {
    const id = await aSession(gate, ADA, { now: START + 11 * day, recording: "off" });
    ids.set(id, "y");
    await index(gate, id, [command("select lemurs"), decision("block", "no-lemurs")]);
    expect(await list({ text: "lemurs" })).toBe("");
    expect(await list({ rule: "no-lemurs" })).toBe("y");
  });
});
