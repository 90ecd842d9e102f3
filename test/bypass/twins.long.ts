import { describe, test } from "vitest";
import type { DemoSettings } from "../../demo/demo.ts";
import { has, needs, POSTGRES_15 } from "../support/tools.ts";
import { alike } from "./alike.ts";
import { answersAlike } from "./twins-differ.ts";
import { HIDDEN, KEYED, type Kind, useTwins } from "./twins.ts";

/* Non-interference on the wire for as many random statements as time allows; see alike.ts. */

function many(kind: Kind, more: Partial<DemoSettings> = {}): void {
  const twins = useTwins(kind, more);
  test("both answer ten thousand random statements alike", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    await answersAlike(twins(), 10_000, seed);
  });
}

describe("PostgreSQL 18", () => many(HIDDEN));
describe("PostgreSQL 18, hash and tokenise", () => many(KEYED));

if (has("postgres15")) {
  const more = { postgresPrograms: POSTGRES_15 };
  describe("PostgreSQL 15", () => many(HIDDEN, more));
  describe("PostgreSQL 15, hash and tokenise", () => many(KEYED, more));
  describe("PostgreSQL 15, hash and tokenise", () => alike(KEYED, more));
} else test("twins on PostgreSQL 15", (context) => needs(context, "postgres15"));
