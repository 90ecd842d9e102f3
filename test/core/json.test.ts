import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { text, utf8 } from "../../core/bytes.ts";
import { rewriteJson, type JsonPlan } from "../../core/json.ts";

const clear: JsonPlan = { is: "clear" };
const hidden: JsonPlan = { is: "replaced", replace: () => utf8("0") };
const object = (members: Readonly<Record<string, JsonPlan>>): JsonPlan => ({
  is: "object",
  members: new Map(Object.entries(members)),
});
const each = (item: JsonPlan): JsonPlan => ({ is: "each", item });
const tuple = (...items: JsonPlan[]): JsonPlan => ({ is: "tuple", items });

const rewritten = (json: string, plan: JsonPlan): string | null => {
  const out = rewriteJson(utf8(json), plan);
  return out === null ? null : text(out);
};

describe("what is planned is replaced, and the rest stays as it is", () => {
  it.each<[string, JsonPlan, string]>([
    ['{"a":1, "b" : "x"}', object({ a: hidden, b: clear }), '{"a":0, "b" : "x"}'],
    [
      '{"b":[1,{"a":"}]"}],"a":true}',
      object({ a: hidden, b: clear }),
      '{"b":[1,{"a":"}]"}],"a":0}',
    ],
    ['{"a":{"x":[1,"\\""]}}', object({ a: hidden }), '{"a":0}'],
    ['{"a":"\\\\"}', object({ a: hidden }), '{"a":0}'],
    ['{"\\u0061":1}', object({ a: hidden }), '{"\\u0061":0}'],
    ['{"a":1,"a":2}', object({ a: hidden }), '{"a":0,"a":0}'],
    ["{}", object({ a: hidden }), "{}"],
    ["null", object({ a: hidden }), "null"],
    [' [ {"a":null} ,\n null ] ', each(object({ a: hidden })), ' [ {"a":0} ,\n null ] '],
    ["[]", each(hidden), "[]"],
    ['[1,-2.5e3,"é"]', each(hidden), "[0,0,0]"],
    ["[1,[2,3]]", tuple(clear, tuple(hidden, clear)), "[1,[0,3]]"],
    ["[]", tuple(hidden, hidden), "[]"],
    ["3", clear, "3"],
    ['"x"', hidden, "0"],
  ])("%s", (json, plan, expected) => {
    expect(rewritten(json, plan)).toBe(expected);
  });
});

describe("what is not as planned is not shown", () => {
  it.each<[string, JsonPlan]>([
    ['{"a":1,"c":2}', object({ a: hidden })],
    ["[1]", object({ a: hidden })],
    ['"x"', object({ a: hidden })],
    ["7", each(hidden)],
    ["[1,2,3]", tuple(hidden, clear)],
    ["[1]", tuple(hidden, clear)],
    ['{"a":1', object({ a: hidden })],
    ['{"a":"x}', object({ a: hidden })],
    ['{"a" 1}', object({ a: hidden })],
    ["{a:1}", object({ a: hidden })],
    ["[1] [2]", each(hidden)],
    ["[1,]", each(hidden)],
    ["]", clear],
    ["", clear],
  ])("%s", (json, plan) => {
    expect(rewritten(json, plan)).toBeNull();
  });
});

test("any document, any member: JSON.parse sees the same but for what was replaced", () => {
  const documents = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }));
  fc.assert(
    fc.property(documents, fc.nat(), fc.constantFrom(0, 2), (rows, choice, spaces) => {
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const chosen = names[choice % Math.max(1, names.length)];
      const members = new Map(names.map((name) => [name, name === chosen ? hidden : clear]));
      const out = rewritten(JSON.stringify(rows, null, spaces), each({ is: "object", members }));
      const expected = rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([k, v]) => [k, k === chosen ? 0 : v])),
      );
      expect(out).toBe(JSON.stringify(expected, null, spaces));
    }),
  );
});
