import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { Gateway } from "./gateway.ts";
import { aSession } from "./things.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
let max: string;
beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
});
afterAll(() => gate.stop());

const targets = async () =>
  ROUTES.targets.answer.parse(await (await gate.get("/api/targets", max)).json()).items;
const check = (name: string) => gate.send("POST", `/api/resources/${name}/check`, max, {});

it("are none before there is a policy", async () => {
  expect(await targets()).toEqual([]);
  expect((await check("shop-db")).status).toBe(404);
});

describe("each resource", () => {
  beforeAll(async () => {
    await gate.apply(POLICY, max);
  });

  it("has its rules, and says whether its secret is set and never what it is", async () => {
    const [before, ledger] = await targets();
    expect(before?.secrets).toEqual([{ in: "secret", name: "shop-db-password", stored: null }]);
    expect(ledger?.secrets).toEqual([]);
    expect(before?.grants.map(({ id, reviewers }) => [id, reviewers])).toEqual([
      ["engineers", null],
    ]);
    expect(ledger?.grants).toMatchObject([{ id: "on-call", hours: 1, reviewers: ["leads"] }]);
    await gate.putSecret("shop-db-password", "hunter2", max);
    const all = await targets();
    expect(all[0]?.secrets).toMatchObject([{ stored: { author: "max" } }]);
    expect(JSON.stringify(all)).not.toContain("hunter2");
    expect(JSON.stringify(all)).not.toContain("e1:");
  });

  it("counts the sessions that live on it", async () => {
    const { id } = (await targets())[0] ?? { id: "" };
    const session = await aSession(gate, { id: "eve", name: "eve", groups: [], kind: "person" });
    await gate.env.DB.prepare("update sessions set resource = ? where id = ?")
      .bind(id, session)
      .run();
    expect((await targets()).map(({ live }) => live)).toEqual([1, 0]);
  });

  it("is checked now: what that shows is answered, kept and written down", async () => {
    expect((await targets())[0]?.health).toBeNull();
    const good = ROUTES.probe.answer.parse(await (await check("shop-db")).json());
    expect(good).toMatchObject({ reached: true, dialMs: 3, loginMs: 12, why: null });
    const { answer } = gate.catalogs;
    gate.catalogs.answer = null;
    const bad = ROUTES.probe.answer.parse(await (await check("shop-db")).json());
    gate.catalogs.answer = answer;
    expect(bad).toMatchObject({ reached: false, dialMs: null });
    const { health } = (await targets())[0] ?? {};
    expect(health).toEqual({
      reachedAt: good.at,
      dialMs: 3,
      loginMs: 12,
      failedAt: bad.at,
      failure: "10.0.0.5:5432 refused the connection.",
    });
    const trail = await gate.env.DB.prepare(
      "select actor, subject from audit_events where action = 'resource.check'",
    ).all();
    expect(trail.results).toEqual([1, 2].map(() => ({ actor: "max", subject: "shop-db" })));
    expect((await check("nowhere")).status).toBe(404);
  });
});
