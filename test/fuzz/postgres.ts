import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { concat, hex, text, utf8 } from "../../core/bytes.ts";
import type { Grammar } from "../../core/sql/grammar.ts";
import { decideByText } from "../support/capture.ts";
import {
  Conversation,
  type Cut,
  type Outcome,
  seededCuts,
  seededNumbers,
  type Step,
  whole,
} from "../support/conversation.ts";
import { loadGrammar } from "../support/grammar.ts";
import { postgresCaptures } from "../support/postgres-captures.ts";
import { newPostgresEngine, postgresWords } from "../support/postgres-engine.ts";
import { anythingGoes, clientAlone, mutated, shortOnes } from "../support/postgres-fuzz.ts";
import { CANARY, ModelServer } from "../support/postgres-model.ts";
import { messageBytes } from "../support/postgres-words.ts";

/*
 * Both sides random, hostile, or a recorded conversation with something wrong in it. A failure
 * prints its seed.
 */

const canaryHex = hex(utf8(CANARY));

/**
 * In what people see of a step: the client's bytes, the facts, a command's form for lists. A fault,
 * too.
 */
function shows({ toClient, events }: Outcome): boolean {
  if (hex(toClient).includes(canaryHex) || text(toClient).includes(CANARY)) return true;
  return events.some((event) => {
    if (event.do === "close" && event.code === "internal") return true;
    const visible = event.do === "hold" ? event.command.shown : event;
    return JSON.stringify(visible).includes(CANARY);
  });
}

/**
 * Captures that show masked columns alone: elsewhere a flipped bit moves a value where it may be
 * seen.
 */
const masked =
  /^(extended-(undescribed|suspended|name)|sql-|hostile-(row|undesc|desc|more|tag)|revoked)/;

const LEARNED: Step = { on: "learned", catalog: postgresWords.catalog("shop") };
const APPROVED: Step = {
  on: "settled",
  decision: { verdict: "run", review: "rev_1", by: ["rui"] },
};

const isClientsFault = (event: Outcome["events"][number]): boolean =>
  event.do === "close" && event.code === "client_protocol";

/** Out of any COPY, batch and transaction: whatever came before, this is answered to its end. */
const GOODBYE: Step = {
  on: "bytes",
  from: "client",
  bytes: concat(
    ['CopyFail "over"', "Sync", 'Query "rollback"'].map((line) => messageBytes("client", line)),
  ),
};
const READY = /5a00000005(49|54|45)$/;

export function fuzzPostgres(seconds: number): void {
  let grammar: Grammar;
  beforeAll(async () => {
    grammar = await loadGrammar();
  });
  const limits = { numRuns: 1_000_000, interruptAfterTimeLimit: (seconds * 1_000) / 4 };

  const settings = fc
    .record({
      masker: fc.constantFrom("pii", "both"),
      catalog: fc.constantFrom("shop", "shop", "older", "none"),
    })
    .map((given) => new Map(Object.entries(given)));
  const seed = fc.integer({ min: 0, max: 0xffff_ffff });
  const steps = fc.oneof(
    { weight: 3, arbitrary: anythingGoes },
    mutated(shortOnes(postgresCaptures()).filter(({ name }) => masked.test(name))),
  );

  /** Lets the server answer until it has nothing more to say; each outcome is looked at. */
  function converse(
    run: Conversation,
    server: ModelServer,
    step: Step,
    cut: Cut,
    look: (outcome: Outcome) => void,
  ): void {
    let outcome = run.take(step, cut);
    for (let turn = 0; turn < 20; turn++) {
      look(outcome);
      server.hear(outcome.toUpstream);
      const bytes = server.speak();
      if (bytes.length === 0) return;
      outcome = run.take({ on: "bytes", from: "upstream", bytes }, cut);
    }
    look(outcome);
  }

  describe("PostgreSQL, whatever both sides do", () => {
    it("no masked value reaches the client or the record, of a server that answers", () => {
      const check = fc.property(clientAlone, settings, seed, ({ steps, mistake }, given, cuts) => {
        const run = new Conversation(newPostgresEngine(grammar, given), decideByText);
        const server = new ModelServer(seededNumbers(cuts), mistake);
        const look = (outcome: Outcome): void => expect(shows(outcome)).toBe(false);
        for (const step of steps) converse(run, server, step, seededCuts(cuts), look);
      });
      fc.assert(check, limits);
    });

    it("a server that answers as it should is believed, and nothing waits for ever", () => {
      const check = fc.property(clientAlone, settings, seed, ({ steps }, given, cuts) => {
        const run = new Conversation(newPostgresEngine(grammar, given), decideByText);
        const server = new ModelServer(seededNumbers(cuts), null);
        const endings: string[] = [];
        let last = "";
        const look = ({ events, toClient }: Outcome): void => {
          for (const event of events) if (event.do === "close") endings.push(event.code);
          last = `${last}${hex(toClient)}`.slice(-12);
        };
        for (const step of steps) converse(run, server, step, seededCuts(cuts), look);
        converse(run, server, GOODBYE, seededCuts(cuts), look);
        for (let i = 0; i < 20; i++) {
          converse(run, server, LEARNED, whole, look);
          converse(run, server, APPROVED, whole, look);
        }
        // A client that speaks out of turn during a COPY is hung up on; a policy that changes
        // during one ends it.
        expect(endings.filter((code) => !/^(client_protocol|unmaskable)$/.test(code))).toEqual([]);
        expect(run.closed || READY.test(last)).toBe(true);
        expect(run.closed ? 0 : run.engine.buffered("client")).toBe(0);
      });
      fc.assert(check, limits);
    });

    it("no masked value reaches the client or the record", () => {
      const check = fc.property(steps, settings, seed, (said, given, cuts) => {
        const run = new Conversation(newPostgresEngine(grammar, given), decideByText);
        const cut = seededCuts(cuts);
        for (const step of said) expect(shows(run.take(step, cut))).toBe(false);
      });
      fc.assert(check, limits);
    });

    it("the cuts do not matter, unless the server answers ahead of the question", () => {
      const check = fc.property(steps, settings, seed, (said, given, cuts) => {
        const heard = (cut: Cut): readonly string[] => {
          const run = new Conversation(newPostgresEngine(grammar, given), decideByText);
          const out: string[] = [];
          for (const step of said) {
            const { toClient, toUpstream, events } = run.take(step, cut);
            const moved = toUpstream.length > 0 || events.some(isClientsFault);
            const released = step.on === "bytes" && step.from === "upstream" && moved;
            if (released) break;
            out.push(`${hex(toClient)} ${hex(toUpstream)}`);
          }
          return out;
        };
        const [one, other] = [heard(whole), heard(seededCuts(cuts))];
        const common = Math.min(one.length, other.length);
        expect(other.slice(0, common)).toEqual(one.slice(0, common));
      });
      fc.assert(check, limits);
    });
  });
}
