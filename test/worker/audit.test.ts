import { createHash, createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { verifyHours } from "../../core/recording/hours.ts";
import { chainHour } from "../../worker/hours.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, AT, notes, ship } from "./things.ts";

const EVE = { id: "eve", name: "eve", groups: [], kind: "person" } as const;
const HOUR = 3_600_000;

let gate: Gateway;
let ida: string;
beforeAll(async () => {
  gate = await Gateway.start();
  ida = (await gate.signIn("ida")).access_token;
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
});
afterAll(() => gate.stop());

describe("the heads over all sessions", () => {
  const entries = async (query = "") =>
    ROUTES.hours.answer.parse(await (await gate.get(`/api/audit/hours${query}`, ida)).json());

  async function verdict() {
    const keys = ROUTES.keys.answer.parse(
      await (await gate.request("/.well-known/sluice-keys")).json(),
    );
    const x = Buffer.from(keys.keys[0]?.key ?? "", "base64").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verifyHours((await entries()).items, {
      digest: (data) => createHash("sha256").update(data).digest(),
      verifies: (_, signature, message) => verify(null, message, key, signature),
    });
  }

  it("list each chunk once, an hour after the other, and what is young the next time", async () => {
    const [one, two] = [await aSession(gate, EVE), await aSession(gate, EVE)];
    await ship(gate, one, 1, notes("one"));
    await chainHour(gate.env, AT + 60_000);
    await chainHour(gate.env, AT + HOUR);
    await ship(gate, two, 1, notes("two"), AT + HOUR);
    await chainHour(gate.env, AT + 2 * HOUR);
    await chainHour(gate.env, AT + 2 * HOUR);
    const found = await verdict();
    if (found.is !== "whole") throw new Error(found.why);
    const listed = found.hours.map(({ chunks }) => chunks.map(({ session }) => session));
    expect(listed).toEqual([[], [one], [two]]);
  });

  it("come in pages, oldest first", async () => {
    const first = await entries("?limit=2");
    expect(first.items).toHaveLength(2);
    const rest = await entries(`?after=${first.next}`);
    expect([rest.items.length, rest.next]).toEqual([1, null]);
  });
});

it("the audit trail comes in pages, newest first, and each event once", async () => {
  const ids: string[] = [];
  let after = "";
  for (;;) {
    const answer = await gate.get(`/api/audit?limit=2${after}`, ida);
    const page = ROUTES.audit.answer.parse(await answer.json());
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
  const [newest] = ROUTES.audit.answer.parse(
    await (await gate.get("/api/audit", ida)).json(),
  ).items;
  expect(newest).toMatchObject({ action: "policy.apply", actor: { name: "max" }, outcome: "done" });
});
