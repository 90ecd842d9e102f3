import { concat } from "../../core/bytes.ts";
import type { Settled } from "../../core/decision.ts";
import type { Command } from "../../core/command.ts";
import type { Action, Engine, Input } from "../../core/engine.ts";

type Heard<On extends Input["on"]> = Extract<Input, { on: On }>;

/** What happens to an engine; ids that only it can know are filled in. */
export type Step =
  | Exclude<Input, { on: "settled" | "asked" | "learned" }>
  | Omit<Heard<"settled">, "command">
  | Omit<Heard<"asked">, "command">
  | Omit<Heard<"learned">, "request">;

export type Event = Exclude<Action, { do: "forward" | "reply" }>;

/** All that came of one step, however its bytes were cut. */
export type Outcome = {
  readonly toClient: Uint8Array;
  readonly toUpstream: Uint8Array;
  /** Of these, what may never be recorded. */
  readonly secretBytes: number;
  readonly events: readonly Event[];
};

/** How many bytes each piece has; the sum is the length. */
export type Cut = (length: number) => readonly number[];

export const whole: Cut = (length) => [length];
export const byteByByte: Cut = (length) => Array.from({ length }, () => 1);

/** Whole numbers below a bound, the same for a seed (a linear congruential generator). */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

/** Few pieces or many, from a seed. */
export function seededCuts(seed: number, longestMax = 200): Cut {
  const next = seededNumbers(seed);
  return (length) => {
    const longest = 1 + next(Math.min(length, longestMax));
    const sizes: number[] = [];
    for (let left = length; left > 0; left -= sizes.at(-1) as number) {
      sizes.push(Math.min(left, 1 + next(longest)));
    }
    return sizes;
  };
}

/** Plays the rest of the world for one engine: answers holds, and gathers what comes out. */
export class Conversation {
  readonly engine: Engine;
  closed = false;
  readonly #decide: (command: Command) => Settled | null;
  #held = 0;
  #lookup = 0;
  #out: Action[] = [];

  /** `decide`: null lets a command wait for a `settled` step. */
  constructor(engine: Engine, decide: (command: Command) => Settled | null) {
    this.engine = engine;
    this.#decide = decide;
  }

  take(step: Step, cut: Cut = whole): Outcome {
    this.#out = [];
    if (step.on !== "bytes") this.#feed(this.#input(step));
    else {
      let at = 0;
      for (const size of cut(step.bytes.length)) {
        this.#feed({ ...step, bytes: step.bytes.slice(at, at + size) });
        at += size;
      }
    }
    return outcomeOf(this.#out);
  }

  #input(step: Exclude<Step, { on: "bytes" }>): Input {
    if (step.on === "settled" || step.on === "asked") return { ...step, command: this.#held };
    return step.on === "learned" ? { ...step, request: this.#lookup } : step;
  }

  #feed(input: Input): void {
    const inputs = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const action of this.engine.step(next)) {
        if (this.closed) throw new Error(`${action.do} after close`);
        this.#out.push(action);
        if (action.do === "close") this.closed = true;
        if (action.do === "lookup") this.#lookup = action.request;
        if (action.do !== "hold") continue;
        this.#held = action.command.id;
        const decision = this.#decide(action.command);
        if (decision === null) continue;
        inputs.push({ on: "settled", command: action.command.id, decision });
      }
    }
  }
}

function outcomeOf(actions: readonly Action[]): Outcome {
  const bytes = { client: [] as Uint8Array[], upstream: [] as Uint8Array[] };
  const events: Event[] = [];
  let secretBytes = 0;
  for (const action of actions) {
    if (action.do !== "forward" && action.do !== "reply") events.push(action);
    else {
      bytes[action.to].push(action.bytes);
      if (action.do === "reply" && action.secret === true) secretBytes += action.bytes.length;
    }
  }
  return {
    toClient: concat(bytes.client),
    toUpstream: concat(bytes.upstream),
    secretBytes,
    events,
  };
}
