import { afterAll, beforeAll, expect, it } from "vitest";
import { KillRounds, seedOf } from "./kill-rounds.ts";

const count = 20;
const seed = seedOf(process.env["SLUICE_SEED"]);
let rounds: KillRounds;

beforeAll(async () => {
  rounds = await KillRounds.start(seed, count);
});
afterAll(() => rounds.stop());

it(`kill -9 in ${count} rounds (SLUICE_SEED=${seed}) loses nothing seen or done`, async () => {
  const first = await rounds.kill(0);
  let seenBytes = 0;
  for (let round = 1; round < count; round++) seenBytes += await rounds.check(round);
  expect(seenBytes).toBeGreaterThan(0);
  await rounds.recorded(first, "by the alarm alone");
}, 600_000);
