import { expect, test } from "vitest";
import { utf8 } from "../../core/bytes.ts";
import type { Policy } from "../../core/decision.ts";
import type { Headers } from "../../core/exchange.ts";
import { type ExchangeEffect, ExchangePath } from "../../core/exchange-path.ts";
import type { Masker } from "../../core/masker.ts";
import { idleMasker } from "../../core/masking/masker.ts";
import { HttpEngine } from "../../core/protocols/http/engine.ts";
import { exchangeOf, type SeenRecord, statusInWords } from "../../core/protocols/http/seen.ts";
import type { HttpResource } from "../../core/session.ts";
import { SocketExchange } from "../../core/socket-path.ts";
import { nodeCrypto } from "../../durable-objects/crypto.ts";
import { sampleCommand, sampleSpec } from "../support/values.ts";
import { maskerOf } from "./masking/given.ts";

const resource: HttpResource = {
  id: "res_1",
  name: "billing-api",
  type: "http",
  url: "http://billing.internal",
  host: "billing.internal",
  network: "private",
  credential: { way: null, mtls: null },
  forms: [],
  openapi: null,
  origins: [],
  timeoutSeconds: 300,
  unreadable: "refuse",
  labels: {},
};

const policy: Policy = {
  version: "pol_1",
  masker: idleMasker,
  recording: "full",
  decide: () => ({ verdict: "allow", rules: ["all"] }),
};

const PII = { id: "pii", fields: ["ssn"], technique: "redact" };

const HOLDS: Policy["decide"] = () => ({
  verdict: "review",
  rules: ["ask"],
  message: "ask",
  reviewers: ["leads"],
  approvals: 1,
  expiresInSeconds: 60,
  signIn: null,
});

/** What those turns have written down, as readers get it. */
const recordsOf = (...turns: readonly (readonly ExchangeEffect[])[]): SeenRecord[] =>
  turns
    .flat()
    .flatMap((effect) => (effect.do === "append" ? effect.events : []))
    .map(({ at, command, fact: { kind, ...fact } }, index) => ({
      seq: index + 1,
      at: new Date(at).toISOString(),
      command,
      kind,
      fact:
        "bytes" in fact && typeof fact.bytes === "object" ? { length: fact.bytes.length } : fact,
    }));

function begun(given: Policy = policy) {
  const engine = new HttpEngine(resource, idleMasker, () => () => false);
  const spec = { ...sampleSpec(), resource };
  return new ExchangePath({ spec, engine, policy: given, crypto: nodeCrypto }).begin();
}

/** An exchange whose request has left. */
function asked() {
  const exchange = begun();
  const head = { method: "GET", target: "/customers/7", headers: [] };
  exchange.step({ on: "request", head, body: null }, 1);
  return exchange;
}

const RESPONSE = {
  on: "response",
  head: { status: 200, headers: [["content-length", "2"]] },
} as const;
const BYTES = { on: "bytes", bytes: utf8("{}") } as const;

test("an answer that came whole is written down in one append, before any of it is sent", () => {
  const effects = asked().steps([RESPONSE, BYTES, { on: "ended" }], 2);
  expect(effects.map((effect) => effect.do)).toEqual(["append", "respond", "send", "finish"]);
  const [append] = effects;
  expect(append).toMatchObject({
    events: [
      { fact: { kind: "response", status: 200 } },
      { fact: { kind: "toClient", bytes: BYTES.bytes } },
      { fact: { kind: "completed", tag: "200" } },
    ],
  });
});

test("one that comes in pieces has an append before each of them", () => {
  const exchange = asked();
  const head = { status: 200, headers: [] };
  const effects = [{ on: "response", head } as const, BYTES, BYTES].map((input) =>
    exchange.step(input, 2).map((effect) => effect.do),
  );
  expect(effects).toEqual([
    ["append", "respond"],
    ["append", "send"],
    ["append", "send"],
  ]);
});

