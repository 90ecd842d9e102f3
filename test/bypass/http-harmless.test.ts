import { createHash } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Told } from "../support/http-upstream.ts";
import { octets } from "../support/http-upstream/samples.ts";
import { useHttpGate } from "../support/http-gate.ts";
import { ask, type Asking } from "./http-client.ts";
import { POLICY } from "./http-policy.ts";

/*
 * The inverse: what nobody masks or forbids passes byte for byte, in both directions, with rules in
 * force (`svc`) and without any (`open`).
 */

const policy = (url: string): string =>
  POLICY(url)
    .replace(
      "\ngrants:",
      `\n  - { name: open, type: http, url: "${url}", network: private }\ngrants:`,
    )
    .replace("resources: [svc], access", "resources: [svc, open], access")
    .replaceAll("{ id: no-", "{ resources: [svc], id: no-")
    .replace("{ id: pii,", "{ id: pii, resources: [svc],")
    .replace("{ id: found,", "{ id: found, resources: [svc],");

const gate = useHttpGate({ policy });
let token: Promise<string> | null = null;

async function call(name: string, path: string, { headers, ...rest }: Asking = {}) {
  token ??= gate().token("ada");
  const all = { authorization: `Bearer ${await token}`, "accept-encoding": "identity", ...headers };
  return ask(`${gate().url}/http/${name}${path}`, { ...rest, headers: all });
}

const JSONS = [
  '{"a":1}',
  ' \r\n\t{ "a" : [ ] , "b" : { } }\n\n',
  "[-0,1E+2,0.10,1e400,123456789012345678901234567890,true,false,null]",
  '{"a":1,"a":2,"A":3,"":4}',
  '"\\ud83d\\ude00 \\/ \\b\\f\\n\\r\\t \\" \\\\ 😀 ı İ \\ud800 \\u0000"',
  '{"secrets":"x","my_secret":"x","secret_":1,"ssn2":"12-34-5678"}',
  '{"secret":null}',
  `[${"[".repeat(200)}${"]".repeat(200)}]`,
  '{"note":"{\\"a\\":1}","list":"[1,2]"}',
  '{"phone":"+41 44 668 18 00","uuid":"c0ffee11-5eed-4bad-8bad-0123456789ab","n":4242424242424241}',
  JSON.stringify({ text: "x".repeat(300_000) }),
  "0",
  "null",
];

const ANSWERS: readonly (readonly [type: string, body: string])[] = [
  ...JSONS.map((body) => ["application/json", body] as const),
  ["application/problem+json; charset=utf-8", '{"type":"about:blank","status":400}'],
  ["application/x-ndjson", '{"a":1}\n\n{"b":2}\r\n[3]'],
  ["text/event-stream", ': hello\n\nid: 1\nevent: x\nretry: 10\ndata: {"a":\ndata: 1}\n\n'],
  ["text/event-stream", "data: a\r\n\r\ndata: b\r\rdata\n\n"],
  ["text/csv", 'id,name\r\n1,"a ""b"", c\r\nd"\r\n2,\r\n'],
  ["text/csv; header=present", "id\n1\n2"],
  ["text/tab-separated-values", "id\tname\n1\ta\n"],
  ["application/x-www-form-urlencoded", "a=1&b=%2F+x&c&=&d=%C3%A9&&a=2"],
  ["text/plain", "a\r\nb\rc\n\n  d \u00e9 😀"],
  ["text/html; charset=utf-8", "<!doctype html>\n<p title='a'>é &amp; b</p>\n"],
  ["application/xml", '<?xml version="1.0"?><a b="c"/>'],
  ["application/javascript", "export const a = { b: [1, 2] };\n"],
  ["application/json", ""],
];

