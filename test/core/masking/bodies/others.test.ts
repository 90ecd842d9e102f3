import { describe, expect, it } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { BodyMasker, BodyRules } from "../../../../core/masking/bodies/body.ts";
import { CsvBody } from "../../../../core/masking/bodies/csv.ts";
import { EventsBody } from "../../../../core/masking/bodies/events.ts";
import { FormBody } from "../../../../core/masking/bodies/form.ts";
import { TextBody } from "../../../../core/masking/bodies/text.ts";
import {
  eventBytesMax,
  formBytesMax,
  rowBytesMax,
  textLineBytesMax,
} from "../../../../core/limits.ts";
import { everything } from "../given.ts";
import { cutEverywhere, fields, passed, shown } from "./given.ts";

const RULES: BodyRules = {
  fields: fields({ ssn: "redact", "card.number": "redact", "$.top": "null" }),
  detect: everything,
};

type Kind = new (rules: BodyRules) => BodyMasker;

const through = (Body: Kind, content: Uint8Array, cuts: readonly number[]) =>
  passed(() => new Body(RULES), content, cuts);

const atEveryCut = (Body: Kind, content: string): string | null =>
  cutEverywhere(() => new Body(RULES), content);

const KEY = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEabc", "QRS", "-----END RSA PRIVATE KEY-----"];
const CARD = "4111 1111 1111 1111";

describe("text", () => {
  it.each([
    ["", ""],
    ["nothing\r\nhere", "nothing\r\nhere"],
    [`a\npay ${CARD}\rb`, "a\npay [redacted:credit_card]\rb"],
    [`x\n${KEY.join("\n")}\ny\n`, "x\n[redacted:private_key]\ny\n"],
    [`x\n${KEY.slice(0, 3).join("\n")}`, "x\n[redacted:private_key]"],
    [`${KEY[0]}${KEY[3]}\n${CARD}`, "[redacted:private_key]\n[redacted:credit_card]"],
  ])("%j", (content, expected) => expect(atEveryCut(TextBody, content)).toBe(expected));

  it("of a line too long to hold is overwritten in place, wherever it is cut", () => {
    const line = `${"x ".repeat(textLineBytesMax / 2)}${CARD} ${"y ".repeat(70_000)}\n`;
    const content = utf8(`${line}${CARD}\nend ${KEY.join("\n")}`);
    const whole = shown(through(TextBody, content, [])) ?? "";
    expect(whole).not.toContain("4111");
    expect(whole).not.toContain("MIIE");
    expect(whole).toHaveLength(content.length);
    const cuts = [1, textLineBytesMax - 1, textLineBytesMax, textLineBytesMax + 7, 200_000];
    for (const cut of cuts) expect(shown(through(TextBody, content, [cut]))).toBe(whole);
    expect(shown(through(TextBody, content, cuts))).toBe(whole);
  });
});

describe("server-sent events", () => {
  it.each([
    [': hi\ndata: {"ssn":1}\nid: 7\n\n', ': hi\ndata: {"ssn":"[redacted]"}\nid: 7\n\n'],
    ['data: {"a":1}\r\n\r\ndata:x\r\n\r\n', 'data: {"a":1}\r\n\r\ndata:x\r\n\r\n'],
    ['data: {"ssn":\ndata: "1"}\n\n', 'data: {"ssn":\ndata: "[redacted]"}\n\n'],
    [`event: pay\ndata: ${CARD}\n\n`, "event: pay\ndata: [redacted:credit_card]\n\n"],
    [`id: ${CARD}\ndata: x\n\n`, "id: [redacted:credit_card]\ndata: x\n\n"],
    ['data: {"ssn":1}', 'data: {"ssn":"[redacted]"}'],
    ["data: [DONE]\n\n", "data: [DONE]\n\n"],
    ["\n\n\n", "\n\n\n"],
    ['\u{feff}data: {"ssn":\ndata: 1}\n\n', '\u{feff}data: {"ssn":\ndata: "[redacted]"}\n\n'],
    ['\u{feff}data: {"ssn":1}\n\n', '\u{feff}data: {"ssn":"[redacted]"}\n\n'],
    ['data: {"ssn":\rdata: 1}\r\rdata: x\r\r', 'data: {"ssn":\rdata: "[redacted]"}\r\rdata: x\r\r'],
    ['data: {"ssn":\r\ndata: 1}\r\n\r\n', 'data: {"ssn":\r\ndata: "[redacted]"}\r\n\r\n'],
    ['data: {"ssn":{\ndata: \nid: 4\ndata: }}\n\n', 'data: {"ssn":"[redacted]"}\nid: 4\n\n'],
    ['data: {"a":1,"ssn":"12\n\ndata: 2\n\n', "data: [redacted]\n\ndata: 2\n\n"],
    ['id: {"ssn":1}\n: {"ssn":2}\n\n', 'id: {"ssn":"[redacted]"}\n: {"ssn":"[redacted]"}\n\n'],
    ["data\ndata:\n\n", "data\ndata:\n\n"],
  ])("%j", (content, expected) => expect(atEveryCut(EventsBody, content)).toBe(expected));

  it("are refused where one is too large to hold, however it is cut", () => {
    const content = utf8(`data: ${"x".repeat(eventBytesMax)}\n\n`);
    for (const cuts of [[], [7], [eventBytesMax]]) {
      expect(through(EventsBody, content, cuts)).toBeNull();
    }
  });

  it("leave one by one", () => {
    const body = new EventsBody(RULES);
    expect(shown(body.push(utf8("data: 1\n\ndata: 2\n")))).toBe("data: 1\n\n");
    expect(shown(body.push(utf8("\n")))).toBe("data: 2\n\n");
  });
});