test("a client that leaves before the answer is written down as gone", () => {
  const exchange = begun();
  const head = { method: "GET", target: "/customers/7", headers: [] };
  const sent = exchange.step({ on: "request", head, body: null }, 1);
  const left = exchange.step({ on: "left" }, 2);
  expect(left).toMatchObject([
    {
      do: "append",
      events: [
        { fact: { kind: "note", message: "The client left." } },
        { fact: { kind: "completed", tag: "left" } },
      ],
    },
    { do: "break" },
  ]);
  expect(statusInWords(exchangeOf(recordsOf(sent, left)))).toBe("no answer, left");
});

test("a request that could not be read is no failure of the service, for it was not sent", () => {
  const message = "The gateway could not read this request.";
  expect(begun().step({ on: "failed", message }, 1)).toMatchObject([
    {
      do: "append",
      events: [
        { fact: { kind: "failed", sqlstate: "503", from: "sluice" } },
        { fact: { kind: "response", status: 503 } },
        { fact: { kind: "toClient" } },
      ],
    },
    { do: "respond", head: { status: 503 } },
    { do: "send" },
    { do: "finish" },
  ]);
});

test("a hold that ends with its session is written down as over, and why", () => {
  const exchange = begun({ ...policy, decide: HOLDS });
  const head = { method: "POST", target: "/payments", headers: [] };
  const held = exchange.step({ on: "request", head, body: utf8("") }, 1);
  const over = exchange.revoked("Your access has ended.", 2);
  expect(over.map((effect) => effect.do)).toEqual([
    "append",
    "withdraw",
    "respond",
    "send",
    "finish",
  ]);
  expect(over[0]).toMatchObject({
    events: [
      { fact: { kind: "settled", verdict: "withdrawn", message: "Your access has ended." } },
      { fact: { kind: "response", status: 403 } },
      { fact: { kind: "toClient" } },
    ],
  });
  expect(statusInWords(exchangeOf(recordsOf(held, over)))).toBe("403");
});

test("a message that is held ends for the reason that ends its socket", () => {
  const given = { ...policy, decide: HOLDS };
  const http = new HttpEngine(resource, idleMasker, () => () => false);
  const spec = { ...sampleSpec(), resource };
  const path = new ExchangePath({ spec, engine: http, policy: given, crypto: nodeCrypto });
  const socket = new SocketExchange(path, path.begin().id, {
    head: { status: 101, headers: [] },
    describe: (id, message) => ({ command: sampleCommand({ id }), message, masked: [] }),
    shown: (message) => ({ message, masked: [], findings: [] }),
  });
  socket.step({ on: "message", from: "client", message: "a" }, 1);
  const reason = "Your access has ended.";
  expect(socket.revoked(reason, 2)[0]).toMatchObject({
    events: [
      { command: 2, fact: { kind: "settled", verdict: "withdrawn", message: reason } },
      { command: 1, fact: { kind: "note", message: reason } },
      { command: 1, fact: { kind: "completed" } },
    ],
  });
});

test("a hold that a new policy does not let be read again is written down as over", () => {
  const engine = new HttpEngine(resource, idleMasker, () => () => false);
  const spec = { ...sampleSpec(), resource };
  const given = { ...policy, decide: HOLDS };
  const path = new ExchangePath({ spec, engine, policy: given, crypto: nodeCrypto });
  const exchange = path.begin();
  const head = { method: "POST", target: "/", headers: [["content-type", "image/png"]] } as const;
  const held = exchange.step({ on: "request", head, body: utf8("png") }, 1);
  expect(held.map((effect) => effect.do)).toEqual(["append", "ask"]);
  const masker = maskerOf([{ ...PII, on: ["requests"] }], ["engineers"]);
  path.adopt({ ...given, version: "pol_2", masker }, 2);
  const over = exchange.adopted(2);
  expect(over.map((effect) => effect.do)).toContain("withdraw");
  expect(over[0]).toMatchObject({
    events: [
      { fact: { kind: "settled", verdict: "withdrawn" } },
      { fact: { kind: "note" } },
      { fact: { kind: "response", status: 415 } },
      { fact: { kind: "toClient" } },
    ],
  });
});

