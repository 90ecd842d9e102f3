import fc from "fast-check";
import { utf8 } from "../../core/bytes.ts";
import type { Headers } from "../../core/exchange.ts";
import { HttpEngine } from "../../core/protocols/http/engine.ts";
import type { HttpResource } from "../../core/session.ts";
import { type Answered, type Asked, exchangeCases } from "../support/exchange-cases.ts";
import { sampleSpec } from "../support/values.ts";
import { maskerOf } from "./masking/given.ts";

/* HTTP, held to what every protocol of requests and responses keeps. */

const resource: HttpResource = {
  id: "res_api",
  name: "billing-api",
  type: "http",
  url: "https://billing.internal/v2",
  host: "billing.internal",
  credential: { way: null, mtls: null },
  network: "public",
  labels: {},
  forms: [],
  timeoutSeconds: 300,
  unreadable: "refuse",
  origins: [],
  openapi: null,
};

const CANARY = "Kestrelux";
const masker = maskerOf([
  { id: "pii", fields: ["secret"], technique: "redact" },
  { id: "found", detect: ["us_ssn", "email"], technique: "redact" },
]);

const answer = (type: string, body: string, more: Headers = []): Answered => ({
  head: { status: 200, headers: [["content-type", type], ...more] },
  body: utf8(body),
});

const DOCUMENT = `{"a":[1,{"secret":"${CANARY} \\u00e4","b":null}],"secret":{"x":["${CANARY}"]}}`;

const ANSWERS = [
  ["JSON", answer("application/json", DOCUMENT)],
  ["JSON in a text", answer("application/json", JSON.stringify({ x: DOCUMENT }))],
  ["an escaped name", answer("application/json", `{"s\\u0065cret":"${CANARY}"}`)],
  ["lines of JSON", answer("application/x-ndjson", `${DOCUMENT}\n${DOCUMENT}\n`)],
  ["events", answer("text/event-stream", `id: 1\ndata: ${DOCUMENT}\n\n:x\n\ndata: y\n\n`)],
  ["events, CRLF", answer("text/event-stream", `data: ${DOCUMENT}\r\n\r\nid\r\n\r\n`)],
  ["a table", answer("text/csv", `id,secret\r\n1,"${CANARY}\r\n, ""x"""\r\n2,${CANARY}\r\n`)],
  [
    "a form",
    answer("application/x-www-form-urlencoded", `a=1&secret=${CANARY}&s%65cret=${CANARY}`),
  ],
  ["text that is JSON", answer("text/plain", DOCUMENT)],
  ["a page that is JSON", answer("text/html", DOCUMENT)],
  [
    "parts",
    answer(
      "multipart/form-data; boundary=b",
      `--b\r\nContent-Disposition: form-data; name="secret"\r\n\r\n${CANARY}\r\n--b--\r\n`,
    ),
  ],
  ["a header", answer("application/json", DOCUMENT, [["secret", CANARY]])],
  ["a link", answer("application/json", DOCUMENT, [["location", `/x?secret=${CANARY}`]])],
] as const;

const TYPES = [
  ...new Set(ANSWERS.map(([, { head }]) => head.headers[0]?.[1] ?? "")),
  "application/octet-stream",
  "application/json; charset=utf-16",
  "",
  ";",
];

/** Pieces of what could be sent, in any order, and anything at all. */
const piecesOf = (all: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...all), fc.string({ maxLength: 6, unit: "binary" })), {
      maxLength: 8,
    })
    .map((pieces) => pieces.join(""));

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  piecesOf(['{"secret":', '"', CANARY, "}", "[", "]", ",", ":", "\n", "data: ", "=", "&"]).map(
    utf8,
  ),
  piecesOf(["--b", "\r\n", "\\u00", "\ufeff", "id,secret", "536-90-4399", "1e9", "null"]).map(utf8),
);

const headers = (names: readonly string[], values: readonly string[]): fc.Arbitrary<Headers> =>
  fc.array(fc.tuple(fc.constantFrom(...names), piecesOf(values)), { maxLength: 4 });

const asked: fc.Arbitrary<Asked> = fc.record({
  head: fc.record({
    method: fc.constantFrom("GET", "POST", "DELETE", "TRACE", "HEAD", "QUERY", ""),
    target: piecesOf(["/", "a", "..", "%2f", "%", ";", "?", "&", "=", "#", "\\", "%61", "secret"]),
    headers: headers(
      ["content-type", "content-encoding", "accept-encoding", "connection", "prefer", "x_y", "te"],
      ["application/json", "gzip", "; boundary=b", ", ", "multipart/form-data", "close", "q=0"],
    ),
  }),
  body: fc.oneof(fc.constant(null), bytes),
});

const answered: fc.Arbitrary<Answered> = fc.record({
  head: fc.record({
    status: fc.constantFrom(200, 204, 206, 301, 304, 404, 500),
    headers: fc
      .tuple(
        fc.constantFrom(...TYPES),
        headers(
          ["content-encoding", "content-length", "location", "link", "refresh", "secret", "etag"],
          ["gzip", "br", "5", "https://billing.internal/v2", "/x?secret=", "%", "<", ">", '"', "{"],
        ),
      )
      .map(([type, more]): Headers => [["content-type", type], ...more]),
  }),
  body: bytes,
});

const { resource: _, ...base } = sampleSpec();

exchangeCases({
  name: "http",
  spec: { ...base, resource },
  masker,
  newEngine: (rules) => new HttpEngine(resource, rules, () => () => false),
  plain: { head: { method: "GET", target: "/customers/7", headers: [] }, body: utf8("") },
  answers: ANSWERS,
  canary: CANARY,
  asked,
  answered,
});
