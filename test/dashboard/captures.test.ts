import { beforeAll, describe, expect, it } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { base64 } from "../../core/bytes.ts";
import type { Action, Engine } from "../../core/engine.ts";
import type { Grammar } from "../../core/sql/grammar.ts";
import { AnswerLog } from "../../dashboard/src/answers.ts";
import { decideByText, retell } from "../support/capture.ts";
import { Conversation } from "../support/conversation.ts";
import { loadGrammar } from "../support/grammar.ts";
import { postgresCaptures } from "../support/postgres-captures.ts";
import { newPostgresEngine, postgresWords } from "../support/postgres-engine.ts";

/* Every golden conversation as it would be recorded: each answer must find its own statement. */

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

/** What the data path would record of these actions, in their order. */
function recordsOf(actions: readonly Action[]): RecordView[] {
  return actions
    .flatMap((action): Pick<RecordView, "kind" | "command" | "fact">[] => {
      if (action.do === "record") {
        const { kind, ...fact } = action.fact;
        return [{ kind, command: action.command, fact }];
      }
      if (action.do !== "forward" && action.do !== "reply") return [];
      if (action.to === "upstream" || (action.do === "reply" && action.secret === true)) return [];
      return [{ kind: "toClient", command: 0, fact: { bytes: base64(action.bytes) } }];
    })
    .map((record, index) => ({ ...record, seq: index + 1, at: "2026-01-01T00:00:00.000Z" }));
}

/** Rows that a tag says were sent; null: it says nothing of it. */
function rowsBy(tag: unknown): number | null {
  const [, rows] = /^(?:SELECT|FETCH) (\d+)$/.exec(String(tag)) ?? [];
  return rows === undefined ? null : Number(rows);
}

/** The beginning of a CREATE TABLE AS: it says how many rows it made, and sends none. */
const MAKES_A_TABLE = new Set(["extended-meaning 1"]);
/** Said in a login, which is not recorded, or not said any more within the conversation. */
const UNSAID = new Set(["client-garbage 1", "extended-name-reused 4", "opening-asks-twice 3"]);

describe("what was seen of each golden conversation", () => {
  it.each(postgresCaptures().map((capture) => [capture.name, capture] as const))(
    "%s",
    (name, capture) => {
      const engine = newPostgresEngine(grammar, capture.settings);
      const actions: Action[] = [];
      const step: Engine["step"] = (input) => {
        const taken = engine.step(input);
        actions.push(...taken);
        return taken;
      };
      const listening: Engine = { step, buffered: (side) => engine.buffered(side) };
      retell(capture, new Conversation(listening, decideByText), postgresWords);
      const log = new AnswerLog();
      const records = recordsOf(actions);
      const strays = records.flatMap((record) => log.take(record));
      for (const { seq, kind, fact } of records) {
        const place = `${name} ${seq}`;
        const answer = log.answers.get(seq);
        if (kind === "completed" || kind === "failed") {
          expect(answer !== undefined, place).toBe(!UNSAID.has(place));
        }
        const rows = kind === "completed" ? rowsBy(fact["tag"]) : null;
        if (rows !== null && !MAKES_A_TABLE.has(place)) expect(answer?.sent, place).toBe(rows);
      }
      // What no fact tells of is the session's end, or the refusal of a call by number.
      for (const { text } of strays.flatMap(({ answer }) => answer.words)) {
        expect(text).toMatch(/^(FATAL|ERROR: {2}Function calls)/);
      }
    },
  );
});
