import { afterAll, beforeAll, expect, it } from "vitest";
import { database } from "../../store/db.ts";
import { newId } from "../../store/ids.ts";
import { addOpening, closeOpenings, openSessions } from "../../store/openings.ts";
import { endSession } from "../../store/sessions.ts";
import { Gateway } from "./gateway.ts";
import { aSession } from "./things.ts";

const EVE = { id: "eve", name: "eve", groups: ["engineers"], kind: "person" } as const;
const NOW = Date.UTC(2026, 10, 25, 12);

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());

it("only sessions that live or soon will are open; an hourly sweep closes the rest", async () => {
  const db = database(gate.env);
  const opened = async (session: string, openedAt: number) => {
    await addOpening(db, { session, signIn: "tok", principal: "eve", openedAt });
    return session;
  };
  const live = await opened(await aSession(gate, EVE), NOW - 3_600_000);
  const over = await opened(await aSession(gate, EVE), NOW - 3_600_000);
  await endSession(db, over, { code: "client", message: "", commands: 0 }, NOW);
  const begun = await opened(newId("ses"), NOW - 1_000);
  const abandoned = await opened(newId("ses"), NOW - 3_600_000);
  const open = async () => (await openSessions(db, { principal: "eve" })).toSorted();
  expect(await open()).toEqual([live, begun, abandoned].toSorted());
  await closeOpenings(db, NOW);
  expect(await open()).toEqual([live, begun].toSorted());
});
