import { afterAll, beforeAll, test } from "vitest";
import { alike, Twins } from "./http-twins.ts";

/* Non-interference over HTTP for ten thousand answers; see http-twins.ts. */

let twins: Twins;
beforeAll(async () => {
  twins = await Twins.start();
});
afterAll(() => twins?.stop());

test("two services that differ in masked values answer ten thousand times alike", async () => {
  await alike(twins, 10_000, Math.floor(Math.random() * 2 ** 31));
});
