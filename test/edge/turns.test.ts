import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { Turns } from "../../durable-objects/exchange/turns.ts";

it("lets so many begin at a time, the others in their order", async () => {
  const turns = new Turns(2);
  const [begun, ended]: [number[], number[]] = [[], []];
  let most = 0;
  const work = async (n: number): Promise<void> => {
    await turns.begin();
    begun.push(n);
    most = Math.max(most, begun.length - ended.length);
    await sleep(5);
    ended.push(n);
    turns.end();
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(work));
  expect(most).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  await Promise.all([6, 7].map(work));
  expect(most).toBe(2);
});
