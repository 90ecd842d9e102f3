import { expect, it } from "vitest";
import { KillRounds, seedOf } from "./kill-rounds.ts";

const count = 200;
const seed = seedOf(process.env["SLUICE_SEED"]);

it(`kill -9 in ${count} rounds (SLUICE_SEED=${seed}) loses nothing seen or done`, async () => {
  const rounds = await KillRounds.start(seed, count);
  try {
    let seenBytes = 0;
    for (let round = 0; round < count; round++) seenBytes += await rounds.check(round);
    expect(seenBytes).toBeGreaterThan(0);
  } finally {
    await rounds.stop();
  }
});
