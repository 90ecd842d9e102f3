import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import { jsonTextBytesMax } from "../../../../core/limits.ts";
import type { BodyRules } from "../../../../core/masking/bodies/body.ts";
import { JsonBody } from "../../../../core/masking/bodies/json.ts";
import type { Several } from "../../../../core/masking/bodies/json-next.ts";
import { everything } from "../given.ts";
import { cutEverywhere, fields, passed, shown } from "./given.ts";

const RULES: BodyRules = {
  fields: fields({ ssn: "redact", "card.number": "partial", "$.top": "null", "*.pin": "redact" }),
  detect: null,
};
const SCANS: BodyRules = { ...RULES, detect: everything };

const RED = '{"a":{"ssn":"[redacted]","ssn":"[redacted]"},"ssn":"[redacted]"}';

const reader =
  (rules: BodyRules, several: Several = "one") =>
  () =>
    new JsonBody(rules, { several });

const through = (json: Uint8Array, rules: BodyRules, cuts: readonly number[]): string | null =>
  shown(passed(reader(rules), json, cuts));

const masked = (json: string, rules = RULES): string | null => through(utf8(json), rules, []);

const atEveryCut = (json: string, rules: BodyRules, several: Several = "one"): string | null =>
  cutEverywhere(reader(rules, several), json);

