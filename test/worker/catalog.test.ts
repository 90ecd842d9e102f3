import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { SHOP } from "../core/sql/shop.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
const tokens = new Map<string, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const who of ["ada", "max"]) tokens.set(who, (await gate.signIn(who)).access_token);
  await gate.apply(POLICY, tokens.get("max") ?? "");
  await gate.putSecret("shop-db-password", "hunter2", tokens.get("max") ?? "");
});
afterAll(() => gate.stop());

const read = (who: string, name: string) =>
  gate.get(`/api/resources/${name}/catalog`, tokens.get(who) ?? "");

async function readings() {
  const query =
    "select actor, action, subject, outcome from audit_events " +
    "where action = 'catalog.read' or subject like '%catalog' order by id";
  return (await gate.env.DB.prepare(query).all()).results;
}

describe("reading a target's catalog", () => {
  it("is for admins, without any grant, afresh, and stands in the audit trail", async () => {
    gate.catalogs.answer = SHOP;
    const answer = await read("max", "shop-db");
    expect(answer.status).toBe(200);
    const saved = ROUTES.catalog.answer.parse(await answer.json());
    expect(saved).toEqual({ resource: "shop-db", catalog: SHOP });
    expect(gate.catalogs.asked).toMatchObject([
      { why: "changed", known: null, spec: { resource: { name: "shop-db", database: "shop" } } },
    ]);
    expect(JSON.stringify(gate.catalogs.asked)).not.toContain("hunter2");
    expect(await readings()).toEqual([
      { actor: "max", action: "catalog.read", subject: "shop-db", outcome: "done" },
    ]);
  });

  it("is refused to others, whatever they may open, before any target is asked", async () => {
    gate.catalogs.asked.length = 0;
    const answer = await read("ada", "shop-db");
    expect(answer.status).toBe(403);
    expect(gate.catalogs.asked).toEqual([]);
    expect((await readings()).at(-1)).toMatchObject({ actor: "ada", outcome: "denied" });
  });

  it("knows no other resources", async () => {
    expect((await read("max", "nothing")).status).toBe(404);
  });

  it("says of a target that does not answer no more than that", async () => {
    gate.catalogs.answer = null;
    const answer = await read("max", "ledger");
    expect(answer.status).toBe(502);
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({
      code: "target_unavailable",
      detail: "The catalog of ledger cannot be read.",
    });
    expect(body).not.toContain("10.0.0.5");
  });
});
