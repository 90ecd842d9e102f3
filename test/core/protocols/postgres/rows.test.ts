import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../../../core/bytes.ts";
import { maskCell, planRow, scanCell } from "../../../../core/protocols/postgres/cells.ts";
import { RowWriter } from "../../../../core/protocols/postgres/rows.ts";
import { RowStream, streamable } from "../../../../core/protocols/postgres/stream.ts";
import * as fc from "fast-check";
import { body, bytesOf, CARD, cellsOf, column, cut, dataRow, finder, latin } from "./masks.ts";

const [TEXT, INT2, INT4, INT8, UUID, JSON_, JSONB] = [25, 21, 23, 20, 2950, 114, 3802];
const ENUM = 20_001;

function rewritten(
  cells: readonly (Uint8Array | null)[],
  columns: readonly ReturnType<typeof column>[],
) {
  const writer = new RowWriter(finder);
  expect(writer.rows(dataRow(cells), planRow(columns))).toBe(true);
  return { out: writer.take(), tally: writer.tally.take() };
}

describe("a masked cell", () => {
  const one = (
    type: number,
    technique: Parameters<typeof column>[1],
    format: 0 | 1,
    cell: string,
  ) => {
    const [planned] = planRow([column(type, technique, format)]).columns;
    const out = maskCell(bytesOf(cell), planned!);
    return out === null ? null : latin(out);
  };

  it.each([
    ["text", TEXT, "redact", 0, CARD, "[redacted]"],
    ["text in binary", TEXT, "redact", 1, CARD, "[redacted]"],
    ["json as a JSON string", JSON_, "redact", 0, `{"a":1}`, `"[redacted]"`],
    ["json without its partial characters", JSON_, "partial", 0, `{"a":1}`, `"[redacted]"`],
    ["binary jsonb behind its version", JSONB, "redact", 1, `\x01{"a":1}`, `\x01"[redacted]"`],
    ["int4", INT4, "redact", 0, "17", "0"],
    ["binary int4", INT4, "redact", 1, "\0\0\0\x11", "\0\0\0\0"],
    ["a date", 1082, "partial", 0, "1980-02-03", "2000-01-01"],
    ["a range", 3904, "redact", 0, "[1,2)", "empty"],
    ["an array", 1009, "redact", 0, "{a,b}", "{}"],
    ["a binary array with its element type", 1009, "redact", 1, "x", "\0\0\0\0\0\0\0\0\0\0\0\x19"],
    ["an enum label", ENUM, "redact", 0, "secret", null],
    ["a binary record", 2249, "redact", 1, "secret", null],
    ["anything under null", INT4, "null", 0, "17", null],
  ] as const)("shows %s as a value of its type", (_, type, technique, format, cell, shown) => {
    expect(one(type, technique, format, cell)).toBe(shown);
  });

  it("keeps hashed integers alike in both formats, and in range", () => {
    const asText = one(INT2, "hash", 0, "258");
    const asBinary = one(INT2, "hash", 1, "\x01\x02")!;
    expect(Buffer.from(asBinary, "latin1").readInt16BE().toString()).toBe(asText);
    expect(asText).not.toBe("258");
    expect(one(INT2, "hash", 0, "259")).not.toBe(asText);
  });

  it("keeps hashed uuids alike in both formats, and well formed", () => {
    const uuid = "12345678-9abc-def0-1234-56789abcdef0";
    const asText = one(UUID, "tokenise", 0, uuid)!;
    const asBinary = one(UUID, "tokenise", 1, latin(Buffer.from(uuid.replaceAll("-", ""), "hex")))!;
    expect(asText).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Buffer.from(asBinary, "latin1").toString("hex")).toBe(asText.replaceAll("-", ""));
  });
});

describe("detectors", () => {
  const int8 = Buffer.alloc(8);
  int8.writeBigInt64BE(BigInt(CARD));
  const numeric = Buffer.from([
    0,
    4,
    0,
    3,
    0,
    0,
    0,
    0,
    ...[4111, 1111, 1111, 1111].flatMap((d) => [d >> 8, d & 255]),
  ]);
  const array = Buffer.concat([
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 16]),
    Buffer.from(CARD),
  ]);
  it.each([
    ["text", TEXT, 0, `pay ${CARD}`, "pay [card]"],
    ["json, which stays JSON", JSON_, 0, `{"n":${CARD}}`, `"{\\"n\\":[card]}"`],
    ["an int8", INT8, 0, CARD, "0"],
    ["a binary int8", INT8, 1, latin(int8), "\0\0\0\0\0\0\0\0"],
    ["a binary numeric", 1700, 1, latin(numeric), "\0\0\0\0\0\0\0\0"],
    ["a user type's text", ENUM, 0, CARD, "[card]"],
    ["a user type's binary form", ENUM, 1, `\0\0${CARD}`, null],
    [
      "a binary text array",
      1009,
      1,
      latin(array),
      `${latin(array.subarray(0, 20))}\0\0\0\x06[card]`,
    ],
  ] as const)("read %s", (_, type, format, cell, shown) => {
    const [planned] = planRow([column(type, null, format)]).columns;
    const found = scanCell(bytesOf(cell), planned!, finder);
    expect(found?.findings).toEqual([{ kind: "card", count: 1 }]);
    expect(found!.bytes === null ? null : latin(found!.bytes)).toBe(shown);
  });

  it("do not read dates, floats or uuids", () => {
    expect(planRow([1082, 701, UUID, INT4].map((type) => column(type, null))).touches).toBe(false);
  });
});

