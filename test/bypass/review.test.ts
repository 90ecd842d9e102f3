import { describe, expect, test } from "vitest";
import { i32 } from "../../core/bytes.ts";
import { cancelRequest, readFields } from "../../core/protocols/postgres/messages.ts";
import type { PersonName } from "../../demo/people.ts";
import { cli } from "../support/demo.ts";
import { POLICY, useGate } from "./gate.ts";
import { cellsOf, errorsOf, say, tagsOf, textsOf, Wire } from "./wire.ts";

/* E. Approvals and changes of policy, as somebody would bend them. Unbounded updates are held. */

const gate = useGate();

const HELD = "update plain set n = n + 1";
const OTHER = "update plain set n = n + 2";

/** Sends, and waits for the notice that names the review. */
async function hold(wire: Wire, sql: string): Promise<string> {
  wire.send(say.query(sql));
  const answers = await wire.until("N");
  const text = readFields(answers.at(-1)?.body ?? new Uint8Array(0))?.get("M") ?? "";
  return /rev_\w+/.exec(text)?.[0] ?? text;
}

const vote = (verb: "approve" | "reject", review: string, as: PersonName) =>
  cli(gate().demo, ["reviews", verb, review], { as });

const withdrawn = async (): Promise<string> =>
  (await cli(gate().demo, ["reviews", "--state", "withdrawn"], { as: "rui" })).stdout;

async function sum(): Promise<number> {
  const rows = await gate().run("sluice", "shop", "select sum(n)::int as n from plain");
  return (rows as unknown as [{ n: number }])[0].n;
}

describe("an approval", () => {
  test("lets the very same bytes run, once", async () => {
    const wire = await gate().open();
    const before = await sum();
    const first = await hold(wire, HELD);
    expect((await vote("approve", first, "rui")).code).toBe(0);
    expect(tagsOf(await wire.answers())).toEqual(["UPDATE 2"]);
    const second = await hold(wire, HELD);
    expect(second).not.toBe(first);
    expect((await vote("approve", first, "rui")).code).not.toBe(0);
    await vote("reject", second, "rui");
    expect(errorsOf(await wire.answers())[0]).toMatch(/^42501/);
    expect(await sum()).toBe(before + 2);
    wire.close();
  });

  test("of one statement says nothing of another one", async () => {
    const [one, two] = [await gate().open(), await gate().open()];
    const before = await sum();
    const mine = await hold(one, HELD);
    const other = await hold(two, OTHER);
    await vote("approve", mine, "rui");
    expect(tagsOf(await one.answers())).toEqual(["UPDATE 2"]);
    expect(await sum()).toBe(before + 2);
    await vote("reject", other, "rui");
    expect(errorsOf(await two.answers())[0]).toMatch(/^42501/);
    one.close();
    two.close();
  });

  test("cannot be given by whoever asked, nor by somebody who is no reviewer", async () => {
    const wire = await gate().open();
    const before = await sum();
    const review = await hold(wire, HELD);
    for (const person of ["ada", "ida", "max"] as const) {
      expect((await vote("approve", review, person)).code).not.toBe(0);
    }
    expect(await sum()).toBe(before);
    await vote("reject", review, "rui");
    expect(errorsOf(await wire.answers())[0]).toMatch(/^42501/);
    expect(textsOf(await wire.query("select 1"))).toEqual(["1"]);
    wire.close();
  });

  test("comes too late once the asker has left", async () => {
    const wire = await gate().open();
    const before = await sum();
    const review = await hold(wire, HELD);
    wire.close();
    await expect.poll(() => withdrawn()).toContain(review);
    expect((await vote("approve", review, "rui")).code).not.toBe(0);
    expect(await sum()).toBe(before);
  });

  test("comes too late once the statement was cancelled", async () => {
    const door = await gate().door("ada");
    const { wire, greeting } = await Wire.open(door);
    const key = greeting.find(({ letter }) => letter === "K")?.body ?? new Uint8Array(4);
    const review = await hold(wire, HELD);
    new Wire(door.port).send(cancelRequest(i32(key, 0), key.subarray(4)));
    expect(errorsOf(await wire.answers())[0]).toMatch(/^57014/);
    expect((await vote("approve", review, "rui")).code).not.toBe(0);
    expect(textsOf(await wire.query("select 1"))).toEqual(["1"]);
    wire.close();
  });
});

describe("what waits in a pipeline behind a held statement", () => {
  test("comes after it, in order", async () => {
    const wire = await gate().open();
    const review = await hold(wire, HELD);
    wire.send(say.query("select 'behind'"));
    await vote("reject", review, "rui");
    const answers = await wire.answers(2);
    expect(errorsOf(answers)[0]).toMatch(/^42501/);
    expect(textsOf(answers)).toEqual(["behind"]);
    wire.close();
  });
});

describe("a new policy", () => {
  const masksCity = POLICY.replace("- people.card", "- people.card\n      - people.city");

  test("masks what was prepared and bound under the old one", async () => {
    const wire = await gate().open();
    const sql = "select city, city || '' from people where id = 1";
    await wire.ask(say.parse(sql, "s"), say.describe("S", "s"), say.sync());
    await wire.query("begin");
    await wire.ask(say.bind({ portal: "p", statement: "s" }), say.sync());
    const run = [say.bind({ statement: "s" }), say.execute(), say.sync()];
    expect(textsOf(await wire.ask(...run))).toEqual(["Berlin", "Berlin"]);
    await gate().demo.apply(masksCity);
    try {
      const masked = ["[redacted]", "[redacted]"];
      await expect.poll(async () => textsOf(await wire.ask(...run))).toEqual(masked);
      expect(textsOf(await wire.ask(say.execute("p"), say.sync()))).toEqual(masked);
      await wire.query("rollback");
      expect(textsOf(await wire.query(sql))).toEqual(masked);
    } finally {
      await gate().demo.apply(POLICY);
    }
    wire.close();
  });

  test("decides again what is held", async () => {
    const wire = await gate().open();
    const before = await sum();
    await hold(wire, HELD);
    await gate().demo.apply(
      POLICY.replace("then: review, reviewers: [leads, engineers]", "then: block"),
    );
    try {
      expect(errorsOf(await wire.answers())[0]).toMatch(/^42501/);
      expect(await sum()).toBe(before);
    } finally {
      await gate().demo.apply(POLICY);
    }
    wire.close();
  });

  test("masks what a cursor held over COMMIT still reads", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    await wire.query("declare c cursor with hold for select city || '!' from people where id = 1");
    await wire.query("commit");
    await gate().demo.apply(masksCity);
    try {
      const fetched = async () => cellsOf(await wire.query("fetch first from c")).map(String);
      await expect
        .poll(async () => textsOf(await wire.query("select city from people where id = 1")))
        .toEqual(["[redacted]"]);
      expect((await fetched()).join()).not.toContain("Berlin");
    } finally {
      await gate().demo.apply(POLICY);
    }
    wire.close();
  });
});
