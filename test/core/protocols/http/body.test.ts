import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { concat, utf8 } from "../../../../core/bytes.ts";
import { readBody } from "../../../../core/protocols/http/body.ts";

const read = (type: string | null, body: string | Uint8Array) =>
  readBody(type, null, typeof body === "string" ? utf8(body) : body);

const FORM = "application/x-www-form-urlencoded";
const MULTI = "multipart/form-data; boundary=x1";
const ENOUGH = '{"payment_amount":5000}';
const pay = { payment_amount: 5000 };

const part = (headers: string, content: string): string =>
  `--x1\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`;
const multipart = (...parts: string[]): string => `${parts.join("")}--x1--\r\n`;

describe("harmless bodies are read", () => {
  it.each([
    ["application/json", ENOUGH, "json", pay],
    ["Application/JSON; charset=UTF-8", ENOUGH, "json", pay],
    ["application/json;", ENOUGH, "json", pay],
    ['application/json ; charset="utf-8"', ENOUGH, "json", pay],
    ["text/json", ENOUGH, "json", pay],
    ["application/vnd.api+json; v=1", ENOUGH, "json", pay],
    ["application/json", " \r\n[1] ", "json", [1]],
    ["application/json", "3", "json", 3],
    ["application/x-ndjson", '{"a":1}\n\n{"a":2}\r\n', "json", [{ a: 1 }, { a: 2 }]],
    ["application/jsonl", "", "none", null],
    [FORM, "a=1&b=%C3%A9+x&c&=d", "form", { a: "1", b: "é x", c: "", "": "d" }],
    [FORM, 'filter={"a":1}', "form", { filter: '{"a":1}' }],
    [FORM, "text=hello; world&n=1", "form", { text: "hello; world", n: "1" }],
    [FORM, "items[0][x]=1&[0].y=2", "form", { "items[0][x]": "1", "[0].y": "2" }],
    [FORM, "__proto__=1&_charset_=utf-8", "form", { ["__proto__"]: "1", _charset_: "utf-8" }],
    ["text/plain", "hello", "text", "hello"],
    ["text/plain; charset=us-ascii", "[INFO] started", "text", "[INFO] started"],
    ["text/plain", "{{name}}, {greeting}", "text", "{{name}}, {greeting}"],
    ["text/csv", "\u{feff}a;b\n1;2", "text", "\u{feff}a;b\n1;2"],
    ["text/plain", "// see below\nfoo", "text", "// see below\nfoo"],
    ["application/octet-stream", "\u0000\u0001", "other", null],
    ["application/xml", "<a/>", "other", null],
    ["multipart/mixed; boundary=x", "--x--", "other", null],
    [null, "hello", "other", null],
    ["application/json", "", "none", null],
    [null, "", "none", null],
  ] as const)("%s: %s", (type, body, kind, value) => {
    expect(read(type, body)).toEqual({ kind, value, repeated: [] });
  });

  it("takes identity, and no other coding", () => {
    expect(readBody("text/plain", "identity", utf8("a"))).toHaveProperty("kind", "text");
    expect(readBody("text/plain", "", utf8("a"))).toHaveProperty("kind", "text");
    for (const coding of ["gzip", "br", "identity, gzip", "deflate", "x-gzip", "aws-chunked"]) {
      expect(readBody("application/json", coding, utf8("{}"))).toHaveProperty("status", 415);
    }
  });

  it("gives the list of a name that comes more than once, and says so", () => {
    expect(read(FORM, "a=1&b=2&a=3")).toEqual({
      kind: "form",
      value: { a: ["1", "3"], b: "2" },
      repeated: ["a"],
    });
  });
});

describe("a document is seen, whatever its type says", () => {
  it.each([
    [FORM, ENOUGH],
    [FORM, ` \n${ENOUGH}`],
    [FORM, '{"payment_amount":5000,"x":"=","y":"%26"}'],
    ["text/plain", ENOUGH],
    ["text/plain", '{"payment_amount":5000,"x":"&b=1"}'],
    ["text/html", ENOUGH],
    ["application/octet-stream", ENOUGH],
    ["application/xml", ENOUGH],
    ["application/x-json", ENOUGH],
    ["a/b", ENOUGH],
    ["", ENOUGH],
    [null, ENOUGH],
  ])("%s: %s", (type, body) => {
    expect(read(type, body)).toMatchObject({ kind: "json", value: pay });
  });
});

