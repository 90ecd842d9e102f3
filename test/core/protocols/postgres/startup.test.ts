import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, putU32, u32Bytes, utf8 } from "../../../../core/bytes.ts";
import {
  cancelRequest,
  sslRequest,
  startupMessage,
} from "../../../../core/protocols/postgres/messages.ts";
import { readOptions } from "../../../../core/protocols/postgres/options.ts";
import { admit, readSearchPath, readStartup } from "../../../../core/protocols/postgres/startup.ts";
import { sampleSpec } from "../../../support/values.ts";

const V30 = 0x30000;
const { resource } = sampleSpec();

const packet = (code: number, body: Uint8Array): Uint8Array => {
  const out = concat([new Uint8Array(4), u32Bytes(code), body]);
  putU32(out, 0, out.length);
  return out;
};

describe("the first packet", () => {
  const whole = startupMessage(V30 + 2, [
    ["user", "ada"],
    ["_pq_.x", "1"],
    ["database", "shop"],
  ]);

  it("is read with its parameters, protocol options apart", () => {
    expect(readStartup(concat([whole, utf8("rest")]))).toEqual({
      is: "startup",
      major: 3,
      minor: 2,
      parameters: new Map([
        ["user", "ada"],
        ["database", "shop"],
      ]),
      unsupported: ["_pq_.x"],
      length: whole.length,
    });
  });

  it("is waited for, wherever it is cut", () => {
    for (let n = 0; n < whole.length; n++) {
      expect(readStartup(whole.subarray(0, n))).toEqual({ is: "more" });
    }
  });

  it("may ask for encryption or for a cancel", () => {
    expect(readStartup(concat([sslRequest(), whole]))).toEqual({ is: "ssl", length: 8 });
    expect(readStartup(packet(80877104, utf8("")))).toEqual({ is: "gss", length: 8 });
    const key = new Uint8Array(32).fill(7);
    const cancel = { is: "cancel", pid: 9, key, length: 44 };
    expect(readStartup(cancelRequest(9, key))).toEqual(cancel);
  });

  it.each([
    ["a TLS hello", new Uint8Array([0x16, 3, 1, 0, 0]), "sslmode=disable"],
    ["HTTP", utf8("GET / HTTP/1.1\r\n"), "not a startup packet"],
    ["a negative length", new Uint8Array([255, 255, 255, 255]), "impossible"],
    ["a length without room", new Uint8Array([0, 0, 0, 7]), "impossible"],
    ["an SSLRequest with a body", packet(80877103, utf8("x")), "no body"],
    ["a key too short", cancelRequest(1, new Uint8Array(3)), "4 to 256"],
    ["a key too long", cancelRequest(1, new Uint8Array(257)), "4 to 256"],
    ["protocol 2.0", packet(0x20000, utf8("\0")), "2.0"],
    ["no terminator", packet(V30, utf8("user\0ada\0")), "terminator"],
    ["bytes behind its terminator", packet(V30, utf8("user\0ada\0\0x")), "terminator"],
    ["half a parameter", packet(V30, utf8("user\0ada")), "ends in"],
    ["a duplicate", packet(V30, utf8("user\0a\0user\0b\0\0")), "twice"],
    ["bytes that are not UTF-8", packet(V30, new Uint8Array([0x75, 0, 0xff, 0, 0])), "UTF-8"],
  ])("is malformed: %s", (_, bytes, reason) => {
    const read = readStartup(bytes);
    expect(read.is === "malformed" && read.message).toContain(reason);
  });

  it("never throws", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const bodies = bytes.map((body) => packet(V30, body));
    fc.assert(fc.property(fc.oneof(bytes, bodies), (input) => void readStartup(input)));
  });
});

const admitted = (pairs: Record<string, string>): unknown =>
  admit(new Map(Object.entries(pairs)), resource);

const LOGIN = [
  ["user", "sluice"],
  ["database", "shop"],
  ["client_encoding", "UTF8"],
];

