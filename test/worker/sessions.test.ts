import { afterAll, beforeAll, expect, it } from "vitest";
import { database } from "../../store/db.ts";
import { forgetOldStatements } from "../../worker/retention.ts";
import { command, decision } from "../support/facts.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, index } from "./things.ts";

let gate: Gateway;
let [ada, ida]: [string, string] = ["", ""];
const sessions: string[] = [];
beforeAll(async () => {
  gate = await Gateway.start();
  ada = (await gate.signIn("ada")).access_token;
  ida = (await gate.signIn("ida")).access_token;
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
  for (const [day, id] of ["ada", "eve", "ada"].entries()) {
    const principal = { id, name: id, groups: [], kind: "person" } as const;
    const session = await aSession(gate, principal, { now: Date.UTC(2026, 10, 20 + day) });
    await index(gate, session, [
      command("drop table orders", "public.orders"),
      decision("block", "r"),
    ]);
    sessions.push(session);
  }
});
afterAll(() => gate.stop());

async function listed(token: string, query: string) {
  const answer = await gate.get(`/api/sessions?${query}`, token);
  const { items, next } = await answer.json<{ items: { id: string }[]; next: string | null }>();
  return { numbers: items.map(({ id }) => sessions.indexOf(id)), next };
}

it.each(["verdict=blocked", "rule=r", "object=public.orders", "text=%22drop%20table%22", ""])(
  "%s finds everybody's for auditors and their own for others",
  async (query) => {
    expect(await listed(ida, query)).toEqual({ numbers: [2, 1, 0], next: null });
    expect(await listed(ada, query)).toEqual({ numbers: [2, 0], next: null });
    expect(await listed(ada, `${query}&principal=eve`)).toEqual({ numbers: [], next: null });
    const first = await listed(ada, `${query}&limit=1`);
    expect(first).toEqual({ numbers: [2], next: sessions[2] });
    const rest = await listed(ada, `${query}&limit=1&after=${first.next}`);
    expect(rest).toEqual({ numbers: [0], next: null });
  },
);

it("takes instants with any offset, the first within and the last not", async () => {
  const between = "from=2026-11-21T00:00:00Z&to=2026-11-22T01:00:00%2B01:00";
  expect(await listed(ida, between)).toEqual({ numbers: [1], next: null });
});

it.each(["after=x", "from=yesterday", "to=2026-11-25", "verdict=nice", "text=", "rule="])(
  "%s is refused in words",
  async (query) => {
    const answer = await gate.get(`/api/sessions?${query}`, ida);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringMatching(/^\w+: ./) as string,
    });
  },
);

it("forgets what was said when the recording's time is over, and keeps who was where", async () => {
  const eve = { id: "eve", name: "eve", groups: [], kind: "person" } as const;
  const ages = [364, 366].map((days) => Date.now() - days * 86_400_000);
  for (const now of ages) {
    const session = await aSession(gate, eve, { now });
    await index(gate, session, [command("select axolotls")]);
    sessions.push(session);
  }
  const [kept, gone] = [sessions.length - 2, sessions.length - 1];
  expect((await listed(ida, "text=axolotls")).numbers).toEqual([kept, gone]);
  await forgetOldStatements(database(gate.env), Date.now());
  expect((await listed(ida, "text=axolotls")).numbers).toEqual([kept]);
  expect((await listed(ida, "principal=eve")).numbers).toEqual([1, kept, gone]);
});
