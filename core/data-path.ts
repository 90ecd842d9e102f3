import {
  commandEvents,
  digestHead,
  endOf,
  hexDigest,
  LEFT,
  openedFact,
  settledFact,
} from "./account.ts";
import { concat } from "./bytes.ts";
import type { Command, CommandId, Decision, Policy, UnixMs } from "./decision.ts";
import type { Crypto } from "./crypto.ts";
import type { Action, Engine, Input, Side } from "./engine.ts";
import type { Event, Fact } from "./fact.ts";
import { heldInTransactionSeconds } from "./limits.ts";
import { maskedAmong, type ShownParameter, shownParameters } from "./review/bound.ts";
import type { SessionSpec } from "./session.ts";

/*
 * START HERE. Engine → policy → append → forward: one loop and one switch.
 *
 *   1. The engine reads bytes and says what somebody is about to do (`hold`).
 *   2. The policy decides. Allowed or blocked is settled at once; a review waits for people.
 *   3. What happened is appended before the bytes that it accounts for are sent, in one turn.
 *   4. Only then do bytes leave, in the order in which the engine gave them.
 *
 * One exception halves the cost of reading: a command that can change nothing (a positive proof,
 * see Command.changesNothing) leaves at once, and its record travels with the first answer: nobody
 * has seen anything of it before, and nothing has changed.
 */

/** What the shell performs, in exactly this order, within the turn (invariant 3). */
export type Effect =
  | { readonly do: "append"; readonly events: readonly Event[] }
  | { readonly do: "send"; readonly to: Side; readonly bytes: Uint8Array }
  | {
      readonly do: "ask";
      readonly command: Command;
      /** Hex; what an approval is bound to (CONTRACTS §3). */
      readonly digest: string;
      readonly decision: Extract<Decision, { verdict: "review" }>;
      readonly parameters: readonly ShownParameter[];
      /** Columns that it names and that are masked for whoever asks. */
      readonly masked: readonly string[];
    }
  | { readonly do: "withdraw"; readonly command: CommandId; readonly reason: string }
  | { readonly do: "lookup"; readonly request: number; readonly unknown: string }
  | { readonly do: "secure"; readonly serverName: string }
  | { readonly do: "cancel"; readonly bytes: Uint8Array }
  | { readonly do: "close"; readonly code: string; readonly reason: string };

/** An engine's inputs, but a policy comes whole, and the timer is the data path's own. */
export type DataPathInput =
  | Exclude<Input, { on: "policy" }>
  | { readonly on: "policy"; readonly policy: Policy }
  | { readonly on: "tick" };

export type DataPathParts = {
  readonly spec: SessionSpec;
  readonly engine: Engine;
  readonly policy: Policy;
  readonly crypto: Crypto;
};

export class DataPath {
  readonly #spec: SessionSpec;
  readonly #engine: Engine;
  readonly #crypto: Crypto;
  #policy: Policy;
  #digestHead: Uint8Array;
  #held: Command | null = null;
  #opened = false;
  #closed = false;
  /** Facts of commands that can change nothing: they go with the next append. */
  #deferred: Event[] = [];
  #events: Event[] = [];
  #effects: Effect[] = [];
  #now: UnixMs = 0;
  #count = { commands: 0, client: 0, upstream: 0 };

  constructor(parts: DataPathParts) {
    this.#spec = parts.spec;
    this.#engine = parts.engine;
    this.#policy = parts.policy;
    this.#digestHead = digestHead(parts.spec, parts.policy.version);
    this.#crypto = parts.crypto;
  }

  /** The instant at which the shell must call with `tick`, or null. */
  get deadline(): UnixMs | null {
    return this.#closed ? null : (endOf(this.#policy, this.#spec)?.at ?? null);
  }

  /** Bytes taken from that side and not yet passed on. */
  buffered(side: Side): number {
    return this.#engine.buffered(side);
  }

  step(input: DataPathInput, now: UnixMs): readonly Effect[] {
    if (this.#closed) return [];
    this.#now = now;
    if (!this.#opened) this.#open();
    const inputs: Input[] = this.#admit(input);
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const action of this.#engine.step(next)) {
        const answer = this.#take(action);
        if (answer !== null) inputs.push(answer);
      }
    }
    return this.#flush();
  }