describe("comma-separated values", () => {
  it.each([
    ["name,ssn\nAda,1\n,\n", "name,ssn\nAda,[redacted]\n,\n"],
    ['"SSN";b\r\n"1;2""\r\n3";x\r\n', '"SSN";b\r\n[redacted];x\r\n'],
    ["\u{feff}ssn\tb\n1\t2", "\u{feff}ssn\tb\n[redacted]\t2"],
    [
      `ssn,card\n1,${CARD}\n\n2,"é"`,
      'ssn,card\n[redacted],[redacted:credit_card]\n\n[redacted],"é"',
    ],
    [`a,b\n1\n${CARD},"x`, `a,b\n1\n[redacted:credit_card],"x`],
    ["", ""],
    ["Customers\n\nname,ssn\nAda,1\n", "Customers\n\nname,ssn\nAda,[redacted]\n"],
    ["sep=;\r\nssn;b\r\n1;2\r\n", "sep=;\r\nssn;b\r\n[redacted];2\r\n"],
    ["# a, b\nssn,b\n1,2\n", "# a, b\nssn,b\n[redacted],2\n"],
    ['ssn,b\n1,"{""ssn"":2}"\n', 'ssn,b\n[redacted],"{""ssn"":""[redacted]""}"\n'],
    ['ssn,b\n"a ""b""\n",""\n', 'ssn,b\n[redacted],""\n'],
    ['ssn,b\n1,""""\n', 'ssn,b\n[redacted],""""\n'],
    ["top,b\n1,2\n", "top,b\n,2\n"],
    ['ssn "x",b\n1,2\n', null],
    ['a "x"\nssn,b\n1,2\n', null],
    ["ssn,b\n1\n", null],
    ["ssn,b\n1,2,3\n", null],
    ['ssn,b\n1,x"y"\n', null],
    ['ssn,b\n"1"x,2\n', null],
    ['ssn,b\n1,"2\n', null],
    ["ssn,b\n1,2\r3,4\n", null],
  ])("%j", (content, expected) => expect(atEveryCut(CsvBody, content)).toBe(expected));

  it("keep what is not masked, whatever its encoding", () => {
    const latin = Uint8Array.of(...utf8("b,ssn\n"), 0xe9, 0x2c, 0x31, 0x0a);
    const out = through(CsvBody, latin, []);
    expect(out).toEqual(Uint8Array.of(...utf8("b,ssn\n"), 0xe9, ...utf8(",[redacted]\n")));
  });

  it("are refused where a row is too large to hold", () => {
    expect(through(CsvBody, utf8(`ssn,b\n1,"${"x".repeat(rowBytesMax)}`), [9])).toBeNull();
  });
});

describe("forms", () => {
  it.each([
    ["", ""],
    ["a=1&ssn=2&b", "a=1&ssn=%5Bredacted%5D&b"],
    ["card%5Bnumber%5D=2&x=3", "card%5Bnumber%5D=%5Bredacted%5D&x=3"],
    ["card.number=3&number=4", "card.number=%5Bredacted%5D&number=4"],
    ["%53sn=1", "%53sn=%5Bredacted%5D"],
    ["a=4111+1111%201111+1111", "a=%5Bredacted%3Acredit_card%5D"],
    ["a=%ff", null],
    ["a=%zz", null],
    ["payload=%7B%22ssn%22%3A1%7D&top=1", "payload=%7B%22ssn%22%3A%22%5Bredacted%5D%22%7D&top="],
  ])("%j", (content, expected) => expect(atEveryCut(FormBody, content)).toBe(expected));

  it("are refused where they are too large to hold", () => {
    expect(through(FormBody, utf8("a".repeat(formBytesMax + 1)), [])).toBeNull();
  });
});