describe("what some readers take for something else is refused", () => {
  it.each([
    // Two headers, or one that is read in two ways.
    ["application/json, text/plain", ENOUGH],
    ["text/plain,application/json", ENOUGH],
    ["application/json text/plain", ENOUGH],
    ["application/json; junk", ENOUGH],
    ["application/json; =", ENOUGH],
    ["application/json; charset = utf-8", ENOUGH],
    ["application/json; charset=utf-8; charset=utf-8", ENOUGH],
    ['application/json; a="charset=utf-7"; charset=utf-8', ENOUGH],
    ["json", ENOUGH],
    ["application/json\u00a0", ENOUGH],
    [`${FORM}; x="multipart/form-data; boundary=b"`, "a=1"],
    ["text/plain; application/json", ENOUGH],
    // Documents that say two things, or that only lenient readers read.
    ["application/json", '{"a":1,"A":2}'],
    ["text/plain", '{"a":1,"a":2}'],
    ["application/octet-stream", '{"a":1,"a":2}'],
    [FORM, '{"a":1,"a":2}'],
    ["application/json", `\u{feff}${ENOUGH}`],
    ["application/json", `${ENOUGH} ${ENOUGH}`],
    ["application/json", `/**/${ENOUGH}`],
    ["application/json", "payment_amount=5000"],
    ["text/plain", `\u{feff}${ENOUGH}`],
    ["text/plain", `${ENOUGH} and more`],
    ["text/plain", `${ENOUGH}\n${ENOUGH}`],
    ["text/plain", `/* a */ // b\n ${ENOUGH}`],
    ["text/plain", "{'payment_amount':5000}"],
    ["text/plain", '{"payment_amount":5000,}'],
    ["text/plain", '[{"payment_amount":5000},]'],
    ["text/plain", '{"payment_amount":NaN}'],
    ["text/plain", '{\u0000"\u0000'],
    ["application/x-ndjson", '{"a":1}{"a":2}'],
    ["application/x-ndjson", '{"a":1,"a":2}\n'],
    // Forms.
    [FORM, '{"a":"&payment_amount=5000&"}'],
    [FORM, `${ENOUGH} and more`],
    [FORM, `/**/${ENOUGH}`],
    [FORM, "%7B%22payment_amount%22%3A5000%7D="],
    [FORM, "a=1;payment_amount=5000"],
    [FORM, "amount=1&Amount=2"],
    [FORM, "pay_amount=1&pay.amount=2"],
    [FORM, "a=1&%20a=2"],
    [FORM, "pay[amount=1"],
    [FORM, "a%00b=1"],
    [FORM, "a=%zz"],
    [FORM, "a=%ff"],
    [FORM, "a=1&_charset_=utf-7"],
    [FORM, Array.from({ length: 1_001 }, (_, i) => `a${i}=1`).join("&")],
  ])("%s: %s", (type, body) => {
    expect(read(type, body)).toMatchObject({ wrong: expect.stringMatching(/\.$/u), status: 400 });
  });

  it.each([
    "application/json; charset=utf-16",
    `${FORM}; charset=iso-8859-1`,
    'text/plain; charset="utf-7"',
    `${MULTI}; charset=utf-16le`,
  ])("a character set that the gate does not read: %s", (type) => {
    expect(read(type, "{}")).toHaveProperty("status", 415);
  });

  it("in UTF-16 or another set that nothing says", () => {
    const utf16 = Uint8Array.from([...ENOUGH].flatMap((c) => [c.charCodeAt(0), 0]));
    for (const type of ["application/json", "text/plain", FORM]) {
      for (const body of [utf16, concat([Uint8Array.of(0xff, 0xfe), utf16])]) {
        expect(read(type, body)).toHaveProperty("wrong");
      }
      expect(read(type, Uint8Array.of(0x61, 0xe9))).toHaveProperty("wrong");
    }
  });

  it("never quotes a value", () => {
    for (const type of ["application/json", FORM, "text/plain", MULTI]) {
      for (const body of ["secret", '{"a":"secret","a":1}', "a=%ffsecret", "--x1 secret"]) {
        expect(JSON.stringify((read(type, body) as { wrong?: string }).wrong ?? "")).not.toMatch(
          /secret/u,
        );
      }
    }
  });
});