  #open(): void {
    this.#opened = true;
    this.#note(0, openedFact(this.#spec, this.#policy));
  }

  /** What the engine hears of an input of the shell. */
  #admit(input: DataPathInput): Input[] {
    switch (input.on) {
      case "tick":
        return this.#over();
      case "policy":
        return this.#adopt(input.policy);
      case "settled":
        if (this.#held?.id !== input.command) return [];
        this.#held = null;
        this.#note(input.command, settledFact(input.decision));
        return [input];
      default:
        return [input];
    }
  }

  /**
   * A new version: the next command is decided by it, a held one is decided again (CONTRACTS §3).
   */
  #adopt(policy: Policy): Input[] {
    this.#policy = policy;
    this.#digestHead = digestHead(this.#spec, policy.version);
    this.#note(0, { kind: "policy", version: policy.version });
    const over = this.#over();
    if (over.length > 0) return over;
    const masker: Input = { on: "policy", masker: policy.masker };
    const held = this.#held;
    if (held === null) return [masker];
    this.#held = null;
    this.#effects.push({ do: "withdraw", command: held.id, reason: "The policy has changed." });
    const answer = this.#decide(held);
    return answer === null ? [masker] : [masker, answer];
  }

  /** A policy without a grant for this principal ends it in the past. */
  #over(): Input[] {
    const end = endOf(this.#policy, this.#spec);
    if (end === null || this.#now < end.at) return [];
    return [{ on: "revoked", code: end.code, reason: end.reason }];
  }

  #take(action: Action): Input | null {
    switch (action.do) {
      case "forward":
      case "reply":
        this.#send(action.to, action.bytes, action.do === "reply" && action.secret === true);
        return null;
      case "hold":
        this.#count.commands++;
        return this.#decide(action.command);
      case "withdraw":
        if (this.#held?.id !== action.command) return null;
        this.#held = null;
        this.#effects.push(action);
        return null;
      case "record":
        this.#note(action.command, action.fact);
        return null;
      case "close":
        this.#close(action.code, action.reason);
        return null;
      case "lookup":
      case "secure":
      case "cancel":
        this.#effects.push(action);
        return null;
    }
  }

  /** Policy decides; allowed and blocked are settled in the same turn. */
  #decide(command: Command): Input | null {
    const decision = this.#policy.decide(command, this.#now);
    const digest = hexDigest(command, this.#digestHead, this.#crypto);
    const events = commandEvents(command, decision, digest, this.#policy, this.#now);
    if (decision.verdict === "allow") {
      (command.changesNothing ? this.#deferred : this.#events).push(...events);
      const run = { verdict: "run", review: null, by: [] } as const;
      return { on: "settled", command: command.id, decision: run };
    }
    this.#events.push(...events);
    if (decision.verdict === "block") {
      const { message } = decision;
      const refuse = { verdict: "refuse", code: "blocked", review: null, message } as const;
      return { on: "settled", command: command.id, decision: refuse };
    }
    this.#held = command;
    const seconds = command.holdsLocks ? heldInTransactionSeconds : Number.POSITIVE_INFINITY;
    const expiresInSeconds = Math.min(decision.expiresInSeconds, seconds);
    const { masker } = this.#policy;
    this.#effects.push({
      do: "ask",
      command,
      digest,
      decision: { ...decision, expiresInSeconds },
      parameters: shownParameters(command, masker),
      masked: maskedAmong(command.columns, masker),
    });
    return null;
  }

  #note(command: CommandId, fact: Fact): void {
    this.#events.push({ at: this.#now, command, fact });
  }

  #send(to: Side, bytes: Uint8Array, secret: boolean): void {
    if (bytes.length === 0) return;
    this.#count[to] += bytes.length;
    if (to === "client" && !secret && this.#policy.recording === "full") {
      this.#note(0, { kind: "toClient", bytes });
    }
    this.#effects.push({ do: "send", to, bytes });
  }

  #close(code: string, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#held !== null) {
      this.#effects.push({ do: "withdraw", command: this.#held.id, reason });
      this.#note(this.#held.id, settledFact({ ...LEFT, message: reason }));
      this.#held = null;
    }
    this.#note(0, {
      kind: "end",
      code,
      message: reason,
      commands: this.#count.commands,
      toClientBytes: this.#count.client,
      toUpstreamBytes: this.#count.upstream,
    });
    this.#effects.push({ do: "close", code, reason });
  }

  /** Invariant 3: one append, then everything that it accounts for. */
  #flush(): readonly Effect[] {
    const effects = joined(this.#effects);
    this.#effects = [];
    const shows = effects.some((effect) => effect.do === "send" && effect.to === "client");
    if (this.#events.length === 0 && !(shows && this.#deferred.length > 0)) return effects;
    const events = [...this.#deferred, ...this.#events];
    this.#deferred = [];
    this.#events = [];
    return [{ do: "append", events }, ...effects];
  }
}

/** What goes to one side with nothing between it leaves as one piece: each write has its price. */
function joined(effects: readonly Effect[]): readonly Effect[] {
  const out: Effect[] = [];
  let parts: Uint8Array[] = [];
  for (const [i, effect] of effects.entries()) {
    if (effect.do !== "send") {
      out.push(effect);
      continue;
    }
    parts.push(effect.bytes);
    const next = effects[i + 1];
    if (next?.do === "send" && next.to === effect.to) continue;
    out.push({ ...effect, bytes: concat(parts) });
    parts = [];
  }
  return out;
}
