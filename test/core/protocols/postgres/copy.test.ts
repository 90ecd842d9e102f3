import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../../../../core/bytes.ts";
import { rowBytesMax } from "../../../../core/limits.ts";
import type { ColumnPlan } from "../../../../core/protocols/postgres/cells.ts";
import { copyMasker, type CopyMasker } from "../../../../core/protocols/postgres/copy.ts";
import type { CopyShape } from "../../../../core/sql/statement.ts";
import { body, bytesOf, CARD, column, cut, finder, latin } from "./masks.ts";

const TEXT_FORMAT: CopyShape = {
  direction: "out",
  format: "text",
  delimiter: "\t",
  quote: '"',
  escape: '"',
  nullText: "\\N",
  header: false,
  forceQuoteAll: false,
};
const CSV: CopyShape = { ...TEXT_FORMAT, format: "csv", delimiter: ",", nullText: "" };
const BINARY: CopyShape = { ...TEXT_FORMAT, format: "binary" };

const columns = [column(0, null), column(0, "redact"), column(23, "redact"), column(0, "partial")];

const masker = (shape: CopyShape, plan: readonly ColumnPlan[] = columns): CopyMasker =>
  copyMasker(shape, plan, finder) as CopyMasker;

function through(shape: CopyShape, text: string, plan?: readonly ColumnPlan[]): string {
  const out = masker(shape, plan).push(bytesOf(text));
  return typeof out === "string" ? out : latin(out);
}

describe("COPY in text format", () => {
  it.each([
    ["masks by type", "a\tsecret\t17\txy\n", "a\t[redacted]\t0\t***2\n"],
    ["masks what escapes say", "a\tb\t1\tx\\ty\\\\\\x41\\101\n", "a\t[redacted]\t0\t***6\n"],
    ["keeps NULL", "\\N\t\\N\t\\N\t\\N\n", "\\N\t\\N\t\\N\t\\N\n"],
    ["keeps escapes of a clear column", "\\t\\\\x\tb\t1\tx\n", "\\t\\\\x\t[redacted]\t0\t***1\n"],
    ["writes escapes again", `\\t${CARD}\\n\tb\t1\tx\n`, "\\t[card]\\n\t[redacted]\t0\t***1\n"],
  ])("%s", (_, given, shown) => expect(through(TEXT_FORMAT, given)).toBe(shown));
});

describe("COPY in CSV", () => {
  it.each([
    ["masks by type", CSV, "a,secret,17,xy\n", "a,[redacted],0,***2\n"],
    ["reads quotes", CSV, 'a,"se,\n""cret",17,"x""y"\n', "a,[redacted],0,***3\n"],
    ["tells NULL from empty", CSV, 'a,,17,""\n', "a,,0,***0\n"],
    [
      "passes the header",
      { ...CSV, header: true },
      "w,x,y,z\na,b,1,x\n",
      "w,x,y,z\na,[redacted],0,***1\n",
    ],
    [
      "reads its escape",
      { ...CSV, escape: "\\" },
      'a,"b\\"c,d",1,"x\\"\\\\"\n',
      "a,[redacted],0,***3\n",
    ],
    ["reads its delimiter", { ...CSV, delimiter: ";" }, "a,b;c;1;x\n", "a,b;[redacted];0;***1\n"],
    [
      "quotes where all are quoted",
      { ...CSV, forceQuoteAll: true },
      '"a","b","1","x"\n',
      '"a","[redacted]","0","***1"\n',
    ],
    ["writes quotes again", CSV, `"1""${CARD},",b,1,x\n`, '"1""[card],",[redacted],0,***1\n'],
  ])("%s", (_, shape, given, shown) => expect(through(shape, given)).toBe(shown));
});

const binary = (...rows: Uint8Array[]) =>
  concat([bytesOf(`PGCOPY\n\xff\r\n\0${"\0".repeat(8)}`), ...rows, bytesOf("\xff\xff")]);

describe("COPY in binary format", () => {
  const plan = [column(0, null), column(25, "redact"), column(23, "redact"), column(0, "redact")];
  it("masks like binary rows; what it cannot type becomes NULL", () => {
    const given = binary(
      body([bytesOf("clear"), bytesOf(CARD), bytesOf("\0\0\0\x11"), bytesOf(CARD)]),
      body([bytesOf(`\x01${CARD}`), null, null, null]),
    );
    const shown = binary(
      body([bytesOf("clear"), bytesOf("[redacted]"), bytesOf("\0\0\0\0"), null]),
      body([null, null, null, null]),
    );
    expect(through(BINARY, latin(given), plan)).toBe(latin(shown));
  });

  it.each([
    ["another signature", `PGCOPX${"\0".repeat(13)}`],
    ["another number of fields", latin(binary(body([bytesOf("a")])))],
    ["bytes behind its trailer", `${latin(binary())}x`],
  ])("with %s is malformed", (_, given) => expect(through(BINARY, given, plan)).toBe("malformed"));

  it("does not pass a number that is cut, which detectors could not read", () => {
    const cut = bytesOf("\0\x04\0\x03\0\0\0\0\x10\x0f\x04\x57\x04\x57");
    const given = binary(body([cut]));
    const shown = binary(body([bytesOf("\0".repeat(8))]));
    expect(through(BINARY, latin(given), [column(1700, null)])).toBe(latin(shown));
  });

  it("streams a row too large to hold, or says that it cannot", () => {
    const large = bytesOf(CARD.repeat(rowBytesMax / CARD.length + 1));
    const given = binary(body([bytesOf("id"), large]));
    const typed = [column(25, null), column(25, "redact")];
    const shown = binary(body([bytesOf("id"), bytesOf("*".repeat(large.length))]));
    expect(through(BINARY, latin(given), typed) === latin(shown)).toBe(true);
    expect(through(BINARY, latin(given), [column(25, null), column(0, "redact")])).toBe(
      "too large",
    );
  });
});