describe("a row", () => {
  it("keeps what nobody masks, to the byte, and its own length right", () => {
    const cells = [utf8("a"), utf8(CARD), null, new Uint8Array(0), utf8("z".repeat(300))];
    const columns = [
      column(TEXT, null),
      column(TEXT, "redact"),
      ...[1, 2, 3].map(() => column(TEXT, null)),
    ];
    const { out, tally } = rewritten(cells, columns);
    expect(latin(out)).toBe(latin(dataRow([cells[0]!, utf8("[redacted]"), ...cells.slice(2)])));
    expect(tally).toEqual({ masked: [{ rule: "people", cells: 1 }], findings: [] });
  });

  it("keeps NULL of a masked column, and counts nothing", () => {
    const { out, tally } = rewritten([null], [column(TEXT, "redact")]);
    expect(latin(out)).toBe(latin(dataRow([null])));
    expect(tally.masked).toEqual([]);
  });

  it("may have 1,600 columns", () => {
    const columns = Array.from({ length: 1600 }, (_, i) => column(TEXT, i % 2 ? "redact" : null));
    const { out } = rewritten(
      columns.map((_, i) => utf8(`${i}`)),
      columns,
    );
    const shown = cellsOf(out.subarray(5));
    expect(shown).toEqual(columns.map((_, i) => (i % 2 ? "[redacted]" : `${i}`)));
  });

  const good = dataRow([utf8("ab"), utf8("cd")]);
  const changed = (at: number, byte: number) => {
    const bytes = good.slice();
    bytes[at] = byte;
    return bytes;
  };
  it.each([
    ["one column too many", changed(6, 3)],
    ["one column too few", changed(6, 1)],
    [
      "a length of -2",
      concat([changed(7, 255).subarray(0, 8), Uint8Array.of(255, 255, 254), good.subarray(11)]),
    ],
    ["a cell beyond the end", changed(10, 200)],
    ["a cell that swallows the next one's length", changed(10, 1)],
    ["a byte left over", concat([changed(4, good[4]! + 1), Uint8Array.of(0)])],
    ["a cut message", good.subarray(0, good.length - 1)],
    ["an empty message", Uint8Array.of(0x44, 0, 0, 0, 4)],
  ])("with %s is malformed, and nothing of it leaves", (_, bytes) => {
    const writer = new RowWriter(finder);
    expect(writer.rows(bytes, planRow([column(TEXT, "redact"), column(TEXT, null)]))).toBe(false);
    expect(writer.take().length).toBe(0);
  });
});

describe("a row that streams", () => {
  const plan = planRow([
    column(TEXT, "redact"),
    column(TEXT, null),
    column(INT4, "redact"),
    column(JSON_, "hash"),
    column(17, "redact"),
    column(1184, "redact"),
    column(INT8, null, 1),
    column(INT4, "null", 1),
  ]);
  /** Cards lie over the place where the first window lets go, and over the ends of both. */
  const big = `${"é".repeat(32_755)}${CARD}${CARD}${"x".repeat(131_050 - 65_542)}${CARD}y`;
  const int8 = Buffer.alloc(8);
  int8.writeBigInt64BE(BigInt(CARD));
  const row = body([
    utf8(`${CARD}-secret`),
    utf8(big),
    utf8("123"),
    utf8('{"secret":1}'),
    utf8("\\x5ec7e7"),
    utf8("1980-02-03 04:05:06.789+00"),
    int8,
    bytesOf("\x01\x02\x03\x04"),
  ]);
  const whole = new RowStream(plan, finder, row.length).push(row) as Uint8Array;

  it("keeps each cell's length and fills it with a value of its type", () => {
    const shown = cellsOf(whole);
    expect(whole.length).toBe(row.length);
    expect(shown[0]).toBe("*".repeat(23));
    expect(shown[1]).toBe(latin(utf8(big)).replaceAll(CARD, "*".repeat(16)));
    expect(shown.slice(2)).toEqual([
      "000",
      '"**********"',
      "\\x000000",
      "2000-01-01 00:00:00+00    ",
      "\0".repeat(8),
      "\0".repeat(4),
    ]);
  });

  it("is the same however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(row.length), { maxLength: 12 }), (places) => {
        const stream = new RowStream(plan, finder, row.length);
        const out = cut(row, places).map((part) => stream.push(part) as Uint8Array);
        expect(Buffer.compare(concat(out), whole)).toBe(0);
        expect(stream.done).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("is malformed when its lengths do not add up", () => {
    const small = body([utf8("abc")]);
    const push = (length: number) =>
      new RowStream(planRow([column(TEXT, "redact")]), finder, length).push(small);
    expect(push(small.length)).toBeInstanceOf(Uint8Array);
    expect(push(small.length - 1)).toBe("malformed");
    expect(push(small.length + 1)).toBe("malformed");
  });

  it.each([
    ["text", column(TEXT, "redact"), true],
    ["jsonb", column(JSONB, "redact"), true],
    ["jsonb in binary", column(JSONB, "redact", 1), false],
    ["an array", column(1009, "redact"), false],
    ["an enum", column(ENUM, "redact"), false],
    ["a binary range", column(3904, "redact", 1), false],
    ["an array that nobody masks", column(1009, null), true],
  ])("%s has a filler of any length, or is refused beforehand", (_, one, can) => {
    expect(streamable(planRow([one]))).toBe(can);
  });
});
