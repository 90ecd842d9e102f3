import { describe, expect, it } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyRules } from "../../../../core/masking/bodies/body.ts";
import { bodyMaskerFor, type UnknownBodies } from "../../../../core/masking/bodies/choose.ts";
import { FieldRules } from "../../../../core/masking/fields.ts";
import { everything } from "../given.ts";
import { fields, shown } from "./given.ts";

const RULES: BodyRules = { fields: fields({ ssn: "redact" }), detect: everything };
const JSON_BODY = '{"ssn":1}';
const RED = '{"ssn":"[redacted]"}';

/** What leaves of the body; "pass" and "refuse" as they are, null where nothing more leaves. */
function sent(type: string | null, body: string | Uint8Array, unknown: UnknownBodies = "refuse") {
  const masker = bodyMaskerFor(type, RULES, unknown);
  if (typeof masker === "string") return masker;
  const bytes = typeof body === "string" ? utf8(body) : body;
  const parts = [masker.push(bytes), masker.finish()].map(shown);
  return parts.includes(null) ? null : parts.join("");
}

describe("JSON by its type", () => {
  it.each([
    "application/json",
    "Application/JSON ; Charset=UTF-8",
    'application/json;charset="utf\\-8"',
    "application/json;;",
    "application/problem+json",
    "application/vnd.api+json; ext=bulk",
    "text/json",
    "application/x-amz-json-1.1",
    "text/html",
    "text/plain;charset=us-ascii",
    "application/xml",
    "image/svg+xml",
    "text/javascript",
  ])("%s", (type) => {
    expect(sent(type, JSON_BODY)).toBe(RED);
    expect(sent(type, "")).toBe("");
  });

  it("is refused where it is none", () => {
    expect(sent("application/json", "<p>")).toBeNull();
    expect(sent("application/json", `${JSON_BODY}\n${JSON_BODY}`)).toBeNull();
  });

  it.each(["application/x-ndjson", "application/jsonl", "application/stream+json"])("%s", (type) =>
    expect(sent(type, `${JSON_BODY}\n${JSON_BODY}\n`)).toBe(`${RED}\n${RED}\n`),
  );

  it.each(["application/json-seq", "application/geo+json-seq"])("%s", (type) =>
    expect(sent(type, `\u{1e}${JSON_BODY}\n`)).toBe(`\u{1e}${RED}\n`),
  );
});

describe("other types", () => {
  it.each([
    ["text/event-stream", `data: ${JSON_BODY}\n\n`, `data: ${RED}\n\n`],
    ["text/csv; header=present", "ssn,a\n1,2\n", "ssn,a\n[redacted],2\n"],
    ["text/csv; header=absent", "ssn,a\n1,2\n", "ssn,a\n1,2\n"],
    ["text/tab-separated-values", "ssn\ta\n1\t2\n", "ssn\ta\n[redacted]\t2\n"],
    ["application/x-www-form-urlencoded", "ssn=1", "ssn=%5Bredacted%5D"],
    ["text/html", "a@example.com", "[redacted:email]"],
    ["text/plain", `log\n${JSON_BODY}`, `log\n${RED}`],
    ["text/html", `<pre>\n${JSON_BODY}`, `<pre>\n${JSON_BODY}`],
  ])("%s: %j", (type, body, expected) => expect(sent(type, body)).toBe(expected));

  it.each([null, "", " ", "application/octet-stream", "image/png", "text/yaml", "x/y"])(
    "unknown: %j",
    (type) => {
      expect(sent(type, JSON_BODY, "refuse")).toBe("refuse");
      expect(sent(type, JSON_BODY, "pass")).toBe("pass");
      expect(sent(type, JSON_BODY, "scan")).toBe(RED);
      expect(sent(type, "\0\0 a@example.com", "scan")).toBe("\0\0 [redacted:email]");
    },
  );

  it("pass where there is no rule", () => {
    const none = { fields: new FieldRules([]), detect: null };
    for (const type of ["application/json", null, "text/plain;charset=utf-16", "nonsense"]) {
      expect(bodyMaskerFor(type, none, "refuse")).toBe("pass");
    }
  });
});

describe("what hides a field from a mask is refused", () => {
  it.each([
    "application/json;charset=utf-16",
    "application/json; charset=iso-8859-1",
    "text/plain; charset=utf-7",
    "text/csv;charset=windows-1252",
    "multipart/byteranges; boundary=x",
    "multipart/form-data",
    'multipart/form-data; boundary="a "',
    "json",
    "application/json, text/plain",
    "application/json; charset",
    "application/json; charset=utf-16; charset=utf-8",
    "application/json charset=utf-8",
    'application/json; a="',
    "application /json",
  ])("%s", (type) => {
    expect(sent(type, JSON_BODY, "pass")).toBe("refuse");
  });

  it("by an unknown type's encoding, where it is looked through", () => {
    expect(sent("x/y;charset=utf-16", "", "scan")).toBe("refuse");
    expect(sent("x/y;charset=utf-16", "", "pass")).toBe("pass");
  });

  it.each([
    [Uint8Array.of(0xff, 0xfe, 0x34, 0), "a mark of UTF-16"],
    [Uint8Array.of(0xff, 0xfe, 0x34, 0x12), "a mark of UTF-16, no ASCII"],
    [Uint8Array.of(0xfe, 0xff, 0, 0x34), "the other one"],
    [Uint8Array.of(0x34, 0, 0x31, 0), "NUL between letters"],
    [Uint8Array.of(0, 0, 0xfe, 0xff), "a mark of UTF-32"],
  ])("%s: %s", (body) => {
    for (const type of ["text/plain", "text/csv", "application/json", "text/event-stream"]) {
      expect(sent(type, body)).toBeNull();
    }
  });
});
