import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Grammar } from "../../../../core/sql/grammar.ts";
import { decideByText } from "../../../support/capture.ts";
import { Conversation } from "../../../support/conversation.ts";
import { loadGrammar } from "../../../support/grammar.ts";
import { postgresCaptures } from "../../../support/postgres-captures.ts";
import { newPostgresEngine } from "../../../support/postgres-engine.ts";
import { anythingGoes, mutated, shortOnes } from "../../../support/postgres-fuzz.ts";
import { engineCases } from "../engine-cases.ts";

let grammar: Grammar;
const captures = postgresCaptures();

engineCases({
  name: "PostgreSQL",
  newEngine: (settings) => newPostgresEngine(grammar, settings),
  ready: async () => {
    grammar = await loadGrammar();
  },
  captures,
  decide: decideByText,
  fuzz: fc.oneof(anythingGoes, mutated(shortOnes(captures))),
});

describe("what of a login may be recorded", () => {
  it.each(["opening-3.0", "opening-3.2", "opening-scram", "opening-tls"])("%s: nothing", (name) => {
    const capture = captures.find((candidate) => candidate.name === name);
    const settings = capture?.settings ?? new Map();
    const conversation = new Conversation(newPostgresEngine(grammar, settings), decideByText);
    for (const { step } of capture?.steps ?? []) {
      const { toClient, toUpstream, secretBytes } = conversation.take(step);
      const declined = toClient.every((byte) => byte === 0x4e) ? toClient.length : 0;
      expect(secretBytes).toBe(toClient.length - declined + toUpstream.length);
    }
  });
});
