import { afterAll, beforeAll, expect, it } from "vitest";
import { Holds } from "../support/http-holds.ts";

/* Sessions of requests are found by token, resource and reason, and no client opens ever more. */

let holds: Holds;
beforeAll(async () => {
  holds = await Holds.start({ exchangesOpenedMax: 3 });
});
afterAll(() => holds?.stop());

const ask = (reason: string) => holds.call("/fine", { headers: { "sluice-reason": reason } });
const sessionOf = (answer: Response): string | null => answer.headers.get("sluice-session");

it("are no more than a principal may open, and those that are there go on", async () => {
  holds.upstream.told.set("/fine", { headers: [["content-type", "application/json"]], pieces: [] });
  const first = await ask("one");
  expect(first.status).toBe(200);
  const long = `two ${"x".repeat(600)}`;
  const second = await ask(`${long} and more`);
  expect(sessionOf(second)).not.toBe(sessionOf(first));
  // What is beyond a reason's length is no part of it.
  expect(sessionOf(await ask(`${long} and others`))).toBe(sessionOf(second));
  // The time may begin anew once in between.
  const more: Response[] = [];
  for (let n = 0; n < 8 && more.at(-1)?.status !== 429; n++) more.push(await ask(`${n}`));
  const over = more.at(-1) as Response;
  expect([over.status, await over.json()]).toMatchObject([429, { code: "too_many" }]);
  expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(sessionOf(await ask("one"))).toBe(sessionOf(first));
  const other = await holds.call("/fine", { as: "rui", headers: { "sluice-reason": "four" } });
  expect(other.status).toBe(200);
});
