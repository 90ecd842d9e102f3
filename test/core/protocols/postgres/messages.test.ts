import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, hex, text, u32Bytes, utf8 } from "../../../../core/bytes.ts";
import { readBind, readTarget } from "../../../../core/protocols/postgres/client-messages.ts";
import { HEADER_BYTES } from "../../../../core/protocols/postgres/frames.ts";
import {
  backendKeyData,
  cancelRequest,
  commandComplete,
  describePortal,
  errorResponse,
  executePortal,
  message,
  negotiateProtocolVersion,
  notice,
  parameterStatus,
  readFields,
  readRowDescription,
  saslInitialResponse,
  startupMessage,
  sync,
  writeFields,
} from "../../../../core/protocols/postgres/messages.ts";

const bodyOf = (whole: Uint8Array): Uint8Array => whole.subarray(HEADER_BYTES);

describe("messages are written as the manual says", () => {
  it.each<[string, Uint8Array, string]>([
    ["Sync", sync(), "53 00000004"],
    ["CommandComplete", commandComplete("SELECT 1"), "43 0000000d 53454c454354203100"],
    ["ParameterStatus", parameterStatus("a", "ü"), "53 00000009 6100 c3bc00"],
    ["BackendKeyData", backendKeyData(258, Uint8Array.of(9, 8)), "4b 0000000a 00000102 0908"],
    ["Describe", describePortal("p"), "44 00000007 50 7000"],
    ["Execute of all rows", executePortal(""), "45 00000009 00 00000000"],
    ["CancelRequest", cancelRequest(1, Uint8Array.of(7)), "0000000d 04d2162e 00000001 07"],
    ["StartupMessage", startupMessage(0x30002, [["a", "b"]]), "0000000d 00030002 6100 6200 00"],
    [
      "NegotiateProtocolVersion",
      negotiateProtocolVersion(2, ["x"]),
      "76 0000000e 00030002 00000001 7800",
    ],
    ["SASLInitialResponse", saslInitialResponse("S", utf8("n")), "70 0000000b 5300 00000001 6e"],
  ])("%s", (_, whole, expected) => {
    expect(hex(whole)).toBe(expected.replaceAll(" ", ""));
  });

  it("with no NUL where it would end a field early", () => {
    expect(hex(bodyOf(parameterStatus("a\0b", "c")))).toBe("6162006300");
  });
});

describe("fields of an error", () => {
  const words = { code: "42501", message: "No.", detail: "Because.", hint: "Ask." };

  it("are read as they were written", () => {
    const fields = readFields(bodyOf(errorResponse({ severity: "FATAL", ...words })));
    expect(Object.fromEntries(fields as Map<string, string>)).toEqual({
      S: "FATAL",
      V: "FATAL",
      C: "42501",
      M: "No.",
      D: "Because.",
      H: "Ask.",
    });
    expect(readFields(bodyOf(notice(words)))?.get("S")).toBe("NOTICE");
    const none = readFields(Uint8Array.of(0));
    expect(none?.size).toBe(0);
  });

  it.each([
    ["no terminator", "SERROR\0"],
    ["a field without an end", "SERROR"],
    ["more behind the terminator", "SERROR\0\0x"],
    ["nothing at all", ""],
  ])("are malformed with %s", (_, body) => expect(readFields(utf8(body))).toBeNull());

  it("survive any text without NUL", () => {
    const value = fc.string({ unit: "grapheme" }).map((s) => s.replaceAll("\0", ""));
    const check = fc.property(value, (given) => {
      expect(readFields(writeFields(new Map([["M", given]])))?.get("M")).toBe(given);
    });
    fc.assert(check);
  });
});

const FIELD = concat([
  utf8("ssn\0"),
  u32Bytes(16_390),
  Uint8Array.of(0, 2),
  u32Bytes(25),
  Uint8Array.of(255, 255, 255, 255, 255, 255, 0, 1),
]);

describe("a row description", () => {
  it("is read with its signed numbers", () => {
    expect(readRowDescription(concat([Uint8Array.of(0, 1), FIELD]))).toEqual([
      {
        name: "ssn",
        tableOid: 16_390,
        attribute: 2,
        type: 25,
        typeSize: -1,
        typeModifier: -1,
        format: 1,
      },
    ]);
    expect(readRowDescription(Uint8Array.of(0, 0))).toEqual([]);
  });

  it.each<[string, Uint8Array]>([
    ["nothing", utf8("")],
    ["fewer fields than it says", concat([Uint8Array.of(0, 2), FIELD])],
    ["more fields than it says", concat([Uint8Array.of(0, 0), FIELD])],
    ["a cut field", concat([Uint8Array.of(0, 1), FIELD.subarray(0, 12)])],
    ["a name that is not UTF-8", concat([Uint8Array.of(0, 1, 0xff, 0), FIELD.subarray(4)])],
  ])("is malformed with %s", (_, body) => expect(readRowDescription(body)).toBeNull());
});

const short = (value: number): Uint8Array => Uint8Array.of(value >> 8, value);
const value = (given: Uint8Array | null): Uint8Array =>
  given === null ? u32Bytes(0xffffffff) : concat([u32Bytes(given.length), given]);

describe("Bind", () => {
  const names = utf8("portal\0statement\0");
  const whole = concat([
    names,
    concat([short(2), short(0), short(1)]),
    concat([short(3), value(utf8("a")), value(null), value(utf8(""))]),
    concat([short(1), short(1)]),
  ]);

  it("is read with its formats and values", () => {
    expect(readBind(whole)).toEqual({
      portal: "portal",
      statement: "statement",
      formats: [0, 1],
      values: [utf8("a"), null, utf8("")],
      resultFormats: [1],
    });
  });

  it("is malformed wherever it is cut, and with anything behind it", () => {
    for (let cut = 0; cut < whole.length; cut++) {
      expect(readBind(whole.subarray(0, cut))).toBeNull();
    }
    expect(readBind(concat([whole, short(0)]))).toBeNull();
  });

  it.each([
    ["a value of a negative length", [short(0), short(1), u32Bytes(0xfffffffe), short(0)]],
    ["a value that is longer than the rest", [short(0), short(1), u32Bytes(0x7fffffff)]],
    ["more formats than bytes", [short(65_535)]],
  ])("is malformed with %s", (_, rest) => expect(readBind(concat([names, ...rest]))).toBeNull());
});

describe("Describe and Close", () => {
  it("name a statement or a portal", () => {
    expect(readTarget(utf8("Sname\0"))).toEqual({ kind: "statement", name: "name" });
    expect(readTarget(utf8("P\0"))).toEqual({ kind: "portal", name: "" });
  });

  it.each(["", "S", "Xname\0", "Sname", "Sname\0more"])("%j is malformed", (body) => {
    expect(readTarget(utf8(body))).toBeNull();
  });
});

describe("readers", () => {
  it("take any bytes without throwing", () => {
    const check = fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      readFields(body);
      readRowDescription(body);
      readBind(body);
      readTarget(body);
      expect(text(message("Q", body)).startsWith("Q")).toBe(true);
    });
    fc.assert(check);
  });
});
