import { describe, expect, it } from "vitest";
import { fromHex, utf8 } from "../../../../core/bytes.ts";
import type { CellMask } from "../../../../core/masker.ts";
import { maskCell, planRow } from "../../../../core/protocols/postgres/cells.ts";
import { isPlaceholder, overwritten } from "../../../../core/protocols/postgres/placeholders.ts";
import { knownTypes, TEXT, typeOf } from "../../../../core/protocols/postgres/types.ts";
import { maskerOf } from "../../masking/given.ts";

type Technique = "redact" | "hash" | "tokenise" | { readonly partial: { readonly last: number } };

function maskOf(technique: Technique): CellMask {
  const masker = maskerOf([{ id: "r", columns: ["*.c"], technique }]);
  return masker.source({ schema: "s", table: "t", column: "c" }) as CellMask;
}

/** What a cell of a type may hold, where its masked form depends on it. */
const CELLS: Readonly<Record<string, readonly [text: string, binary: string]>> = {
  int: ["42", "0000002a"],
  uuid: ["c0ffee11-5eed-4bad-8bad-0123456789ab", "c0ffee115eed4bad8bad0123456789ab"],
  json: ['{"a":1}', "7b7d"],
  jsonb: ['{"a":1}', "017b7d"],
};

describe.each(["redact", "hash", "tokenise", { partial: { last: 2 } }] as const)(
  "%j: what a column shows is known when it comes back,",
  (technique) => {
    const mask = maskOf(technique);
    const keyed = technique === "hash" || technique === "tokenise";
    it.each(knownTypes())("of type %i", (type) => {
      const { is } = typeOf(type);
      // Masked integers look like any other; nobody can tell them apart.
      if (is === "int" && keyed) return;
      const [text, binary] = CELLS[is] ?? ["something", "736f6d65"];
      for (const format of [0, 1] as const) {
        const column = { name: "c", type, format, mask, scan: false };
        const cell = format === 0 ? utf8(text) : fromHex(binary);
        const [planned] = planRow([column]).columns;
        const shown = planned === undefined ? null : maskCell(cell, planned);
        expect(shown).not.toBeNull();
        expect(isPlaceholder(shown ?? cell, type, format, mask), `format ${format}`).toBe(true);
        expect(isPlaceholder(cell, type, format, mask), `the value, ${format}`).toBe(false);
      }
    });
  },
);

const BOOL = 16;
const INT = 23;
const NUMERIC = 1700;
const FLOAT = 701;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const JSON_TYPE = 114;
const UNKNOWN = 99_999;

it.each([
  [INT, "0", true],
  [INT, " 0 ", true],
  [INT, "10", false],
  [INT, "", false],
  [NUMERIC, "0.00", true],
  [NUMERIC, "-0", true],
  [NUMERIC, "0.01", false],
  [FLOAT, "0e0", true],
  [FLOAT, "NaN", false],
  [BOOL, "false", true],
  [BOOL, "t", false],
  [DATE, "2000-01-01", true],
  [DATE, "2000-01-01T00:00:00.000+01:00", true],
  [DATE, "2000-01-011", false],
  [DATE, "2000-01-02", false],
  [TIMESTAMP, "2000-01-01T00:00:00.000+02:00", true],
  [TIMESTAMP, "2000-01-01 00:00:01", false],
  [TIMESTAMPTZ, "2000-01-01T00:00:00.000Z", true],
  [TIMESTAMPTZ, "2000-01-01 02:00:00.000+02:00", true],
  [TIMESTAMPTZ, "2000-01-01 00:00:00+00", true],
  [TIMESTAMPTZ, "1999-12-31T18:30:00-0530", true],
  [TIMESTAMPTZ, "2000-01-01 00:00:00+02", false],
  [TIMESTAMPTZ, "yesterday", false],
  [JSON_TYPE, '"[redacted]"', true],
  [JSON_TYPE, ' "[redacted]" ', true],
  [JSON_TYPE, '{"a":"[redacted]"}', false],
  [JSON_TYPE, "[redacted]", false],
  [UNKNOWN, "[redacted]", true],
  [UNKNOWN, "0", false],
])("type %i: %j may be a placeholder: %s", (type, value, may) => {
  expect(isPlaceholder(utf8(value), type, 0, maskOf("redact"))).toBe(may);
});

it("is asked of every statement, by each person's own rules", () => {
  const column = { schema: "public", table: "people", column: "ssn" };
  const assigned = [1, 2, 3, "x"].map((value) => ({ column, type: TEXT, value }));
  const statements = [{ assigned: [] }, { assigned }];
  const rule = { id: "pii", columns: ["*.ssn"], technique: "redact", except: ["fraud"] };
  const found = (groups: readonly string[], ...values: (string | null)[]) => {
    const parameters = values.map((value) => ({
      type: 0,
      format: 0,
      value: value === null ? null : utf8(value),
    }));
    return overwritten(statements, parameters, maskerOf([rule], groups));
  };
  expect(found([], "a", "[redacted]")).toEqual({ column: "people.ssn", rule: "pii" });
  expect(found(["fraud"], "a", "[redacted]")).toBeNull();
  expect(found([], "a", null, "b", "[redacted]")).toBeNull();
  expect(found([])).toBeNull();
});

it("numeric zero of any scale is zero in binary, NaN is not", () => {
  const redact = maskOf("redact");
  expect(isPlaceholder(fromHex("0000000000000002"), NUMERIC, 1, redact)).toBe(true);
  expect(isPlaceholder(fromHex("00000000c0000000"), NUMERIC, 1, redact)).toBe(false);
});
