import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyRules } from "../../../../core/masking/bodies/body.ts";
import { JsonBody } from "../../../../core/masking/bodies/json.ts";
import { everything } from "../given.ts";
import { fields, passed, shown } from "./given.ts";

const RULES: BodyRules = {
  fields: fields({ ssn: "redact", "card.number": "partial", "$.top": "null", "*.pin": "redact" }),
  detect: null,
};
const SCANS: BodyRules = { ...RULES, detect: everything };

const through = (json: Uint8Array, rules: BodyRules, cuts: readonly number[]): string | null =>
  shown(passed(() => new JsonBody(rules), json, cuts));

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

const VALUES = [
  "4111 1111 1111 1111",
  '{"ssn":"1","a":"x"}',
  '[{"ssn":',
  "a@example.com",
  5105105105105100,
];
const tricky = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...VALUES),
    fc.string({
      unit: fc.constantFrom("a", '"', "\\", "\n", " ", "{", "[", "é", "\u{1f600}", "\ud800"),
    }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES, "b@example.com"), tie("any"), { maxKeys: 5 }),
  ),
})).any;

test("however it is cut, the same leaves, with detectors and documents in texts", () => {
  const cuts = fc.array(fc.nat(600), { maxLength: 9 });
  fc.assert(
    fc.property(tricky, fc.boolean(), cuts, (document, detects, anywhere) => {
      const bytes = utf8(JSON.stringify(document));
      const rules = detects ? SCANS : RULES;
      const at = anywhere.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
      const whole = through(bytes, rules, []);
      expect(whole).not.toBeNull();
      expect(through(bytes, rules, at)).toBe(whole);
      expect(() => JSON.parse(whole ?? "") as unknown).not.toThrow();
    }),
    { numRuns: 1_000 },
  );
});

/** Where the token begins in the middle of which the text ends; its end, if it ends in none. */
function tokenFrom(json: string): number {
  const tokens = json.match(/"(?:[^"\\]|\\[^])*(?:"|\\?$)|[^\s",:{}[\]]+|[\s,:{}[\]]/gu) ?? [];
  const last = tokens.at(-1) ?? "";
  const isWhole = /^(?:[\s,:{}[\]]|"(?:[^"\\]|\\[^])*"|)$/u.test(last);
  return utf8(json).length - (isWhole ? 0 : utf8(last).length);
}

test("no more is held than what a token needs", () => {
  const nothing = { ...RULES, fields: fields({ nobody: "redact" }) };
  fc.assert(
    fc.property(documents, fc.constantFrom(undefined, 1), fc.nat(400), (document, layout, cut) => {
      const json = JSON.stringify(document, null, layout);
      const prefix = json.slice(0, cut).replace(/[\ud800-\udbff]$/u, "");
      const out = new JsonBody(nothing).push(utf8(prefix));
      expect(out?.length).toBeGreaterThanOrEqual(tokenFrom(prefix));
      expect(utf8(prefix).subarray(0, out?.length)).toEqual(out);
    }),
    { numRuns: 500 },
  );
  // A text that nobody reads is not held at all.
  expect(shown(new JsonBody(nothing).push(utf8('{"a":"long te')))).toBe('{"a":"long te');
  expect(shown(new JsonBody(nothing).push(utf8('{"nobody":"long te')))).toBe(
    '{"nobody":"[redacted]"',
  );
});
