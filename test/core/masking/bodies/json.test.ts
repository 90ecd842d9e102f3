import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { concat, text, utf8 } from "../../../../core/bytes.ts";
import { jsonTextBytesMax } from "../../../../core/limits.ts";
import type { CellMask } from "../../../../core/masker.ts";
import { FieldRules, parseFieldPattern } from "../../../../core/masking/fields.ts";
import type { BodyRules } from "../../../../core/masking/bodies/body.ts";
import { JsonBody } from "../../../../core/masking/bodies/json.ts";
import type { Several } from "../../../../core/masking/bodies/json-next.ts";
import { everything } from "../given.ts";

const mask = (rule: string, technique: CellMask["technique"]): CellMask => ({
  rule,
  technique,
  text: (value) => {
    if (technique === "redact") return utf8("[redacted]");
    return technique === "null" ? null : utf8("*".repeat([...text(value)].length));
  },
  isPlaceholder: () => false,
});

const fields = (rules: Readonly<Record<string, CellMask["technique"]>>) =>
  new FieldRules(
    Object.entries(rules).map(([pattern, technique]) => ({
      pattern: parseFieldPattern(pattern) ?? expect.fail(pattern),
      mask: mask("pii", technique),
    })),
  );

const RULES: BodyRules = {
  fields: fields({ ssn: "redact", "card.number": "partial", "$.top": "null", "*.pin": "redact" }),
  detect: null,
};
const SCANS: BodyRules = { ...RULES, detect: everything };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function through(
  json: Uint8Array,
  rules: BodyRules,
  cuts: readonly number[],
  several: Several = "one",
) {
  const body = new JsonBody(rules, { several });
  const out: Uint8Array[] = [];
  let from = 0;
  for (const to of [...cuts, json.length]) {
    const part = body.push(json.slice(from, to));
    if (part === null) return null;
    out.push(part);
    from = to;
  }
  const rest = body.finish();
  return rest === null ? null : decoder.decode(concat([...out, rest]));
}

const masked = (json: string, rules = RULES): string | null => through(utf8(json), rules, []);

/** Cut at every byte, and whole: the same. */
function atEveryCut(json: string, rules: BodyRules, several: Several = "one"): string | null {
  const bytes = utf8(json);
  const whole = through(bytes, rules, [], several);
  for (let at = 1; at < bytes.length; at++) {
    expect(through(bytes, rules, [at], several), `cut at ${at}`).toBe(whole);
  }
  const each = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
  expect(through(bytes, rules, each, several), "byte by byte").toBe(whole);
  return whole;
}

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
    ['"x"', '"x"'],
    [' {"a":"\\\\"}\n', ' {"a":"\\\\"}\n'],
  ])("%s", (json, expected) => expect(atEveryCut(json, RULES)).toBe(expected));

  it("passes several documents, one a line", () => {
    const lines = '{"ssn":1}\n{"a":2}\n\n3\n4';
    expect(atEveryCut(lines, RULES, "lines")).toBe('{"ssn":"[redacted]"}\n{"a":2}\n\n3\n4');
    expect(atEveryCut("", RULES, "lines")).toBe("");
    expect(atEveryCut('\u{1e}{"ssn":1}\n\u{1e}2\n', RULES, "lines")).toBe(
      '\u{1e}{"ssn":"[redacted]"}\n\u{1e}2\n',
    );
    expect(atEveryCut("1 2", RULES, "lines")).toBeNull();
    expect(atEveryCut("[1][2]", RULES, "lines")).toBeNull();
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

describe("what is no JSON does not pass", () => {
  it.each([
    ["", "nothing"],
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
  it("is refused as a name", () => expect(push(`{"${long}":1}`, RULES)).toBeNull());
});

const NAMES = ["ssn", "SSN", "card", "number", "top", "pin", "a", "Ä", "x y"];
const documents = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(true, false, null, 0, -1),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("any"), { maxKeys: 5 }),
  ),
})).any;

/** The same by the tree that JSON.parse makes. */
function expected(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => expected(item, path));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, field(inner, [...path, name])]),
  );
}

function field(value: unknown, path: readonly string[]): unknown {
  const [outer, last] = [path.at(-2)?.toLowerCase(), path.at(-1)?.toLowerCase()];
  const isPartial = last === "number" && outer === "card";
  const isNull = last === "top" && path.length === 1;
  const isRedacted = last === "ssn" || (last === "pin" && path.length > 1);
  if (value === null || !(isPartial || isNull || isRedacted)) return expected(value, path);
  if (isNull && !isRedacted) return null;
  if (isRedacted || typeof value === "object" || typeof value === "boolean") return "[redacted]";
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return "*".repeat([...shown].length);
}

test("any document, laid out in any way and cut anywhere, is masked as its tree would be", () => {
  const layouts = fc.constantFrom(undefined, 1, "\t");
  const cuts = fc.array(fc.nat(2_000), { maxLength: 6 });
  fc.assert(
    fc.property(documents, layouts, cuts, (document, layout, anywhere) => {
      const json = JSON.stringify(document, null, layout);
      const bytes = utf8(json);
      const at = anywhere.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
      const out = through(bytes, RULES, at);
      expect(out).not.toBeNull();
      const own = JSON.parse(json) as unknown;
      const wanted = expected(own, []);
      // Texts that are documents themselves are masked inside: they do not occur here.
      expect(JSON.parse(out ?? "")).toEqual(wanted);
      if (JSON.stringify(wanted) === JSON.stringify(own)) expect(out).toBe(json);
    }),
    { numRuns: 500 },
  );
});

test("two documents that differ only in what is redacted look the same", () => {
  const values = fc.tuple(documents, documents).filter(([a, b]) => a !== null && b !== null);
  fc.assert(
    fc.property(documents, values, fc.nat(300), (rest, [one, other], cut) => {
      const seen = [one, other].map((ssn) => {
        const bytes = utf8(JSON.stringify({ rest, list: [{ SSN: ssn }], end: 1 }));
        return through(bytes, RULES, [Math.min(cut, bytes.length)]);
      });
      expect(seen[0]).not.toBeNull();
      expect(seen[0]).toBe(seen[1]);
    }),
  );
});
