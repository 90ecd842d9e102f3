import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyMasker, BodyRules } from "../../../../core/masking/bodies/body.ts";
import { bodyMaskerFor } from "../../../../core/masking/bodies/choose.ts";
import { everything } from "../given.ts";
import { fields, passed, shown } from "./given.ts";

const FIELDS = fields({ ssn: "redact", "card.number": "partial", "$.top": "null" });
const BY_KEY: BodyRules = { fields: FIELDS, detect: null };
const BOTH: BodyRules = { fields: FIELDS, detect: everything };

/** What each type is made of: whole documents, and their pieces in any order. */
const PIECES: Readonly<Record<string, readonly string[]>> = {
  "application/x-ndjson": ['{"ssn":"7"}\n', '{"a":1}\r\n', "\n", '"x', "[", "]", "\n{"],
  "application/json-seq": ['\u{1e}{"ssn":"7"}\n', "\u{1e}[1]\n", "\u{1e}", "1", "\n", '"'],
  "text/event-stream": [
    'data: {"ssn":"7"}\n\n',
    "data: ",
    '{"ssn":',
    '"7"}',
    "\r",
    "\n",
    "id: é\n",
  ],
  "text/csv": ["ssn,b\n", "7,1\n", '"7","x\n"\r\n', "a\n", ",", '"', "\r", "# x\n", "\n"],
  "text/plain": ['{"ssn":"7"}', "\n", "a b ", "[", '"', "4111 1111 1111 1111", "\r", "--", "-----"],
  "application/x-www-form-urlencoded": [
    "ssn=7",
    "&",
    "a=%7B",
    "card[number]=7",
    "%",
    "b=x%40y.com",
  ],
};

const bodies = fc
  .constantFrom(...Object.keys(PIECES))
  .chain((type) =>
    fc
      .array(fc.constantFrom(...(PIECES[type] ?? [])), { maxLength: 10 })
      .map((all) => ({ type, content: all.join("") })),
  );

const maker = (type: string, rules: BodyRules) => (): BodyMasker => {
  const masker = bodyMaskerFor(type, rules, "refuse");
  return typeof masker === "string" ? expect.fail(masker) : masker;
};

test("however a body is cut, the same leaves", () => {
  const cuts = fc.array(fc.nat(120), { maxLength: 6 });
  fc.assert(
    fc.property(
      bodies,
      fc.constantFrom(BY_KEY, BOTH),
      cuts,
      ({ type, content }, rules, anywhere) => {
        const bytes = utf8(content);
        const make = maker(type, rules);
        const whole = shown(passed(make, bytes, []));
        const at = anywhere.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
        expect(shown(passed(make, bytes, at))).toBe(whole);
        const each = Array.from(bytes, (_, i) => i).slice(1);
        expect(shown(passed(make, bytes, each))).toBe(whole);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("where nothing is masked, every byte is as it was", () => {
  const nobody: BodyRules = { fields: fields({ nobody: "redact" }), detect: null };
  fc.assert(
    fc.property(bodies, ({ type, content }) => {
      const out = shown(passed(maker(type, nobody), utf8(content), []));
      // In an event or a form what is no document, though it has members, is replaced.
      if (out !== null && !out.includes("redacted")) expect(out).toBe(content);
    }),
    { numRuns: 1_000 },
  );
});

const RECORDS = fc.array(
  fc.record({
    ssn: fc.string(),
    a: fc.oneof(fc.string(), fc.integer()),
    b: fc.constantFrom(null, true),
  }),
  { minLength: 1, maxLength: 5 },
);
const hidden = (all: readonly object[]) => all.map((one) => ({ ...one, ssn: "[redacted]" }));

test("each line and each event is masked as its tree would be", () => {
  fc.assert(
    fc.property(RECORDS, (records) => {
      const lines = (all: readonly object[], before: string, after: string) =>
        all.map((one) => `${before}${JSON.stringify(one)}${after}`).join("");
      for (const [type, before, after] of [
        ["application/x-ndjson", "", "\n"],
        ["application/json-seq", "\u{1e}", "\n"],
        ["text/event-stream", "data: ", "\n\n"],
        ["text/plain", "", "\n"],
      ] as const) {
        const out = passed(maker(type, BY_KEY), utf8(lines(records, before, after)), []);
        expect(shown(out)).toBe(lines(hidden(records), before, after));
      }
    }),
  );
});
