import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, text } from "../../core/bytes.ts";
import type { Decision, Policy, Settled } from "../../core/decision.ts";
import type {
  ExchangeEngine,
  ExchangeInput,
  RequestHead,
  ResponseHead,
} from "../../core/exchange.ts";
import { type Exchange, type ExchangeEffect, ExchangePath } from "../../core/exchange-path.ts";
import type { Event } from "../../core/fact.ts";
import type { Masker } from "../../core/masker.ts";
import type { ExchangeSpec } from "../../core/session.ts";
import { samplePolicy, seededCrypto } from "./values.ts";

/*
 * What every protocol of requests and responses must keep: nothing makes it throw, a refusal is an
 * answer, what is masked shows at no cut, and whatever happens in whatever order, each exchange is
 * recorded before it acts and ends once.
 */

export type Asked = { readonly head: RequestHead; readonly body: Uint8Array | null };
export type Answered = { readonly head: ResponseHead; readonly body: Uint8Array };

export type ExchangeCases = {
  readonly name: string;
  readonly spec: ExchangeSpec;
  /** Its rules mask `canary`. */
  readonly masker: Masker;
  readonly newEngine: (masker: Masker) => ExchangeEngine;
  /** A request that is read, and lets an answer come that has a body. */
  readonly plain: Asked;
  /** Answers to it, in each of which `canary` stands and has to be masked. */
  readonly answers: readonly (readonly [name: string, answer: Answered])[];
  readonly canary: string;
  /** Requests and answers that could be of this protocol, and some that could not. */
  readonly asked: fc.Arbitrary<Asked>;
  readonly answered: fc.Arbitrary<Answered>;
};

const RUNS = 1_000;

export function exchangeCases(cases: ExchangeCases): void {
  describe(`${cases.name}: an engine is total`, () => total(cases));
  describe(`${cases.name}: masked at any cut`, () => masked(cases));
  describe(`${cases.name}: an exchange, whatever happens`, () => ordered(cases));
}

function total({ newEngine, masker, asked, answered, plain }: ExchangeCases): void {
  it("reads any request or refuses it in its own words, and each time the same", () => {
    const check = fc.property(asked, ({ head, body }) => {
      const engine = newEngine(masker);
      const described = engine.describe(1, head, body);
      expect(engine.describe(1, head, body)).toEqual(described);
      expect(newEngine(masker).describe(1, head, body)).toEqual(described);
      if ("command" in described) return;
      const { status, body: words } = engine.refusal(described.refuse, "https://gate.example");
      expect(status).toBeGreaterThanOrEqual(400);
      expect(text(words)).toContain(JSON.stringify(described.refuse.message).slice(1, -1));
    });
    fc.assert(check, { numRuns: RUNS });
  });

  it("passes any answer on, or refuses it, or stops it", () => {
    const check = fc.property(answered, fc.nat(64), ({ head, body }, at) => {
      const engine = newEngine(masker);
      const answer = engine.response(outgoingOf(engine, plain), head);
      if ("refuse" in answer || answer.body === "pass") return;
      for (const piece of [body.slice(0, at), body.slice(at)]) answer.body.push(piece);
      answer.body.finish();
    });
    fc.assert(check, { numRuns: RUNS });
  });
}

function outgoingOf(engine: ExchangeEngine, { head, body }: Asked) {
  const described = engine.describe(1, head, body);
  if ("refuse" in described) throw new Error(described.refuse.message);
  return described.outgoing;
}

