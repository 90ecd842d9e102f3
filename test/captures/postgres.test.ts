import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Grammar } from "../../core/sql/grammar.ts";
import { decideByText, retell } from "../support/capture.ts";
import { Conversation } from "../support/conversation.ts";
import { loadGrammar } from "../support/grammar.ts";
import { captureFolder, postgresCaptures } from "../support/postgres-captures.ts";
import { newPostgresEngine, postgresWords } from "../support/postgres-engine.ts";

/* Golden conversations (README.md beside this file). SLUICE_CAPTURES=write writes them anew. */

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

describe("PostgreSQL, word for word", () => {
  it.each(postgresCaptures().map((capture) => [capture.lines[0]?.slice(2), capture] as const))(
    "%s",
    (_, capture) => {
      const file = join(captureFolder, `${capture.name}.txt`);
      const engine = newPostgresEngine(grammar, capture.settings);
      const told = retell(capture, new Conversation(engine, decideByText), postgresWords);
      if (process.env["SLUICE_CAPTURES"] === "write") writeFileSync(file, told);
      expect(told).toBe(readFileSync(file, "utf8"));
    },
  );
});
