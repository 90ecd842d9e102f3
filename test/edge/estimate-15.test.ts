import { test } from "vitest";
import { useDemo } from "../support/demo.ts";
import { has, needs, POSTGRES_15 } from "../support/tools.ts";
import { estimates, HELD_POLICY } from "./estimate.ts";

if (has("postgres15")) {
  estimates(useDemo({ policy: HELD_POLICY, postgresPrograms: POSTGRES_15 }), 15);
} else test("estimates of PostgreSQL 15", (context) => needs(context, "postgres15"));