test("a body that is too large to be held is refused, and its hold is written down as over", () => {
  const head = { method: "POST", target: "/upload", headers: [] };
  const effects = begun({ ...policy, decide: HOLDS }).step({ on: "request", head, body: null }, 1);
  expect(effects).toMatchObject([
    {
      do: "append",
      events: [
        { fact: { kind: "command" } },
        { fact: { kind: "decision", verdict: "review" } },
        { fact: { kind: "settled", verdict: "failed" } },
        { fact: { kind: "response", status: 413 } },
        { fact: { kind: "toClient" } },
      ],
    },
    { do: "respond" },
    { do: "send" },
    { do: "finish" },
  ]);
});

const FOUND = { id: "found", detect: ["email"] };
const RULES = [PII, FOUND];
const TYPED = [["content-type", "application/json"]] as const;

/** What becomes of an answer under way when a version with these rules comes. */
function underWay(before: readonly object[], after: readonly object[], headers: Headers = TYPED) {
  const [masker, next] = [before, after].map((rules) => maskerOf(rules, ["engineers"])) as [
    Masker,
    Masker,
  ];
  const engine = new HttpEngine(resource, masker, () => () => false);
  const spec = { ...sampleSpec(), resource };
  const path = new ExchangePath({
    spec,
    engine,
    policy: { ...policy, masker },
    crypto: nodeCrypto,
  });
  const exchange = path.begin();
  const head = { method: "GET", target: "/customers", headers: [] };
  exchange.step({ on: "request", head, body: null }, 1);
  exchange.step({ on: "response", head: { status: 200, headers } }, 2);
  exchange.step({ on: "bytes", bytes: utf8('[{"ssn":"1"},') }, 3);
  path.adopt({ ...policy, version: "pol_2", masker: next }, 4);
  const effects = exchange.adopted(4).map((effect) => effect.do);
  const rest = exchange.steps([{ on: "bytes", bytes: utf8("{}]") }, { on: "ended" }], 5);
  return { effects, rest: rest.map((effect) => effect.do) };
}

const GOES_ON = { effects: [], rest: ["append", "send", "finish"] };
const BREAKS = { effects: ["append", "break"], rest: [] };

test.each<[string, readonly object[], readonly object[]]>([
  ["the same rules", RULES, RULES],
  ["a rule more for another resource", RULES, [...RULES, { ...PII, resources: ["other"] }]],
  ["a rule more for requests", RULES, [...RULES, { ...PII, id: "in", on: ["requests"] }]],
  ["still none", [], []],
])("an answer under way goes on under %s", (_, before, after) => {
  expect(underWay(before, after)).toEqual(GOES_ON);
});

test.each<[string, readonly object[], readonly object[]]>([
  ["a first rule", [], [PII]],
  ["a rule more", [PII], RULES],
  ["a rule less", RULES, [PII]],
  ["no rule any more", [PII], []],
  ["another field", [PII], [{ ...PII, fields: ["card_number"] }]],
  ["another technique", [PII], [{ ...PII, technique: "hash" }]],
  ["another detector", [FOUND], [{ ...FOUND, detect: ["us_ssn"] }]],
  ["another order", RULES, RULES.toReversed()],
  ["a rule for requests that was for answers", [PII], [{ ...PII, on: ["requests"] }]],
  ["an exception of hers", [PII], [{ ...PII, except: ["engineers"] }]],
])("an answer under way is broken off under %s", (_, before, after) => {
  expect(underWay(before, after)).toEqual(BREAKS);
});

test("an event stream is broken off under any other version", () => {
  const events = [["content-type", "text/event-stream"]] as const;
  expect(underWay(RULES, RULES, events)).toEqual(BREAKS);
});
