import { test } from "vitest";
import { has, needs, POSTGRES_15 } from "../support/tools.ts";
import { alike } from "./alike.ts";
import { HIDDEN } from "./twins.ts";

if (has("postgres15")) {
  alike(HIDDEN, { postgresPrograms: POSTGRES_15 });
} else test("twins on PostgreSQL 15", (context) => needs(context, "postgres15"));
