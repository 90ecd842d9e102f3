import { describe, expect, it } from "vitest";
import { text, utf8 } from "../../core/bytes.ts";
import { commandDigest, digestHead } from "../../core/account.ts";
import { DataPath, type Effect } from "../../core/data-path.ts";
import type { Decision } from "../../core/decision.ts";
import type { Action, Engine, Input } from "../../core/engine.ts";
import { sampleCommand, samplePolicy, sampleSpec, seededCrypto } from "../support/values.ts";

/** An engine that answers each input from a script and remembers what it heard. */
function scripted(script: Partial<Record<Input["on"], readonly Action[]>>) {
  const heard: Input[] = [];
  const engine: Engine = {
    step: (input) => {
      heard.push(input);
      return script[input.on] ?? [];
    },
    buffered: () => 0,
  };
  return { engine, heard };
}

const BYTES: Input = { on: "bytes", from: "client", bytes: utf8("x") };
const toUpstream: Action = { do: "forward", to: "upstream", bytes: utf8("query") };
const toClient: Action = { do: "forward", to: "client", bytes: utf8("answer") };
const review: Decision = {
  verdict: "review",
  rules: ["careful"],
  message: "held",
  reviewers: ["leads"],
  approvals: 1,
  expiresInSeconds: 900,
  signIn: null,
};

const crypto = seededCrypto();
const open = (engine: Engine, policy = samplePolicy(), spec = sampleSpec()): DataPath =>
  new DataPath({ spec, engine, policy, crypto });

const kinds = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) =>
    effect.do === "append"
      ? [`append ${effect.events.map((event) => event.fact.kind).join(" ")}`]
      : effect.do === "send"
        ? [`send ${effect.to}`]
        : [effect.do],
  );

describe("record before effect", () => {
  it("appends a command and its decision before its bytes leave", () => {
    const hold: Action = { do: "hold", command: sampleCommand() };
    const { engine } = scripted({ bytes: [hold], settled: [toUpstream] });
    expect(kinds(open(engine).step(BYTES, 2_000))).toEqual([
      "append opened command decision",
      "send upstream",
    ]);
  });

  it("records a command that changes nothing with its first answer", () => {
    const hold: Action = { do: "hold", command: sampleCommand({ changesNothing: true }) };
    const { engine } = scripted({ opened: [], bytes: [hold], settled: [toUpstream] });
    const path = open(engine);
    path.step({ on: "opened" }, 1_000);
    expect(kinds(path.step(BYTES, 2_000))).toEqual(["send upstream"]);
    engine.step = () => [toClient];
    expect(kinds(path.step({ on: "bytes", from: "upstream", bytes: utf8("y") }, 3_000))).toEqual([
      "append command decision toClient",
      "send client",
    ]);
  });

  it("records what the client gets at level full only, and login bytes never", () => {
    const secret: Action = { do: "reply", to: "client", bytes: utf8("key"), secret: true };
    for (const [level, fact] of [
      ["full", " toClient"],
      ["statements", ""],
    ] as const) {
      const { engine } = scripted({ bytes: [toClient, secret] });
      const path = open(engine, samplePolicy(undefined, { recording: level }));
      expect(kinds(path.step(BYTES, 2_000))).toEqual([`append opened${fact}`, "send client"]);
    }
  });

  it("sends neighbours of one side as one piece, in their order", () => {
    const [client, upstream] = [toClient, toUpstream] as const;
    const { engine } = scripted({ bytes: [upstream, upstream, client, upstream] });
    const sends = open(engine)
      .step(BYTES, 2_000)
      .flatMap((effect) => (effect.do === "send" ? [[effect.to, text(effect.bytes)]] : []));
    expect(sends).toEqual([
      ["upstream", "queryquery"],
      ["client", "answer"],
      ["upstream", "query"],
    ]);
  });

  it("ends with a record of why, and does nothing after it", () => {
    const close: Action = { do: "close", code: "client_ended", reason: "bye" };
    const { engine } = scripted({ bytes: [toClient, close] });
    const path = open(engine);
    expect(kinds(path.step(BYTES, 2_000))).toEqual([
      "append opened toClient end",
      "send client",
      "close",
    ]);
    expect(path.step(BYTES, 2_001)).toEqual([]);
  });
});

