import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyRules } from "../../../../core/masking/bodies/body.ts";
import { MixedBody } from "../../../../core/masking/bodies/mixed.ts";
import { textLineBytesMax } from "../../../../core/limits.ts";
import { everything } from "../given.ts";
import { cutEverywhere, fields, passed, shown } from "./given.ts";

const RULES: BodyRules = { fields: fields({ ssn: "redact" }), detect: everything };
const CARD = "4111 1111 1111 1111";
const RED = '{"ssn":"[redacted]"}';
const KEY = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEabc", '{"ssn":1}', "x"];

const lines = (rules: BodyRules = RULES) => new MixedBody(rules, true);
const first = () => new MixedBody(RULES, false);

describe("each line may begin a document", () => {
  it.each([
    ["", ""],
    ["plain\n\n", "plain\n\n"],
    ['{"ssn":1}', RED],
    ['\u{feff} \n{"ssn":1}', `\u{feff} \n${RED}`],
    [`started\n{"ssn":1}\npaid ${CARD}\n`, `started\n${RED}\npaid [redacted:credit_card]\n`],
    ['{\n "a": [\n  {"ssn": 1}\n ]\n}\nend', '{\n "a": [\n  {"ssn": "[redacted]"}\n ]\n}\nend'],
    ['{"ssn":1} {"ssn":2}{"ssn":3}\n', `${RED} ${RED}${RED}\n`],
    ['"{\\"ssn\\":1}"', '"{\\"ssn\\":\\"[redacted]\\"}"'],
    [`[info] "x" ${CARD}\n`, '[info] "x" [redacted:credit_card]\n'],
    ['[2026-01-01 12:00] {"a"\n{"ssn":1}', `[2026-01-01 12:00] {"a"\n${RED}`],
    ['[\n1\n{"ssn":1}\n', `[\n1\n${RED}\n`],
    ['"Hello\n{"ssn":1}\n', `"Hello\n${RED}\n`],
    ['["a\n["b\n{"ssn":1}\nx"y', `["a\n["b\n${RED}\nx"y`],
    ["{ color: red }\n[DONE]\n", "{ color: red }\n[DONE]\n"],
    ["[1,2]\n", "[1,2]\n"],
    ["[\n[-----", "[\n[-----"],
    ["[\n[tru", "[\n[tru"],
    [`["${CARD}"]\n`, '["[redacted:credit_card]"]\n'],
    ["｛ full width", "｛ full width"],
    [KEY.join("\n"), '[redacted:private_key]{"ssn":"[redacted]"}\nx'],
    ['{"ssn":1', null],
    ['{"a":1} and "ssn": 2\n', null],
    ['{"a":1,, "ssn":2}\n', null],
    ['{"a":\n{"ssn":1}\n', null],
  ])("%j", (content, expected) => expect(cutEverywhere(lines, content)).toBe(expected));

  it("is decided within a bound, wherever it is cut", () => {
    const list = `[${"1,".repeat(textLineBytesMax)}`;
    for (const [end, expected] of [
      ['{"ssn":1}]', `${list}${RED}]`],
      ["x", null],
    ] as const) {
      for (const cuts of [[], [1], [textLineBytesMax], [textLineBytesMax + 1]]) {
        expect(shown(passed(lines, utf8(list + end), cuts))).toBe(expected);
      }
    }
  });
});

describe("the first line alone", () => {
  it.each([
    [' \n{"ssn":1}\n{"ssn":2}\n', ` \n${RED}\n${RED}\n`],
    ['<p>\n{"ssn":1}</p>\n', '<p>\n{"ssn":1}</p>\n'],
    [`<p>${CARD}`, "<p>[redacted:credit_card]"],
    ['{"ssn":1}\ntext', null],
  ])("%j", (content, expected) => expect(cutEverywhere(first, content)).toBe(expected));
});

test("what leaves does not wait for more than the first name", () => {
  const body = lines({ ...RULES, detect: null });
  expect(shown(body.push(utf8("one\ntwo {")))).toBe("one\ntwo {");
  expect(shown(body.push(utf8('\n{"a'))) ?? "").toBe("\n");
  expect(shown(body.push(utf8('":[1,"x')))).toBe('{"a":[1,"x');
});

test("however it is cut, the same leaves, and no line's field", () => {
  const line = fc.constantFrom(
    '{"ssn":7}',
    "[",
    "text",
    '"a',
    "[1,",
    '{"a":',
    "",
    " {",
    '"b"',
    "]",
  );
  const content = fc.array(line, { maxLength: 8 }).map((all) => all.join("\n"));
  const cuts = fc.array(fc.nat(60), { maxLength: 4 });
  fc.assert(
    fc.property(content, cuts, (body, anywhere) => {
      const bytes = utf8(body);
      const at = anywhere.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
      const whole = passed(() => lines(), bytes, []);
      expect(passed(() => lines(), bytes, at)).toEqual(whole);
      expect(shown(whole) ?? "").not.toContain("7");
    }),
    { numRuns: 1_000 },
  );
});
