import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { hex } from "../../../core/bytes.ts";
import type { Command } from "../../../core/command.ts";
import type { Settled } from "../../../core/decision.ts";
import type { Engine, Input } from "../../../core/engine.ts";
import type { Capture } from "../../support/capture.ts";
import {
  byteByByte,
  Conversation,
  type Cut,
  type Outcome,
  seededCuts,
  type Step,
  whole,
} from "../../support/conversation.ts";

/*
 * What every engine must keep, whatever its protocol (DESIGN §5, invariant 8): the conversation
 * does not depend on the cuts, no bytes make `step` throw, and behind a close there is silence.
 */

export type EngineCases = {
  readonly name: string;
  /** A new engine for a capture's settings; asynchronous work happens once, in `ready`. */
  readonly newEngine: (settings: ReadonlyMap<string, string>) => Engine;
  readonly ready: () => Promise<void>;
  readonly captures: readonly Capture[];
  readonly decide: (command: Command) => Settled | null;
  /** Steps that could be of this protocol, from both sides. */
  readonly fuzz: fc.Arbitrary<readonly Step[]>;
};

const CUTS_PER_CAPTURE = 20;
/** Byte by byte, a capture of megabytes takes long and shows nothing more than its head. */
const BYTE_BY_BYTE_MAX = 50_000;

export function engineCases({ name, newEngine, ready, captures, decide, fuzz }: EngineCases): void {
  beforeAll(ready);

  const run = (capture: Capture, cut: Cut): readonly Outcome[] => {
    const conversation = new Conversation(newEngine(capture.settings), decide);
    return capture.steps.map(({ step }) => conversation.take(step, cut));
  };

  describe(`${name}: any cut of the same bytes is the same conversation`, () => {
    it.each(captures.map((capture) => [capture.name, capture] as const))("%s", (_, capture) => {
      const expected = run(capture, whole).map(comparable);
      const small = bytesIn(capture) <= BYTE_BY_BYTE_MAX;
      if (small) expect(run(capture, byteByByte).map(comparable)).toEqual(expected);
      for (let seed = 1; seed <= CUTS_PER_CAPTURE; seed++) {
        const cut = seededCuts(seed, small ? 200 : 100_000);
        expect(run(capture, cut).map(comparable), `seed ${seed}`).toEqual(expected);
      }
    });
  });

  describe(`${name}: an engine is total`, () => {
    const cutSeed = fc.integer({ min: 0, max: 0xffff_ffff });
    const settings = fc.constantFrom(...captures.map((capture) => capture.settings));

    it("whatever either side sends: it never throws, and is silent behind a close", () => {
      const check = fc.property(fuzz, settings, cutSeed, (steps, given, seed) => {
        const conversation = new Conversation(newEngine(given), decide);
        const cut = seededCuts(seed);
        for (const step of steps) {
          const { events } = conversation.take(step, cut);
          expect(
            events.filter((event) => event.do === "close" && event.code === "internal"),
          ).toEqual([]);
        }
      });
      fc.assert(check, { numRuns: 500 });
    });

    it("whatever comes after a close, nothing comes of it", () => {
      for (const capture of captures) {
        const engine = newEngine(capture.settings);
        new Conversation(engine, decide).take({ on: "revoked", code: "killed", reason: "Over." });
        for (const input of AFTERWARDS) expect(engine.step(input), capture.name).toEqual([]);
      }
    });
  });
}

const AFTERWARDS: readonly Input[] = [
  { on: "opened" },
  { on: "bytes", from: "client", bytes: Uint8Array.of(1, 2, 3) },
  { on: "bytes", from: "upstream", bytes: Uint8Array.of(1, 2, 3) },
  { on: "secured" },
  { on: "settled", command: 1, decision: { verdict: "run", review: null, by: [] } },
  { on: "asked", command: 1, review: "rev_1", url: "https://gate.example", expiresInSeconds: 1 },
  { on: "learned", request: 1, catalog: null },
  { on: "cancel", key: new Uint8Array(4) },
  { on: "revoked", code: "killed", reason: "Twice." },
  { on: "ended", side: "client", reason: null },
  { on: "ended", side: "upstream", reason: null },
];

const bytesIn = (capture: Capture): number =>
  capture.steps.reduce((sum, { step }) => sum + (step.on === "bytes" ? step.bytes.length : 0), 0);

/**
 * Events keep their order among their kind: which of the two directions moves first within a step
 * is up to the cuts. Strings compare, and show their difference, far faster than arrays of numbers.
 */
const comparable = ({ toClient, toUpstream, secretBytes, events }: Outcome) => ({
  toClient: hex(toClient),
  toUpstream: hex(toUpstream),
  secretBytes,
  events: events.toSorted((a, b) => (a.do < b.do ? -1 : a.do > b.do ? 1 : 0)),
});
