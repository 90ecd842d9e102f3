import { describe, expect, it } from "vitest";
import type { CellMask } from "../../../core/masker.ts";
import { bytes, maskerOf } from "./given.ts";

function maskOf(technique: unknown): CellMask {
  const mask = maskerOf([{ id: "r", columns: ["*.c"], technique }]).source({
    schema: "s",
    table: "t",
    column: "c",
  });
  if (mask === null) throw new Error("the rule names the column");
  return mask;
}

const LAST = { partial: { last: 4 } };
const BOTH = { partial: { first: 2, last: 2 } };
const HASH = "0123456789abcdef0123456789abcdef";
const TOKEN = "tok_abcdefghijklmnopqrstuvwxyz";

describe("what somebody was shown in a value's place is known again", () => {
  const VALUES = ["1", "1234", "123-45-6789", "äöüß", "grüße aus köln", "a".repeat(300)];
  it.each([["redact"], ["hash"], ["tokenise"], [LAST], [BOTH], [{ partial: { first: 1 } }]])(
    "%j",
    (technique) => {
      const mask = maskOf(technique);
      for (const value of VALUES) {
        expect(mask.isPlaceholder(mask.text(bytes(value)) ?? bytes("")), value).toBe(true);
        expect(mask.isPlaceholder(bytes(value)), value).toBe(false);
      }
    },
  );
});

it.each([
  ["redact", "[redacted]", true],
  ["redact", "[redacted] ", false],
  ["redact", "see [redacted]", false],
  ["redact", "", false],
  ["redact", HASH, false],
  ["redact", "************", true],
  ["hash", HASH, true],
  ["hash", HASH.toUpperCase(), false],
  ["hash", `${HASH}0`, false],
  ["hash", TOKEN, false],
  ["hash", "[redacted]", true],
  ["tokenise", TOKEN, true],
  ["tokenise", TOKEN.slice(1), false],
  ["tokenise", `${TOKEN}a`, false],
  ["tokenise", TOKEN.replace("z", "1"), false],
  [LAST, "*******6789", true],
  [LAST, "***-**-6789", false],
  [LAST, "123-45-6789", false],
  [LAST, "*23-45-6789", false],
  [LAST, "1******6789", false],
  [LAST, "******56789", false],
  [LAST, "6789", false],
  [LAST, "**89", true],
  [LAST, "*789", false],
  [LAST, "[redacted]", true],
  [BOTH, "ab****gh", true],
  [BOTH, "ab*d**gh", false],
  [BOTH, "ä*******ß", true],
  [BOTH, "äö*****ß", true],
  ["null", "[redacted]", false],
  ["null", "****", true],
])("%j: %j may be its placeholder: %s", (technique, value, may) => {
  expect(maskOf(technique).isPlaceholder(bytes(value))).toBe(may);
});

it("knows the words of a value that was masked whole", () => {
  const masker = maskerOf([{ id: "r", columns: ["*.c"], technique: "hash" }]);
  expect(masker.whole("r").isPlaceholder(bytes("[redacted]"))).toBe(true);
});