describe("what a rule names is replaced, and all else stays byte for byte", () => {
  it.each([
    ['{"ssn":"1","name" : "x"}', '{"ssn":"[redacted]","name" : "x"}'],
    ['{"SSN":1.5e3, "a":[{"Ssn":true}]}', '{"SSN":"[redacted]", "a":[{"Ssn":"[redacted]"}]}'],
    ['{"\\u0073sn":"x"}', '{"\\u0073sn":"[redacted]"}'],
    ['{"ssn":{"a":[1,{"b":"}"}]},"z":1}', '{"ssn":"[redacted]","z":1}'],
    ['{"ssn":["1","2"],"ssn":"\\"3"}', '{"ssn":"[redacted]","ssn":"[redacted]"}'],
    ['{"ssn":null}', '{"ssn":null}'],
    [
      '{"card":{"number":"4111","of":1},"number":5}',
      '{"card":{"number":"****","of":1},"number":5}',
    ],
    ['{"card":[{"number":"é1"}]}', '{"card":[{"number":"**"}]}'],
    ['{"top":1,"a":{"top":1}}', '{"top":null,"a":{"top":1}}'],
    ['{"a":{"pin":1},"pin":2}', '{"a":{"pin":"[redacted]"},"pin":2}'],
    ['{"log":"{\\"ssn\\": \\"1\\"}"}', '{"log":"{\\"ssn\\": \\"[redacted]\\"}"}'],
    ['{"log":" [{\\"a\\": \\"1\\"}]"}', '{"log":" [{\\"a\\": \\"1\\"}]"}'],
    [
      '{"log":"\\"{\\\\\\"ssn\\\\\\":1}\\""}',
      '{"log":"\\"{\\\\\\"ssn\\\\\\":\\\\\\"[redacted]\\\\\\"}\\""}',
    ],
    ["\u{feff}[1]", "\u{feff}[1]"],
    ["3", "3"],
    ["", ""],
    ['{"ssn":{}}', '{"ssn":"[redacted]"}'],
    ['{"top":{"a":[1,"x"]},"b":[]}', '{"top":null,"b":[]}'],
    ['{"card":{"number":[1,2]},"a":1}', '{"card":{"number":"[redacted]"},"a":1}'],
    ['{"card":{"number":{"number":7}}}', '{"card":{"number":"[redacted]"}}'],
    ['{"a":{"ssn":1,"ssn":"2"},"ssn":3}', RED],
    ["[-0,1E+9,-1.5e-300,0.10]", "[-0,1E+9,-1.5e-300,0.10]"],
    ['{"ssn":"\\ud83d\\ude00 \\ud800"}', '{"ssn":"[redacted]"}'],
    ['{"card":{"number":"\\ud83d\\ude00\\u0041"}}', '{"card":{"number":"**"}}'],
    ['{"a":"\\ud83d\\ude00\\ud800"}', '{"a":"\\ud83d\\ude00\\ud800"}'],
    ['{"log":"{\\"a\\":1} {\\"ssn\\":2}"}', '{"log":"{\\"a\\":1} {\\"ssn\\":\\"[redacted]\\"}"}'],
    ['{"log":"\\u007b\\"ssn\\":1}"}', '{"log":"{\\"ssn\\":\\"[redacted]\\"}"}'],
    ['{"log":"{\\"a\\":1, \\"ssn\\":\\"12"}', '{"log":"[redacted]"}'],
    ['{"log":"{\\"a\\":1} cut"}', '{"log":"[redacted]"}'],
    ['{"log":"[DONE] \\"x\\": {"}', '{"log":"[DONE] \\"x\\": {"}'],
    ['"x"', '"x"'],
    [' {"a":"\\\\"}\n', ' {"a":"\\\\"}\n'],
  ])("%s", (json, expected) => expect(atEveryCut(json, RULES)).toBe(expected));

  it("passes several documents, one a line", () => {
    const lines = '{"ssn":1}\n{"a":2}\n\n3\n4';
    expect(atEveryCut(lines, RULES, "lines")).toBe('{"ssn":"[redacted]"}\n{"a":2}\n\n3\n4');
    expect(atEveryCut("", RULES, "lines")).toBe("");
    expect(atEveryCut("1 2", RULES, "lines")).toBeNull();
    expect(atEveryCut("[1][2]", RULES, "lines")).toBeNull();
  });

  it("passes several documents, each behind a mark", () => {
    expect(atEveryCut('\u{1e}{"ssn":\n1}\n\u{1e}\u{1e}2\n', RULES, "sequence")).toBe(
      '\u{1e}{"ssn":\n"[redacted]"}\n\u{1e}\u{1e}2\n',
    );
    expect(atEveryCut("", RULES, "sequence")).toBe("");
    expect(atEveryCut("1\n", RULES, "sequence")).toBeNull();
    expect(atEveryCut("\u{1e}1\n2\n", RULES, "sequence")).toBeNull();
  });

  it.each([
    ['{"a":\n{"top":1}\n', "lines"],
    ['{"a":\n{"top":1}}\n', "lines"],
    ['{"a":"x\ny"}\n', "lines"],
    ['\u{1e}["x\u{1e}y"]\n', "sequence"],
    ["\u{1e}[1,\u{1e}2]\n", "sequence"],
    ['{"a":"\n{"top":1}\n', "lines"],
    ['{"a":1\n{"ssn":1}\n', "lines"],
    ['{"a":1}\nnot JSON\n{"ssn":1}\n', "lines"],
    ['{"a":1}\n{"ssn":1', "lines"],
    ['\u{1e}{"a":\u{1e}{"top":1}\n', "sequence"],
    ['\u{1e}{"a":"\u{1e}{"top":1}\n', "sequence"],
    ['\u{1e}{"a":1}\n{"top":1}\n', "sequence"],
  ] as const)("does not go on over a broken line: %j", (json, several) => {
    expect(atEveryCut(json, RULES, several)).toBeNull();
  });

  it("looks through texts, names and numbers", () => {
    const json = '{"a":"card 4111\\u00201111 1111 1111","n":4111111111111111,"x@example.com":1}';
    expect(atEveryCut(json, SCANS)).toBe(
      '{"a":"card [redacted:credit_card]","n":"[redacted:credit_card]","[redacted:email]":1}',
    );
  });

  it("counts by rule and by detector, and knows no value", () => {
    const body = new JsonBody(SCANS);
    body.push(utf8('{"ssn":"1","b":{"ssn":{}},"c":"a@example.com"}'));
    expect(body.tally.take()).toEqual({
      masked: [{ rule: "pii", cells: 2 }],
      findings: [{ kind: "email", count: 1 }],
    });
  });
});