describe("what a client may bring along", () => {
  it.each([
    ["nothing", {}, []],
    ["the resource's name", { user: "ada", database: "shop-db" }, []],
    ["the database's name", { user: "ada", database: "shop" }, []],
    ["its own name, psql's default", { user: "ada", database: "ada" }, []],
    ["replication that is off", { replication: "OFF" }, []],
    ["UTF8 by another name", { client_encoding: "utf-8" }, []],
    ["a time zone", { TimeZone: "UTC" }, [["timezone", "UTC"]]],
    [
      "options",
      { options: "-c geqo=off --lock-timeout=1s" },
      [
        ["geqo", "off"],
        ["lock_timeout", "1s"],
      ],
    ],
    ["both: the packet's wins", { options: "-cjit=on", jit: "off" }, [["jit", "off"]]],
  ])("%s", (_, pairs, more) => {
    expect(admitted(pairs)).toMatchObject({ parameters: [...LOGIN, ...more] });
  });

  it.each([
    ["another database", { user: "ada", database: "x" }, "3D000", "shop-db"],
    ["replication", { replication: "database" }, "0A000", "Replication"],
    ["replication, numerically", { replication: "1" }, "0A000", "Replication"],
    ["replication in another case", { Replication: "on" }, "42501", "Replication"],
    ["role", { role: "postgres" }, "42501", "role"],
    ["role in options", { options: "-c role=postgres" }, "42501", "role"],
    ["role spelt by hyphen", { options: "--session-authorization=x" }, "42501", "session_auth"],
    ["strings of another kind", { standard_conforming_strings: "off" }, "42501", "standard"],
    ["row_security", { options: "-c row_security=off" }, "42501", "row_security"],
    ["another flag", { options: "-d 5" }, "42601", "options"],
    ["another encoding", { client_encoding: "LATIN1" }, "22023", "PGCLIENTENCODING"],
    ["another encoding in options", { options: "-cclient_encoding=SJIS" }, "22023", "SJIS"],
  ])("refused: %s", (_, pairs, code, message) => {
    const refuse = { code, message: expect.stringContaining(message) };
    expect(admitted(pairs)).toEqual({ refuse });
  });
});

it("reads options as a command line", () => {
  expect(readOptions(" -c a=b\\ c\t-cd=e=f --g-h=\\\\ ")).toEqual([
    ["a", "b c"],
    ["d", "e=f"],
    ["g_h", "\\"],
  ]);
  for (const wrong of ["-c", "-c a", "--a", "a=b", "-c =b", "-"]) {
    expect(readOptions(wrong)).toBeNull();
  }
});

describe("a search_path that comes with the startup packet", () => {
  it.each<[string, readonly string[]]>([
    ["", []],
    ["public", ["public"]],
    ['App,"Mixed Case" , "$user"', ["app", "Mixed Case", "sluice"]],
  ])("%j is read as the server splits it", (value, path) => {
    expect(readSearchPath(value, "sluice")).toEqual(path);
  });

  it.each([
    ["a name in single quotes, which to the server is a name with quotes", "'public'"],
    ["an empty element", "public,"],
    ["two names without a comma", "a b"],
    ["a doubled quote", '"a""b"'],
    ["a comma inside quotes", '"a,b"'],
    ["a name that the server would cut", "x".repeat(64)],
    ["letters that only some locales fold", "É"],
  ])("is refused with %s", (_, value) => {
    const parameters = new Map([["search_path", value]]);
    expect(admit(parameters, resource)).toMatchObject({ refuse: { code: "22023" } });
  });

  it("is kept for the meaning of names, from options too", () => {
    const parameters = new Map([["options", "-c search_path=a,b"]]);
    expect(admit(parameters, resource)).toMatchObject({ searchPath: ["a", "b"] });
    expect(admit(new Map(), resource)).toMatchObject({ searchPath: null });
  });
});
