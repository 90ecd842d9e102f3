import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyMasker, BodyRules } from "../../../../core/masking/bodies/body.ts";
import { bodyMaskerFor } from "../../../../core/masking/bodies/choose.ts";
import { formBytesMax, partHeadBytesMax } from "../../../../core/limits.ts";
import { everything } from "../given.ts";
import { cutEverywhere, fields, passed, shown } from "./given.ts";

const RULES: BodyRules = {
  fields: fields({ ssn: "redact", "card.number": "partial", "$.top": "null" }),
  detect: everything,
};
const FORM = "multipart/form-data; boundary=b";

const make =
  (type = FORM) =>
  (): BodyMasker => {
    const masker = bodyMaskerFor(type, RULES, "pass");
    return typeof masker === "string" ? expect.fail(masker) : masker;
  };

const part = (head: string, content: string): string => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content: string, more = ""): string =>
  part(`Content-Disposition: form-data; name="${name}"${more}`, content);
const END = "--b--\r\n";

const JSON_TYPE = "\r\nContent-Type: application/json";

describe("a form in parts", () => {
  it.each([
    [field("a", "1"), field("a", "1")],
    [field("ssn", "1") + field("b", ""), field("ssn", "[redacted]") + field("b", "")],
    [field("card[number]", "411"), field("card[number]", "***")],
    [field("top", "1"), field("top", "")],
    [field("a", "x@example.com"), field("a", "[redacted:email]")],
    [field("a", '{"ssn":1}'), field("a", '{"ssn":"[redacted]"}')],
    [field("a", '{"ssn":1}', JSON_TYPE), field("a", '{"ssn":"[redacted]"}', JSON_TYPE)],
    [field("ssn", "PK", '; filename="a.zip"'), field("ssn", "[redacted]", '; filename="a.zip"')],
    [
      field("card.number", "PK", '; filename="a.zip"'),
      field("card.number", "[redacted]", '; filename="a.zip"'),
    ],
    [
      field("f", "ssn\n7\n", '; filename="a.csv"\r\nContent-Type: text/csv'),
      field("f", "ssn\n[redacted]\n", '; filename="a.csv"\r\nContent-Type: text/csv'),
    ],
    [
      field("f", "\r\n-\r\n--\r\n--a\n\r", "\r\nContent-Type: application/octet-stream"),
      field("f", "\r\n-\r\n--\r\n--a\n\r", "\r\nContent-Type: application/octet-stream"),
    ],
    [field("ssn", "1", "\r\nContent-Length: 1"), field("ssn", "[redacted]")],
  ])("%j", (content, expected) => {
    expect(cutEverywhere(make(), content + END)).toBe(expected + END);
    expect(cutEverywhere(make(), `\r\n${content}--b-- \t\r\n\r\n`)).toBe(
      `\r\n${expected}--b-- \t\r\n\r\n`,
    );
  });

  it("may be empty", () => expect(cutEverywhere(make(), "")).toBe(""));
  it("knows its counts", () => {
    const body = make()();
    body.push(utf8(field("ssn", "1") + field("a", "x@example.com") + END));
    expect(body.tally.take()).toEqual({
      masked: [{ rule: "pii", cells: 1 }],
      findings: [{ kind: "email", count: 1 }],
    });
  });
  it("lets each part leave as it comes", () => {
    const body = make()();
    const head =
      "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\nContent-Type: x/y\r\n\r\n";
    expect(shown(body.push(utf8(`${head}content\r\n--`)))).toBe(`${head}content`);
    expect(shown(body.push(utf8("c")))).toBe("\r\n--c");
  });
});

describe("other bodies in parts", () => {
  it("by type, and in each other", () => {
    const inner = (ssn: string) =>
      `--c\r\nContent-Type: application/json\r\n\r\n{"ssn":${ssn}}\r\n--c--`;
    const outer = (ssn: string) =>
      `${part("Content-Type: multipart/mixed; boundary=c", inner(ssn))}--b\r\n\r\na\r\nb\r\n${END}`;
    expect(cutEverywhere(make("multipart/mixed; boundary=b"), outer("1"))).toBe(
      outer('"[redacted]"'),
    );
  });
});

describe("what readers may split or name in another way is refused", () => {
  const good = field("a", "1");
  it.each([
    ["no end", good],
    ["no part", "--b"],
    ["another boundary", `--c\r\n\r\n\r\n--c--`],
    ["text before", `text\r\n${good}${END}`],
    ["text behind", `${good}${END}text`],
    ["a boundary that goes on", `${good}--bb\r\n\r\n\r\n${END}`],
    ["an end that goes on", `${good}--b-\r\n`],
    ["lines without a return", `${good}${END}`.replaceAll("\r\n", "\n")],
    ["one such line", field("a", "1\n--b\r\n") + END],
    [
      "a boundary right behind a head",
      `--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b\r\n\r\n\r\n${END}`,
    ],
    ["no name", part("Content-Disposition: form-data", "1") + END],
    ["no disposition", part("Content-Type: text/plain", "1") + END],
    ["another disposition", part('Content-Disposition: attachment; name="a"', "1") + END],
    ["two names", field("a", "1", "; name=ssn") + END],
    ["two dispositions", field("a", "1", '\r\nContent-Disposition: form-data; name="ssn"') + END],
    ["a name in another way", field("a", "1", "; name*=utf-8''ssn") + END],
    ["an escape in a name", field("s\\sn", "1") + END],
    ["an encoded name", field("=?utf-8?Q?ssn?=", "1") + END],
    ["a folded line", field("a", "1", "\r\n ; x=y") + END],
    ["a line that is none", field("a", "1", "\r\nx y") + END],
    ["an encoded part", field("a", "MQ==", "\r\nContent-Transfer-Encoding: base64") + END],
    ["a type that is none", field("a", "1", "\r\nContent-Type: x") + END],
    ["another encoding", field("a", "1", "\r\nContent-Type: text/plain;charset=utf-16") + END],
    ["a part that is no JSON", field("a", "{", JSON_TYPE) + END],
    ["a field of UTF-16", field("a", "1\0") + END],
  ])("%s", (_, content) => expect(cutEverywhere(make(), content)).toBeNull());

  it("and what is too large to hold", () => {
    for (const content of [
      field("a", "x".repeat(formBytesMax + 1)),
      field("a".repeat(partHeadBytesMax), "1"),
    ]) {
      expect(passed(make(), utf8(content + END), [9])).toBeNull();
    }
    const deep = (n: number): string =>
      n === 0
        ? ""
        : `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n - 1}\r\n\r\n${deep(n - 1)}`;
    expect(make("multipart/mixed; boundary=b3")().push(utf8(deep(3)))).toBeNull();
  });
});

test("however it is cut, parts come out as they were, but for what is masked", () => {
  const pieces = fc.constantFrom("\r", "\n", "\r\n", "-", "--", "\r\n--", "b", "x", "\r\n-");
  const contents = fc.array(pieces, { maxLength: 6 }).map((all) => all.join(""));
  const file = (content: string) => field("f", content, "; filename=x\r\nContent-Type: x/y");
  const cuts = fc.array(fc.nat(400), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(contents, { maxLength: 4 }), cuts, (all, anywhere) => {
      const safe = all.filter((one) => !`\n${one}`.includes("\n--b"));
      const body = (ssn: string) => safe.map((one) => file(one) + field("ssn", ssn)).join("") + END;
      const bytes = utf8(body("7"));
      const at = anywhere.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
      expect(shown(passed(make(), bytes, at))).toBe(body("[redacted]"));
    }),
    { numRuns: 500 },
  );
});