describe("decisions", () => {
  it("settles a block in the same turn, with its message", () => {
    const hold: Action = { do: "hold", command: sampleCommand() };
    const { engine, heard } = scripted({ bytes: [hold] });
    const block: Decision = { verdict: "block", rules: ["no"], message: "Not here." };
    open(
      engine,
      samplePolicy(() => block),
    ).step(BYTES, 2_000);
    expect(heard.at(-1)).toMatchObject({
      on: "settled",
      decision: { verdict: "refuse", code: "blocked", message: "Not here." },
    });
  });

  it("asks for a review, and runs only what was held", () => {
    const hold: Action = { do: "hold", command: sampleCommand() };
    const { engine, heard } = scripted({ bytes: [hold], settled: [toUpstream] });
    const path = open(
      engine,
      samplePolicy(() => review),
    );
    const effects = path.step(BYTES, 2_000);
    expect(kinds(effects)).toEqual(["append opened command decision", "ask"]);
    const run = { verdict: "run", review: "rev_1", by: ["rui"] } as const;
    expect(path.step({ on: "settled", command: 9, decision: run }, 3_000)).toEqual([]);
    expect(kinds(path.step({ on: "settled", command: 1, decision: run }, 3_000))).toEqual([
      "append settled",
      "send upstream",
    ]);
    expect(path.step({ on: "settled", command: 1, decision: run }, 3_001)).toEqual([]);
    expect(heard.filter((input) => input.on === "settled")).toHaveLength(1);
  });

  it("shortens a hold inside a transaction that holds locks", () => {
    const hold: Action = { do: "hold", command: sampleCommand({ holdsLocks: true }) };
    const { engine } = scripted({ bytes: [hold] });
    const policy = samplePolicy(() => review);
    const ask = open(engine, policy)
      .step(BYTES, 2_000)
      .find((effect) => effect.do === "ask");
    expect(ask).toMatchObject({ decision: { expiresInSeconds: 60 } });
  });

  it("decides a held command again when the policy changes", () => {
    const hold: Action = { do: "hold", command: sampleCommand() };
    const { engine } = scripted({ bytes: [hold], settled: [toUpstream] });
    const path = open(
      engine,
      samplePolicy(() => review),
    );
    path.step(BYTES, 2_000);
    const again = path.step({ on: "policy", policy: samplePolicy(() => review) }, 3_000);
    expect(kinds(again)).toEqual(["append policy command decision", "withdraw", "ask"]);
    const allowed = path.step({ on: "policy", policy: samplePolicy() }, 4_000);
    expect(kinds(allowed)).toEqual(["append policy command decision", "withdraw", "send upstream"]);
  });

  it("writes down that a hold is over with its session, and why", () => {
    const hold: Action = { do: "hold", command: sampleCommand() };
    const close: Action = { do: "close", code: "grant_over", reason: "Your access has ended." };
    const { engine } = scripted({ bytes: [hold], revoked: [close] });
    const policy = samplePolicy(() => review);
    const path = open(engine, policy, sampleSpec({ endsAt: 5_000 }));
    path.step(BYTES, 2_000);
    const over = path.step({ on: "tick" }, 5_000);
    expect(kinds(over)).toEqual(["append settled end", "withdraw", "close"]);
    const settled = { verdict: "withdrawn", message: "Your access has ended." };
    expect(over[0]).toMatchObject({ events: [{ command: 1, fact: settled }, { command: 0 }] });
  });

  it("ends the session at the instant at which the grant ends", () => {
    const { engine, heard } = scripted({});
    const path = open(engine, samplePolicy(), sampleSpec({ endsAt: 5_000 }));
    expect(path.deadline).toBe(5_000);
    path.step({ on: "tick" }, 4_999);
    expect(heard).toEqual([]);
    path.step({ on: "tick" }, 5_000);
    expect(heard).toMatchObject([{ on: "revoked", code: "grant_over" }]);
  });

  it("ends with the API token that opened it, where that comes first", () => {
    const { engine, heard } = scripted({});
    const path = open(engine, samplePolicy(), sampleSpec({ endsAt: 5_000, tokenEndsAt: 4_000 }));
    expect(path.deadline).toBe(4_000);
    path.step({ on: "tick" }, 3_999);
    expect(heard).toEqual([]);
    path.step({ on: "tick" }, 4_000);
    expect(heard).toMatchObject([{ on: "revoked", code: "token_over" }]);
    const later = sampleSpec({ endsAt: 5_000, tokenEndsAt: 6_000 });
    expect(open(engine, samplePolicy(), later).deadline).toBe(5_000);
    const only = sampleSpec({ endsAt: null, tokenEndsAt: 6_000 });
    expect(open(engine, samplePolicy(), only).deadline).toBe(6_000);
    const endless = open(engine, samplePolicy(undefined, { endsAt: null }), later);
    expect(endless.deadline).toBe(6_000);
  });

  it("follows a new policy that moves that instant, and ends at once when it has passed", () => {
    const { engine, heard } = scripted({});
    const path = open(engine, samplePolicy(), sampleSpec({ endsAt: 5_000 }));
    const until = (endsAt: number | null) => samplePolicy(undefined, { endsAt });
    path.step({ on: "policy", policy: until(9_000) }, 2_000);
    expect(path.deadline).toBe(9_000);
    path.step({ on: "policy", policy: until(null) }, 3_000);
    expect(path.deadline).toBeNull();
    heard.length = 0;
    path.step({ on: "policy", policy: until(1_000) }, 4_000);
    expect(heard).toMatchObject([{ on: "revoked", code: "grant_over" }]);
  });
});

describe("the digest that an approval is bound to", () => {
  const value = utf8("1");
  const base = sampleCommand({ parameters: [{ type: 23, format: 0, value }] });
  const digest = (command = base, spec = sampleSpec(), version = "pol_1"): string =>
    commandDigest(command, digestHead(spec, version), crypto).join();
  const parameter = base.parameters[0] as (typeof base.parameters)[number];

  it.each([
    ["text", digest({ ...base, text: "select 2" })],
    ["a value", digest({ ...base, parameters: [{ ...parameter, value: utf8("2") }] })],
    ["NULL", digest({ ...base, parameters: [{ ...parameter, value: null }] })],
    ["a format", digest({ ...base, parameters: [{ ...parameter, format: 1 }] })],
    ["a type", digest({ ...base, parameters: [{ ...parameter, type: 25 }] })],
    ["one more parameter", digest({ ...base, parameters: [parameter, parameter] })],
    ["the session", digest(base, sampleSpec({ id: "ses_other" }))],
    ["the policy's version", digest(base, sampleSpec(), "pol_2")],
  ])("changes with %s", (_what, other) => {
    expect(other).not.toBe(digest());
  });

  it("does not change with what is shown", () => {
    expect(digest({ ...base, shown: "…", id: 7 })).toBe(digest());
  });
});
