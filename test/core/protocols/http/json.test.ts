import fc from "fast-check";
import { expect, it, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import { readJson } from "../../../../core/protocols/http/json.ts";

const read = (json: string) => readJson(utf8(json));

test("a document is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      const alike = /"(?:[^"\\]|\\.)*":/u.test(json);
      const answer = read(json);
      if ("wrong" in answer) expect(alike).toBe(true);
      else expect(answer.value).toEqual(JSON.parse(json));
    }),
  );
});

it.each([
  '{"amount":1,"amount":2}',
  '{"amount":1,"Amount":2}',
  '{"a":[{"b":{"x":1},"\\u0062":1}]}',
  '{"k":1,"\u{212a}":2}',
  "",
  "{",
  "[1,]",
  "{a:1}",
  "NaN",
  "\u{feff}{}",
  "[".repeat(600) + "]".repeat(600),
])("%s is refused", (json) => expect(read(json)).toHaveProperty("wrong"));

it.each([
  '{"a":{"x":1},"b":{"x":2}}',
  '[{"x":1},{"x":2}]',
  '{"a":"{\\"x\\":1,\\"x\\":2}: , {"}',
  '{"a":"x","x":"a"}',
  "3",
])("%s is read", (json) => expect(read(json)).toEqual({ value: JSON.parse(json) as unknown }));

it("is refused where it is not UTF-8", () => {
  expect(readJson(Uint8Array.of(34, 255, 34))).toEqual({ wrong: "The body is not UTF-8." });
});