describe("forms in parts", () => {
  it("reads fields, files and names that repeat", () => {
    const body = multipart(
      part('name="payment_amount"', "5000"),
      part('name="a"', "1"),
      part('name="a"', "2\r\n-x1"),
      part('name="say %22hi%22 é"\r\nContent-Type: text/plain; charset=utf-8', "ü"),
      part('name="f"; filename="a;b.png"\r\nContent-Type: image/png', "123\r\n"),
      part("name=g; filename=h.txt\r\ncontent-length: 0", ""),
      part('name="h"\r\nContent-Transfer-Encoding: binary', ""),
    );
    expect(read(MULTI, body)).toEqual({
      kind: "multipart",
      value: {
        payment_amount: "5000",
        a: ["1", "2\r\n-x1"],
        "say %22hi%22 é": "ü",
        f: { name: "a;b.png", type: "image/png", bytes: 5 },
        g: { name: "h.txt", type: "text/plain", bytes: 0 },
        h: "",
      },
      repeated: ["a"],
    });
    expect(read(MULTI, "--x1--")).toEqual({ kind: "multipart", value: {}, repeated: [] });
  });

  test("what a browser's FormData sends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z"\r\n é]{1,8}$/u), fc.string()), {
          selector: ([name]) => name.trim().replaceAll(/[\s.]/gu, "_"),
          maxLength: 5,
        }),
        async (fields) => {
          const data = new FormData();
          for (const [name, value] of fields) data.append(name, value);
          data.append("file", new Blob(["abc"], { type: "text/csv" }), 'q"\r\n;.csv');
          const sent = new Request("http://localhost", { method: "POST", body: data });
          const type = sent.headers.get("content-type");
          const answer = read(type, new Uint8Array(await sent.arrayBuffer()));
          const file = { type: "text/csv", bytes: 3 };
          expect(answer).toMatchObject({ kind: "multipart", value: { file } });
          const { file: _, ...rest } = (answer as { value: Record<string, unknown> }).value;
          expect(Object.keys(rest).length).toBe(fields.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  const one = part('name="a"', "1");
  it.each([
    ["multipart/form-data", multipart(one)],
    ["multipart/form-data; boundary=", multipart(one)],
    ["multipart/form-data; boundary=x1; boundary=x2", multipart(one)],
    ["multipart/form-data; Boundary=x1; BOUNDARY=x1", multipart(one)],
    ["multipart/form-data; boundary*=x1; boundary=x2", multipart(one)],
    ["multipart/form-data; boundary*0=x1", multipart(one)],
    ['multipart/form-data; x="boundary=x2"; boundary=x1', multipart(one)],
    ['multipart/form-data; boundary="x1 "', multipart(one)],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, multipart(one)],
    ["multipart/form-data; boundary=---", "--------"],
  ])("%s is refused", (type, body) => expect(read(type, body)).toHaveProperty("status", 400));

  it.each([
    ENOUGH,
    `\r\n${multipart(one)}`,
    `${ENOUGH}\r\n${multipart(one)}`,
    one,
    `${one}--x1`,
    `${one}--x1\r\n`,
    `${multipart(one)}x`,
    `${multipart(one)}\r\n`,
    multipart(one) + multipart(one),
    multipart("--x1 \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"),
    multipart("--x1\nContent-Disposition: form-data; name=a\n\n1\n"),
    multipart(part('name="a"', "1\n--x1\nx")),
    multipart(part('name="a"', "1\r\n--x12")),
    multipart(part('name="a"', "1--x1")),
    multipart("--x1\r\nContent-Disposition: form-data; name=a\r\n"),
    multipart("--x1\r\n\r\n1\r\n"),
    multipart("--x1\r\nContent-Type: text/plain\r\n\r\n1\r\n"),
    multipart("--x1\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n"),
    multipart(part("x=a", "1")),
    multipart(part('name="a"; name="b"', "1")),
    multipart(part('name="a"; NAME="b"', "1")),
    multipart(part('filename="a"', "1")),
    multipart(part('name="a"; filename="b"; filename="c"', "1")),
    multipart(part("name=\"a\"; filename*=utf-8''b", "1")),
    multipart(part('name*0="a"', "1")),
    multipart(part("name*=utf-8''a", "1")),
    multipart(part('name="a\\"b"', "1")),
    multipart(part('name="a"b"', "1")),
    multipart(part('name="a; name="b"', "1")),
    multipart(part('name="a;name=b"', "1")),
    multipart(part('name="f"; filename="x; name=a"', "1")),
    multipart(part('name="payment%5Famount"', "1")),
    multipart(part('name="=?utf-8?q?payment=5Famount?="', "1")),
    multipart(part('name=a; x="1"', "1")),
    multipart(part('name="a"\r\nContent-Disposition: form-data; name="b"', "1")),
    multipart(part('name="a"\r\n b', "1")),
    multipart(part('name="a"\nX: y', "1")),
    multipart(part('name="a\u0000"', "1")),
    multipart(part('name="{"', "1")),
    multipart(part('name="a"\r\nContent-Length: 2', "1")),
    multipart(part('name="a"\r\nContent-Type: text/plain, text/html', "1")),
    multipart(part('name="a"\r\nContent-Type: multipart/mixed; boundary=y', "1")),
    multipart(part('name="a"', "1"), part('name="A"', "2")),
    multipart(part('name="_charset_"', "utf-7")),
    multipart(part(`name="a"\r\nX: ${"y".repeat(9_000)}`, "1")),
  ])("%j is refused", (body) => expect(read(MULTI, body)).toHaveProperty("status", 400));

  it.each([
    part('name="a"\r\nContent-Transfer-Encoding: base64', "MQ=="),
    part('name="a"\r\nContent-Type: text/plain; charset=utf-16', "1"),
    part('name="a"\r\nContent-Encoding: gzip', "1"),
  ])("%j is not read", (body) =>
    expect(read(MULTI, multipart(body))).toMatchObject({ status: 415 }),
  );

  it("refuses a field that is not UTF-8, and takes such a file", () => {
    const around = (head: string) => [
      utf8(part(head, "").slice(0, -2)),
      Uint8Array.of(0xff),
      utf8("\r\n--x1--"),
    ];
    expect(read(MULTI, concat(around("name=a")))).toHaveProperty("wrong");
    expect(read(MULTI, concat(around("name=a; filename=b")))).toHaveProperty("kind");
  });

  it("cut at any byte it is refused, or lacks only the last end of line", () => {
    const body = utf8(multipart(one, part('name="f"; filename="g"', "z")));
    for (let at = 1; at < body.length; at++) {
      const answer = read(MULTI, body.subarray(0, at));
      expect("wrong" in answer).toBe(at !== body.length - 2);
    }
  });
});