function masked({ newEngine, masker, plain, answers, canary }: ExchangeCases): void {
  it.each(answers)("%s", (_, { head, body }) => {
    const through = (pieces: readonly Uint8Array[]): string => {
      const engine = newEngine(masker);
      const answer = engine.response(outgoingOf(engine, plain), head);
      if ("refuse" in answer || answer.body === "pass") throw new Error("It is not masked.");
      const { body: through } = answer;
      const shown = [...pieces.map((piece) => through.push(piece)), through.finish()];
      expect(shown).not.toContain(null);
      expect(JSON.stringify(answer.head)).not.toContain(canary);
      return text(concat(shown as Uint8Array[]));
    };
    expect(text(body)).toContain(canary);
    const whole = through([body]);
    expect(whole).not.toContain(canary);
    for (let at = 0; at <= body.length; at++) {
      expect(through([body.slice(0, at), body.slice(at)]), `cut at ${at}`).toBe(whole);
    }
    expect(through([...body].map((byte) => Uint8Array.of(byte)))).toBe(whole);
  });
}

/** What may happen to an exchange, besides inputs. */
type Happening =
  | ExchangeInput
  | { readonly on: "adopted"; readonly verdict: Decision["verdict"] }
  | { readonly on: "revoked" };

const VERDICTS: Readonly<Record<Decision["verdict"], Decision>> = {
  allow: { verdict: "allow", rules: ["all"] },
  block: { verdict: "block", rules: ["no"], message: "Not here." },
  review: {
    verdict: "review",
    rules: ["ask"],
    message: "Ask somebody.",
    reviewers: ["leads"],
    approvals: 1,
    expiresInSeconds: 60,
    signIn: null,
  },
};

const RUN: Settled = { verdict: "run", review: "rev_1", by: ["rui"] };
const REJECTED: Settled = {
  verdict: "refuse",
  code: "rejected",
  review: "rev_1",
  message: "No.",
};

const policyOf = (masker: Masker, verdict: Decision["verdict"]): Policy =>
  samplePolicy(() => VERDICTS[verdict], { masker });

const verdicts = fc.constantFrom<Decision["verdict"]>("allow", "block", "review");

function happenings({ asked, answered, plain, answers }: ExchangeCases) {
  const request = fc.oneof(fc.constant(plain), asked).map((one) => ({ on: "request", ...one }));
  const known = fc.constantFrom(...answers.map(([, answer]) => answer));
  const answer = fc.oneof(known, answered);
  const rest = fc.oneof(
    fc.constantFrom<Happening>({ on: "settled", decision: RUN }),
    fc.constantFrom<Happening>({ on: "settled", decision: REJECTED }),
    answer.map(({ head }): Happening => ({ on: "response", head })),
    answer.map(({ body }): Happening => ({ on: "bytes", bytes: body })),
    fc.constantFrom<Happening>({ on: "streamed", bytes: 3, sha256: "00" }, { on: "ended" }),
    fc.constantFrom<Happening>({ on: "failed", message: "It broke off." }, { on: "left" }),
    verdicts.map((verdict): Happening => ({ on: "adopted", verdict })),
    fc.constant<Happening>({ on: "revoked" }),
  );
  return fc.record({ verdict: verdicts, request, rest: fc.array(rest, { maxLength: 8 }) });
}

/** A path whose effects are kept as they come, a step at a time. */
class Run {
  readonly steps: (readonly ExchangeEffect[])[] = [];
  readonly path: ExchangePath;
  readonly #exchange: Exchange;
  readonly #masker: Masker;
  #now = 1_000;

  constructor({ spec, newEngine, masker }: ExchangeCases, verdict: Decision["verdict"]) {
    this.#masker = masker;
    const policy = policyOf(masker, verdict);
    this.path = new ExchangePath({
      spec,
      engine: newEngine(masker),
      policy,
      crypto: seededCrypto(),
    });
    this.#exchange = this.path.begin();
  }

  take(happening: Happening): readonly ExchangeEffect[] {
    const effects = this.#take(happening, ++this.#now);
    this.steps.push(effects);
    return effects;
  }

