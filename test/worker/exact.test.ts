import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { sealWith } from "../../durable-objects/crypto.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, AT, DATA_KEY, notes, ship } from "./things.ts";

const ADA = { id: "ada", name: "ada", groups: ["engineers"], kind: "person" } as const;
const TYPED = "select * from customers where ssn = '123-45-6789'";
const PARAMETERS = [{ type: 25, format: 0, value: "aGk=" }];

let gate: Gateway;
let session: string;
const tokens = new Map<string, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const who of ["ada", "ida", "max"]) {
    tokens.set(who, (await gate.signIn(who)).access_token);
  }
  await gate.apply(POLICY, tokens.get("max") ?? "");
  session = await aSession(gate, ADA);
  const secret = { text: TYPED, parameters: PARAMETERS };
  const command = {
    kind: "command",
    shown: "select * from customers where ssn = '[hidden]'",
    operations: ["select"],
    objects: ["public.customers"],
    unbounded: false,
    digest: "00",
    secret,
  } as const;
  const silent = { ...command, secret: null };
  const records = [command, silent].map((fact) =>
    encodeEvent({ at: AT, command: 1, fact }, sealWith(DATA_KEY)),
  );
  await ship(gate, session, 1, [...notes("one"), ...records]);
});
afterAll(() => gate.stop());

const open = (who: string, body: object) =>
  gate.send("POST", `/api/sessions/${session}/exact`, tokens.get(who) ?? "", body);

async function openings() {
  const query = "select actor, detail from audit_events where action = 'recording.unseal'";
  return (await gate.env.DB.prepare(query).all()).results;
}

describe("what was typed, to the letter", () => {
  it("opens to a group that the policy names, and each opening is recorded", async () => {
    const answer = await open("ida", { reason: "incident 12" });
    const { items } = ROUTES.exact.answer.parse(await answer.json());
    expect(items).toMatchObject([{ seq: 2, text: TYPED, parameters: PARAMETERS }]);
    expect(await openings()).toEqual([
      { actor: "ida", detail: '{"reason":"incident 12","from":0}' },
    ]);
  });

  it.each([
    ["nobody by a role alone, not even an admin", "max", { reason: "curious" }, 403],
    ["not the one who typed it", "ada", { reason: "curious" }, 403],
    ["nobody without a reason", "ida", {}, 400],
    ["nobody by an empty reason", "ida", { reason: "    " }, 400],
  ])("opens to %s", async (_, who, body, status) => {
    const before = await openings();
    const answer = await open(who, body);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain("123-45-6789");
    expect(await openings()).toEqual(before);
  });

  it("stays sealed in every other view", async () => {
    for (const path of ["records", "recording", "recording/1"]) {
      const answer = await gate.get(`/api/sessions/${session}/${path}`, tokens.get("ida") ?? "");
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).includes("123-45-6789")).toBe(false);
    }
  });
});
