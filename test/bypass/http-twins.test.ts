import { afterAll, beforeAll, expect, test } from "vitest";
import { alike, RAW, sample, twin, Twins } from "./http-twins.ts";

const seed = Number(process.env["SLUICE_SEED"] ?? 20_260_101);
let twins: Twins;
beforeAll(async () => {
  twins = await Twins.start();
});
afterAll(() => twins?.stop());

test("two services that differ in masked values answer alike", async () => {
  await alike(twins, 300, seed);
});

test("where nothing is masked, they do not", async () => {
  for (const each of sample(twin, { numRuns: 40, seed })) {
    const [one, other] = await twins.ask({ ...each, method: "GET" }, RAW);
    expect(other).not.toBe(one);
  }
});
