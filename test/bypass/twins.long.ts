import { test } from "vitest";
import { answersAlike, randomStatements } from "./twins-random.ts";
import { useTwins } from "./twins.ts";

/* Non-interference on the wire for as many random statements as time allows; see alike.ts. */

const twins = useTwins();

test("both answer ten thousand random statements alike", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  await answersAlike(await twins().open("ada"), randomStatements(10_000, seed));
});