  #take(happening: Happening, now: number): readonly ExchangeEffect[] {
    if (happening.on === "revoked") return this.#exchange.revoked("Over.", now);
    if (happening.on !== "adopted") return this.#exchange.step(happening, now);
    this.path.adopt(policyOf(this.#masker, happening.verdict), now);
    return this.#exchange.adopted(now);
  }

  get effects(): readonly ExchangeEffect[] {
    return this.steps.flat();
  }

  get events(): readonly Event[] {
    return this.effects.flatMap((effect) => (effect.do === "append" ? effect.events : []));
  }
}

function ordered(cases: ExchangeCases): void {
  it("records before it acts, ends once, and is silent behind its end", () => {
    const check = fc.property(happenings(cases), ({ verdict, request, rest }) => {
      const run = new Run(cases, verdict);
      for (const happening of [request as Happening, ...rest]) run.take(happening);
      run.take({ on: "revoked" });
      for (const effects of run.steps) recordsFirst(effects);
      endsOnce(run.effects);
      asksFirst(run);
      sendsWhatIsRecorded(run);
      for (const happening of [request as Happening, ...rest, AGAIN]) {
        expect(run.take(happening)).toEqual([]);
      }
    });
    fc.assert(check, { numRuns: 3 * RUNS });
  });

  it("decides a held request again under a new version", () => {
    for (const next of ["allow", "block", "review"] as const) {
      const run = new Run(cases, "review");
      expect(kinds(run.take({ on: "request", ...cases.plain }))).toEqual(["append", "ask"]);
      const [first, ...effects] = kinds(run.take({ on: "adopted", verdict: next }));
      expect([first, effects[0]]).toEqual(["append", "withdraw"]);
      const then = { allow: "forward", block: "respond", review: "ask" }[next];
      expect(effects[1]).toBe(then);
      // What was approved under the version before is not what is asked now.
      const decided = run.events.filter(({ fact }) => fact.kind === "decision");
      expect(decided.map(({ fact }) => fact.kind === "decision" && fact.verdict)).toEqual([
        "review",
        next,
      ]);
    }
  });
}

const AGAIN: Happening = { on: "revoked" };

const kinds = (effects: readonly ExchangeEffect[]) => effects.map((effect) => effect.do);

function recordsFirst(effects: readonly ExchangeEffect[]): void {
  const acts = effects.some(({ do: what }) => !["withdraw", "break", "append"].includes(what));
  if (acts) expect(effects[0]?.do).toBe("append");
  expect(kinds(effects).lastIndexOf("append")).toBeLessThanOrEqual(0);
}

/** respond (send)* finish, or any of it cut off by a break; or a break alone. */
function endsOnce(effects: readonly ExchangeEffect[]): void {
  const letters = { respond: "r", send: "s", finish: "f", break: "b" };
  const shown = kinds(effects).map((what) => letters[what as "send"] ?? "");
  expect(shown.join("")).toMatch(/^(?:rs*f|rs*b|b)$/);
  expect(kinds(effects).filter((what) => what === "forward").length).toBeLessThanOrEqual(1);
}

/** Nothing is forwarded that was not allowed, or approved, in what was recorded before. */
function asksFirst({ effects }: Run): void {
  const at = kinds(effects).indexOf("forward");
  if (at < 0) return;
  const before = effects.slice(0, at).flatMap((one) => (one.do === "append" ? one.events : []));
  const last = before.findLast(({ fact }) => fact.kind === "decision" || fact.kind === "settled");
  const { fact } = last as Event;
  const allowed = fact.kind === "decision" ? fact.verdict === "allow" : undefined;
  expect(allowed ?? (fact.kind === "settled" && fact.verdict === "approved")).toBe(true);
}

function sendsWhatIsRecorded({ effects, events }: Run): void {
  const sent = effects.flatMap((effect) => (effect.do === "send" ? [effect.bytes] : []));
  const kept = events.flatMap(({ fact }) => (fact.kind === "toClient" ? [fact.bytes] : []));
  expect(text(concat(kept))).toBe(text(concat(sent)));
}