describe("answers pass", () => {
  const told = (answer: Told) => gate().upstream.told.set("/told", answer);

  test.for(ANSWERS.map(([type, body]) => [`${type}: ${body.slice(0, 60)}`, type, body] as const))(
    "%s",
    async ([, type, body]) => {
      for (const [coding, code] of Object.entries({
        identity: (bytes: Buffer) => bytes,
        gzip: (bytes: Buffer) => gzipSync(bytes),
        br: (bytes: Buffer) => brotliCompressSync(bytes),
        deflate: (bytes: Buffer) => deflateSync(bytes),
      })) {
        const bytes = body === "" ? Buffer.alloc(0) : code(Buffer.from(body));
        const coded = coding === "identity" ? [] : [["content-encoding", coding] as const];
        const headers = [["content-type", type], ["x-own", "a, b"], ...coded] as const;
        told({ headers, pieces: [bytes] });
        for (const name of ["svc", "open"]) {
          const got = await call(name, "/told", { headers: { "accept-encoding": coding } });
          expect(got).toMatchObject({ status: 200, cut: false });
          expect(got.headers).toMatchObject({ "content-type": type, "x-own": "a, b" });
          expect(got.body.toString("latin1")).toBe(Buffer.from(body).toString("latin1"));
          if (name === "open") expect(got.raw.equals(bytes)).toBe(true);
        }
      }
    },
  );

  test("of a resource without rules: bytes, ranges, validators, lengths, digests", async () => {
    const bytes = await call("open", "/octet?bytes=300000");
    expect(bytes.raw.equals(octets(300_000))).toBe(true);
    expect(bytes.headers["content-length"]).toBe("300000");
    const whole = await call("open", "/range");
    const { etag = "", digest = "" } = whole.headers;
    expect(etag).not.toBe("");
    expect(digest).not.toBe("");
    const part = await call("open", "/range", { headers: { range: "bytes=2-9" } });
    expect(part).toMatchObject({ status: 206, headers: { "content-length": "8" } });
    expect(part.raw.equals(whole.raw.subarray(2, 10))).toBe(true);
    const known = await call("open", "/range", { headers: { "if-none-match": etag } });
    expect(known).toMatchObject({ status: 304, headers: { etag } });
    const head = await call("open", "/octet?bytes=77", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, headers: { "content-length": "77" } });
  });

  test.for([200, 201, 202, 204, 205, 301, 304, 400, 401, 404, 410, 418, 429, 500, 503])(
    "status %i",
    async (status) => {
      const none = [204, 205, 304].includes(status);
      told({ status, headers: [["content-type", "application/json"]], pieces: none ? [] : ["{}"] });
      for (const name of ["svc", "open"]) {
        const got = await call(name, "/told");
        expect([got.status, got.body.toString()]).toEqual([status, none ? "" : "{}"]);
      }
    },
  );
});

const MULTIPART = [
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n',
  '--b\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n',
  "Content-Type: application/octet-stream\r\n\r\n\u0001\u0002\r\n--b--\r\n",
].join("");

const SENT: readonly (readonly [type: string | null, body: string | Buffer])[] = [
  ...JSONS.filter((body) => body !== JSONS[3]).map((body) => ["application/json", body] as const),
  ["application/x-www-form-urlencoded", "a=1&b=%2F+x&c=%C3%A9&a=2"],
  ["multipart/form-data; boundary=b", MULTIPART],
  ["text/plain", "a\r\n😀 \u00e9 ; x=1"],
  ["application/xml", "<a>1</a>"],
  ["application/octet-stream", octets(70_000)],
  [null, octets(99)],
  ["application/json", ""],
];

describe("requests pass", () => {
  test.for(SENT.map(([type, body], i) => [`${i}: ${type}`, type, body] as const))(
    "a body: %s",
    async ([, type, body]) => {
      for (const name of ["svc", "open"]) {
        for (const method of ["POST", "PUT", "PATCH"]) {
          const headers = type === null ? {} : { "content-type": type };
          const got = await call(name, "/echo", { method, headers, body });
          expect(got.status, got.body.toString().slice(0, 200)).toBe(200);
          const seen = gate().upstream.seen.at(-1);
          expect(seen).toMatchObject({ method, url: "/echo" });
          expect(seen?.body.equals(Buffer.from(body))).toBe(true);
        }
      }
    },
  );

  test("a body that is too large to be held", async () => {
    const body = octets(5_000_000);
    const got = await call("open", "/upload", { method: "PUT", body });
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(JSON.parse(got.body.toString())).toEqual({ bytes: body.length, sha256 });
  });

  test.for([
    "/",
    "/a/b.c/d-e_f~g",
    "/a/!$&'()*+,=:@",
    "/%C3%A9/%20x",
    "/a?x",
    "/a?x=1&x=2&y[]=3&z={%22a%22:1}",
    "/a?q=a+b%20c%26d%3De&t=12:30&u=http://x/y?z",
    "/a?e=&=f&&g",
    "/a?%C3%A9=%E2%82%AC",
    "/a/",
  ])("a target: %s", async (target) => {
    for (const name of ["svc", "open"]) {
      await call(name, target);
      expect(gate().upstream.seen.at(-1)?.url).toBe(target);
    }
  });

  test("headers", async () => {
    const headers = {
      accept: "application/json, text/*;q=0.5",
      "accept-language": "de-CH, de;q=0.9",
      "idempotency-key": "c0ffee11",
      "x-request-id": "r-1",
      "x-own": 'a "b"; c=d',
      "user-agent": "a/1 (b)",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "if-modified-since": "Mon, 05 Jan 2026 09:00:00 GMT",
      "content-language": "de",
    };
    for (const name of ["svc", "open"]) {
      await call(name, "/echo", { headers });
      const { rawHeaders = [] } = gate().upstream.seen.at(-1) ?? {};
      const came = new Map(
        rawHeaders.flatMap((key, i) => (i % 2 ? [] : [[key.toLowerCase(), rawHeaders[i + 1]]])),
      );
      for (const [key, value] of Object.entries(headers)) expect(came.get(key), key).toBe(value);
    }
  });
});