describe("COPY data", () => {
  it.each([
    ["a field too few", "a\tb\t1\n"],
    ["a field too many", "a\tb\t1\tx\tsecret\n"],
  ])("with %s is malformed", (_, given) => expect(through(TEXT_FORMAT, given)).toBe("malformed"));

  it("shows nothing of a row that has not come whole, whatever it shows of those before", () => {
    const copy = masker(TEXT_FORMAT);
    expect(latin(copy.push(bytesOf("a\tb\t1\tx\nclear\tb\t")) as Uint8Array)).toBe(
      "a\t[redacted]\t0\t***1\n",
    );
    expect(copy.push(bytesOf("secret\n"))).toBe("malformed");
  });

  it("that ends in the middle of a row is malformed", () => {
    const copy = masker(TEXT_FORMAT);
    copy.push(bytesOf("a\tb\t1\tx\n"));
    expect(copy.end()).toBeInstanceOf(Uint8Array);
    copy.push(bytesOf("a\tb"));
    expect(copy.end()).toBe("malformed");
  });

  it("passes untouched when no column is masked or scanned", () => {
    expect(copyMasker(CSV, [{ ...column(0, null), scan: false }], finder)).toBeNull();
  });

  it("counts what it masked and found", () => {
    const copy = masker(TEXT_FORMAT);
    copy.push(bytesOf(`${CARD}\tb\t1\t\\N\n`));
    expect(copy.tally.take()).toEqual({
      masked: [{ rule: "people", cells: 2 }],
      findings: [{ kind: "card", count: 1 }],
    });
  });

  it("holds no more than a row of a field: a longer one is masked as if it were empty", () => {
    const long = "s".repeat(rowBytesMax + 1);
    const found = `${"x".repeat(rowBytesMax)}${CARD}y`;
    const shown = `${found.replace(CARD, "*".repeat(16))}\t[redacted]\t0\t***0\n`;
    const given = `${found}\t${long}\t${"1".repeat(9)}\t${long}\n`;
    expect(through(TEXT_FORMAT, given) === shown).toBe(true);
  });

  const cell = fc.oneof(
    fc.constant(null),
    fc.constant(CARD),
    fc.string({ unit: fc.constantFrom("a", '"', ",", "\\", "\n", "\t", "N", ".", "\r", "é") }),
  );
  const rows = fc.array(fc.tuple(cell, cell, cell, cell), { maxLength: 5 });
  const places = fc.array(fc.nat(1000), { maxLength: 20 });

  it.each([
    ["text", TEXT_FORMAT],
    ["csv", CSV],
    ["binary", BINARY],
  ] as const)("in %s is the same however it is cut, and shows no masked value", (_, shape) => {
    const plan = [
      column(25, null),
      column(25, "redact"),
      column(25, "redact"),
      column(25, "redact"),
    ];
    fc.assert(
      fc.property(rows, places, (given, at) => {
        const bytes = written(shape, given);
        const expected = written(
          shape,
          given.map(([first, ...rest]) => [
            first === null ? null : first.replaceAll(CARD, "[card]"),
            ...rest.map((value) => (value === null ? null : "[redacted]")),
          ]),
        );
        const copy = masker(shape, plan);
        const out = cut(bytes, at).map((part) => copy.push(part) as Uint8Array);
        // A mask is never in quotes, as the value under it may have been.
        const unquoted = latin(expected).replaceAll('"[redacted]"', "[redacted]");
        expect(latin(concat(out))).toBe(unquoted);
        expect(copy.end()).toBeInstanceOf(Uint8Array);
      }),
    );
  });
});

/** What a server would send, by the manual's rules, written apart from the code under test. */
function written(shape: CopyShape, rows: readonly (readonly (string | null)[])[]): Uint8Array {
  if (shape.format === "binary") {
    return binary(
      ...rows.map((row) =>
        body(row.map((v) => (v === null ? null : new Uint8Array(Buffer.from(v))))),
      ),
    );
  }
  const field = shape.format === "csv" ? csvField : textField;
  const lines = rows.map((row) => `${row.map(field).join(shape.delimiter)}\n`);
  return new Uint8Array(Buffer.from(lines.join("")));
}

const textField = (value: string | null): string =>
  value === null
    ? "\\N"
    : value
        .replaceAll("\\", "\\\\")
        .replaceAll("\n", "\\n")
        .replaceAll("\t", "\\t")
        .replaceAll("\r", "\\r");

/**
 * Every value that is not NULL in quotes, as FORCE QUOTE would: no rule for when is repeated
 * here.
 */
const csvField = (value: string | null): string =>
  value === null ? "" : `"${value.replaceAll('"', '""')}"`;
