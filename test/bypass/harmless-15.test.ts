import { test } from "vitest";
import { has, needs, POSTGRES_15 } from "../support/tools.ts";
import { useGate } from "./gate.ts";
import { dumps, harmless, restores } from "./harmless.ts";

if (has("postgres15")) {
  const gate = useGate({ postgresPrograms: POSTGRES_15 });
  harmless(gate);
  dumps(gate);
  restores(gate);
} else test("harmless statements on PostgreSQL 15", (context) => needs(context, "postgres15"));
