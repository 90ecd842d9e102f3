import { describe, test } from "vitest";
import { has, needs, POSTGRES_15 } from "../support/tools.ts";
import { answersAlike, randomStatements } from "./twins-random.ts";
import { HIDDEN, type Twins, useTwins } from "./twins.ts";

/* Non-interference on the wire for as many random statements as time allows; see alike.ts. */

const many = (twins: () => Twins): void =>
  test("both answer ten thousand random statements alike", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    await answersAlike(await twins().open("ada"), randomStatements(10_000, seed));
  });

describe("PostgreSQL 18", () => many(useTwins(HIDDEN)));

describe("PostgreSQL 15", () => {
  if (has("postgres15")) many(useTwins(HIDDEN, { postgresPrograms: POSTGRES_15 }));
  else test("twins", (context) => needs(context, "postgres15"));
});