test("documents in texts of documents are masked, those too deep replaced", () => {
  let inner = '{"ssn":1}';
  const layers: (string | null)[] = [];
  for (let depth = 0; depth < 7; depth++) {
    layers.push(masked(inner));
    inner = JSON.stringify({ log: inner });
  }
  for (const layer of layers) expect(layer).not.toContain('ssn\\":1');
  expect(layers[4]).toContain("ssn");
  expect(layers[6]).not.toContain("ssn");
  expect(layers[6]).toContain("[redacted]");
});

describe("what is no JSON does not pass", () => {
  it.each([
    [" ", "nothing"],
    ['{"a":1', "no end"],
    ['"a', "no end of a text"],
    ["[1,]", "a comma too many"],
    ["{a:1}", "a name without quotes"],
    ["{'ssn':1}", "single quotes"],
    ['{"a" 1}', "no colon"],
    ['{"a":1 "ssn":2}', "no comma"],
    ["[1 /* ssn */]", "a comment"],
    ["[1}", "another end"],
    ["]", "an end alone"],
    ["[NaN]", "no number"],
    ["[01]", "a zero before a number"],
    ["[+1]", "a plus"],
    ["[1.]", "no digits behind the point"],
    ["[.5]", "none before it"],
    ["[1e]", "no exponent"],
    ["[-]", "a sign alone"],
    ["[1-2]", "no number"],
    ["[12:30]", "a time"],
    ["[tru]", "no word"],
    ["1 2", "two documents"],
    ["[1]\u{0}", "NUL"],
    ["[1,\u{a0}2]", "a space that is none"],
    ['{"a\\x":1}', "an escape that is none"],
  ])("%s (%s)", (json) => expect(atEveryCut(json, RULES)).toBeNull());

  it("nor what is deeper than clients read", () => {
    expect(masked("[".repeat(512) + "]".repeat(512))).not.toBeNull();
    expect(masked("[".repeat(513) + "]".repeat(513))).toBeNull();
  });

  it("nor a name that is not UTF-8", () => {
    expect(through(Uint8Array.of(123, 34, 115, 255, 34, 58, 49, 125), RULES, [])).toBeNull();
  });
});

describe("a text too long to hold", () => {
  const long = "x".repeat(jsonTextBytesMax + 10);
  const push = (value: string, rules: BodyRules) =>
    through(utf8(value), rules, [10, jsonTextBytesMax, jsonTextBytesMax + 9]);

  it("passes where nobody looks at it", () => {
    expect(push(`{"a":"${long}","ssn":1}`, RULES)).toBe(`{"a":"${long}","ssn":"[redacted]"}`);
  });
  it("is replaced where a detector or a mask would read it, and where it is masked", () => {
    expect(push(`{"a":"${long}\\"","b":1}`, SCANS)).toBe('{"a":"[redacted]","b":1}');
    expect(push(`{"ssn":"${long}","b":1}`, RULES)).toBe('{"ssn":"[redacted]","b":1}');
    expect(push(`{"card":{"number":"${long}"}}`, RULES)).toBe('{"card":{"number":"[redacted]"}}');
  });
  it("is read to its mark where white space comes first, and passes if it is no document", () => {
    const spaces = " ".repeat(40);
    expect(push(`{"a":"${spaces}${long}"}`, RULES)).toBe(`{"a":"${spaces}${long}"}`);
    expect(push(`{"a":"${spaces}[${long}"}`, RULES)).toBe('{"a":"[redacted]"}');
  });
  it("costs no more in small pieces", () => {
    const json = utf8(
      `{"card":{"number":"${"x".repeat(jsonTextBytesMax - 2)}"},"n":${"1".repeat(9_999)}}`,
    );
    const cuts = Array.from({ length: json.length >> 4 }, (_, i) => i << 4).slice(1);
    expect(through(json, RULES, cuts)).toHaveLength(json.length);
  });
  it("is refused as a name", () => expect(push(`{"${long}":1}`, RULES)).toBeNull());
});
