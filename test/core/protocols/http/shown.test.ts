import { describe, expect, it } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { Command } from "../../../../core/command.ts";
import type { Headers } from "../../../../core/exchange.ts";
import { idleMasker } from "../../../../core/masking/masker.ts";
import type { Masker } from "../../../../core/masker.ts";
import { HttpEngine } from "../../../../core/protocols/http/engine.ts";
import { readTarget } from "../../../../core/protocols/http/target.ts";
import type { HttpResource } from "../../../../core/session.ts";
import { maskerOf } from "../../masking/given.ts";

const resource = {
  id: "res_api",
  name: "billing-api",
  type: "http",
  url: "https://billing.internal",
  forms: [],
  origins: [],
  unreadable: "refuse",
  openapi: null,
} as unknown as HttpResource;

type Given = { target?: string; headers?: Headers; body?: string | Uint8Array; masker?: Masker };

const JSON_TYPE: Headers = [["content-type", "application/json"]];

function described({ target = "/a", headers = JSON_TYPE, body = "", masker }: Given) {
  const engine = new HttpEngine(resource, masker ?? idleMasker, () => null);
  const bytes = typeof body === "string" ? utf8(body) : body;
  const described = engine.describe(1, { method: "POST", target, headers }, bytes);
  if ("refuse" in described) throw new Error(described.refuse.message);
  return described;
}

const commandOf = (given: Given): Command => described(given).command;

describe("what masks a request on its way in", () => {
  const masker = maskerOf([
    { id: "q", fields: ["secret"], on: ["requests"] },
    { id: "found", detect: ["us_ssn"], on: ["requests"] },
    { id: "answers", fields: ["other"] },
  ]);

  it.each<readonly [string, Given, readonly string[]]>([
    ["a parameter", { target: "/a?secret=1" }, ["q"]],
    ["a finding in a parameter", { target: "/a?x=123-45-6789" }, ["us_ssn"]],
    ["a header", { headers: [["secret", "1"]] }, ["q"]],
    ["a finding in a header", { headers: [["x", "123-45-6789"]] }, ["us_ssn"]],
    ["the body", { body: '{"secret":1,"x":"123-45-6789"}' }, ["q", "us_ssn"]],
    ["all of them, told once", { target: "/a?secret=1", body: '{"secret":1}' }, ["q"]],
    ["nothing", { target: "/a?other=1", body: '{"other":1}' }, []],
  ])("is told of %s", (_, given, masked) => {
    expect(described({ ...given, masker }).masked.toSorted()).toEqual(masked);
  });
});

describe("the shown form of a request", () => {
  it.each([
    ["/a?b=c&d", "/a?b=c&d="],
    ["/a?b=c%26d%3D1", "/a?b=c%26d=1"],
    ["/a?b%3Dc=1", "/a?b%3Dc=1"],
    ["/a?b=c+d%0Ae", "/a?b=c%20d%0Ae"],
    ["/a?b=1%2B1%25&c=%23", "/a?b=1%2B1%25&c=%23"],
    ["/a?b=Z%C3%BCrich", "/a?b=Zürich"],
  ])("of %s is a target with the same parameters", (target, shown) => {
    const command = commandOf({ target });
    expect(command.shown).toBe(`POST ${shown}`);
    const queryOf = (text: string) => readTarget(text, []);
    const again = queryOf(shown.replaceAll("ü", "%C3%BC"));
    expect(again).toMatchObject({ query: (queryOf(target) as { query: unknown }).query });
  });

  const masker = maskerOf([
    { id: "pii", fields: ["secret"] },
    { id: "found", detect: ["us_ssn", "email"] },
  ]);
  const ALL = { path: true, query: true, body: true, hidden: [], type: null };
  const FORM = "application/x-www-form-urlencoded";
  const TYPED = { ...ALL, type: "application/json" };

  it.each<readonly [string, Given, object]>([
    ["without a body", { target: "/a?b=1" }, ALL],
    ["with a body", { body: '{"a":1}' }, TYPED],
    ["with a body of no type", { headers: [], body: "ab" }, { ...ALL, body: false }],
    ["with a name in its path", { target: "/a/x@example.com" }, { ...ALL, path: false }],
    ["with a masked parameter", { target: "/a?secret=1" }, { ...ALL, query: false }],
    ["with a masked field", { body: '{"secret":1, "b":2}' }, { ...TYPED, hidden: ["secret"] }],
    ["with one inside", { body: '{"a":{"secret":1}, "b":2}' }, { ...TYPED, hidden: ["a"] }],
    ["with a finding", { body: '{"a":"123-45-6789"}' }, { ...TYPED, hidden: ["a"] }],
    ["with a finding in a list", { body: '["123-45-6789"]' }, { ...ALL, body: false }],
    [
      "with a finding in a name",
      { body: '{"123-45-6789":1, "secret":1}' },
      { ...ALL, body: false },
    ],
    [
      "with a masked field of a form",
      { headers: [["content-type", FORM]], body: "secret=1&b=2&b=3" },
      { ...ALL, hidden: ["secret"], type: FORM },
    ],
    [
      "with a finding in a text",
      { headers: [["content-type", "text/plain"]], body: "123-45-6789" },
      { ...ALL, body: false },
    ],
    ["too long", { body: JSON.stringify("x".repeat(5_000)) }, { ...ALL, body: false }],
    ["of bytes", { headers: [["content-type", "image/png"]], body: "x" }, { ...ALL, body: false }],
    [
      "that says how long another is",
      { headers: [["content-type", "text/plain"]], body: "(9 bytes)" },
      { ...ALL, type: "text/plain" },
    ],
    [
      "with a finding in its type",
      { headers: [["content-type", "text/plain; a=123-45-6789"]], body: "x" },
      { ...ALL, body: false },
    ],
  ])("%s says what of it is as it was sent", (_, given, shows) => {
    expect(commandOf({ ...given, masker }).shows).toEqual(shows);
  });

  it("says nothing of a body that streams, nor of a WebSocket's opening", () => {
    const engine = new HttpEngine(resource, masker, () => null);
    const head = { method: "POST", target: "/a", headers: JSON_TYPE };
    const streams = engine.describe(1, head, null);
    expect(streams).toMatchObject({ command: { shows: { ...ALL, body: false } } });
    const opening = { method: "GET", target: "/a", headers: [["upgrade", "websocket"]] as const };
    expect(engine.describe(1, opening, utf8(""))).not.toHaveProperty("command.shows");
  });
});
