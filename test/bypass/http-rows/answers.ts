import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { Told } from "../../support/http-upstream.ts";
import { CREDENTIAL } from "../../support/http-gate.ts";
import { BAD_JSON } from "../../support/http-upstream/samples.ts";
import { type AnswerRow, hides, json, shows, SSN, typed, VALUE } from "./answer.ts";

/* Answers in which a service, by accident or by design, says a value in another way. */

const PLAIN = `{"secret":"${VALUE}","id":1}`;
const MASKED = '{"secret":"[redacted]","id":1}';

const escaped = (text: string): string =>
  [...text].map((one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`).join("");

const coded = (coding: string, body: Buffer, type = "application/json"): Told => ({
  headers: [
    ["content-type", type],
    ["content-encoding", coding],
  ],
  pieces: [body],
});

const untyped = (...pieces: (string | Buffer)[]): Told => ({ pieces });

const headed = (name: string, value: string, told: Told = json("{}")): Told => ({
  ...told,
  headers: [...(told.headers ?? []), [name, value]],
});

/** What is wrong with them stands in what is masked. */
const MASKED_UNREAD = ["control", "escape", "bytes"];

const STARS = "*".repeat(CREDENTIAL.length);

const SHOWN = shows([
  ["the credential", json(`{"x":"Bearer ${CREDENTIAL}"}`), `{"x":"*******${STARS}"}`],
  ["the credential, cut", typed("text/plain", ...`a ${CREDENTIAL} b`), `a ${STARS} b`],
  ["the credential, coded", coded("br", brotliCompressSync(`"${CREDENTIAL}"`)), `"${STARS}"`],
  ["a document", json(PLAIN), MASKED],
  [
    "an escaped name",
    json(`{"${escaped("secret")}":"${VALUE}"}`),
    `{"${escaped("secret")}":"[redacted]"}`,
  ],
  ["an escaped value", json(`{"secret":"${escaped(VALUE)}"}`), '{"secret":"[redacted]"}'],
  ["an escaped value that is found", json(`{"x":"${escaped(SSN)}"}`), '{"x":"[redacted:us_ssn]"}'],
  ["another case", json(`{"SeCrEt":"${VALUE}"}`), '{"SeCrEt":"[redacted]"}'],
  [
    "a name twice",
    json(`{"secret":1,"secret":"${VALUE}"}`),
    '{"secret":"[redacted]","secret":"[redacted]"}',
  ],
  [
    "an object",
    json(`{"secret":{"a":["${VALUE}"],"id":1},"id":1}`),
    '{"secret":"[redacted]","id":1}',
  ],
  ["a list", json(`{"secret":["${VALUE}",{"b":"${VALUE}"}]}`), '{"secret":"[redacted]"}'],
  ["deep", json(`[[[{"a":{"secret":"${VALUE}"}}]]]`), '[[[{"a":{"secret":"[redacted]"}}]]]'],
  ["one byte at a time", json(...PLAIN.split("")), MASKED],
  ["a document in a text", json(JSON.stringify({ x: PLAIN })), JSON.stringify({ x: MASKED })],
  [
    "a document in a text in a text",
    json(JSON.stringify({ x: JSON.stringify({ y: PLAIN }) })),
    JSON.stringify({ x: JSON.stringify({ y: MASKED }) }),
  ],
  ["a number", json('{"secret":918273}'), '{"secret":"[redacted]"}'],
  ["a number that is found", json('{"n":4242424242424242}'), '{"n":"[redacted:credit_card]"}'],
  ["spaces", json(` { "secret"\n:\t"${VALUE}" } `), ' { "secret"\n:\t"[redacted]" } '],
  ["a name that is a value", json(`{"${SSN}":1}`), '{"[redacted:us_ssn]":1}'],
  ["other types of JSON", typed("application/vnd.api+json", PLAIN), MASKED],
  ["text/json", typed("text/json", PLAIN), MASKED],
  ["in capitals", typed("APPLICATION/JSON;CHARSET=UTF-8", PLAIN), MASKED],
  [
    "lines of documents",
    typed("application/x-ndjson", `${PLAIN}\n${PLAIN}\n`),
    `${MASKED}\n${MASKED}\n`,
  ],
  [
    "lines, the last open",
    typed("application/x-ndjson", `${PLAIN}\n${PLAIN}`),
    `${MASKED}\n${MASKED}`,
  ],
  ["a document as text/plain", typed("text/plain", PLAIN), MASKED],
  ["a document as text/html", typed("text/html", PLAIN), MASKED],
  ["an event", typed("text/event-stream", `data: ${PLAIN}\n\n`), `data: ${MASKED}\n\n`],
  [
    "an event of two lines",
    typed("text/event-stream", `data: {"secret":\ndata: "${VALUE}"}\n\n`),
    'data: {"secret":\ndata: "[redacted]"}\n\n',
  ],
  ["a table", typed("text/csv", `id,secret\r\n1,${VALUE}\r\n`), "id,secret\r\n1,[redacted]\r\n"],
  ...[...BAD_JSON]
    .filter(([as]) => MASKED_UNREAD.includes(as))
    .map(([as, body]) => [as, json(body), '{"ssn":"[redacted]"}'] as const),
  [
    "a quoted table",
    typed("text/csv", `"secret",id\r\n"${VALUE}",1\r\n`),
    '"secret",id\r\n[redacted],1\r\n',
  ],
  [
    "a form",
    typed("application/x-www-form-urlencoded", `secret=${VALUE}&id=1`),
    "secret=%5Bredacted%5D&id=1",
  ],
  [
    "a form with an escaped name",
    typed("application/x-www-form-urlencoded", `s%65cret=${VALUE}`),
    "s%65cret=%5Bredacted%5D",
  ],
  ["text", typed("text/plain", `SSN ${SSN}.`), "SSN [redacted:us_ssn]."],
  ["a page", typed("text/html", `<p>${SSN}</p>`), "<p>[redacted:us_ssn]</p>"],
  ["gzip", coded("gzip", gzipSync(PLAIN)), MASKED],
  ["x-gzip", coded("x-gzip", gzipSync(PLAIN)), MASKED],
  ["br", coded("br", brotliCompressSync(PLAIN)), MASKED],
  ["deflate", coded("deflate", deflateSync(PLAIN)), MASKED],
  ["GZIP", coded("GZIP", gzipSync(PLAIN)), MASKED],
  ["identity", coded("identity", Buffer.from(PLAIN)), MASKED],
  [
    "two members of gzip",
    coded("gzip", Buffer.concat([gzipSync('{"secret":'), gzipSync('"x"}')])),
    '{"secret":"[redacted]"}',
  ],
]);

const HIDDEN = [
  ...hides(
    "refused or cut",
    [...BAD_JSON]
      .filter(([as]) => !MASKED_UNREAD.includes(as) && !["mark", "empty"].includes(as))
      .map(([as, body]) => [`JSON that is none: ${as}`, json(body)] as const),
  ),
  ...hides("refused or cut", [
    ["two documents", json(`${PLAIN}${PLAIN}`)],
    ["UTF-16", typed("application/json; charset=utf-16", Buffer.from(PLAIN, "utf16le"))],
    ["UTF-16 that is not said", json(Buffer.from(PLAIN, "utf16le"))],
    ["UTF-32", json(Buffer.from([...PLAIN].flatMap((one) => [0, 0, 0, one.charCodeAt(0)])))],
    ["UTF-7", typed("text/plain; charset=utf-7", `+AHs-${VALUE}`)],
    ["another charset", typed("text/html; charset=iso-2022-jp", VALUE)],
    ["EBCDIC", typed("application/json; charset=ibm500", PLAIN)],
    [
      "a form with a broken escape",
      typed("application/x-www-form-urlencoded", `secret=%zz${VALUE}`),
    ],
    ["not coded at all", coded("gzip", Buffer.from(PLAIN))],
    ["half of gzip", coded("gzip", gzipSync(PLAIN).subarray(0, 20))],
    ["something behind gzip", coded("gzip", Buffer.concat([gzipSync(PLAIN), Buffer.from(VALUE)]))],
    ["a list of codings", coded("gzip, gzip", gzipSync(gzipSync(PLAIN)))],
    ["zstd", coded("zstd", Buffer.from(PLAIN))],
    ["compress", coded("compress", Buffer.from(PLAIN))],
    ["aws-chunked", coded("aws-chunked", Buffer.from(PLAIN))],
    ["raw deflate", coded("deflate", deflateRawSync(PLAIN))],
    ["a bomb", coded("gzip", gzipSync(Buffer.alloc(64_000_000, "[")))],
    ["two codings, two lines", headed("content-encoding", "br", coded("gzip", gzipSync(PLAIN)))],
  ]),
  ...hides("refused", [
    ["bytes", typed("application/octet-stream", PLAIN)],
    ["no type", untyped(PLAIN)],
    ["an empty type", typed("", PLAIN)],
    ["no type that is one", typed("json", PLAIN)],
    ["a picture", typed("image/png", PLAIN)],
    ["a document for people", typed("application/pdf", VALUE)],
    ["messages", typed("application/grpc", VALUE)],
    ["binary JSON", typed("application/cbor", VALUE)],
    ["ranges", typed("multipart/byteranges; boundary=b", `--b\r\n\r\n${VALUE}\r\n--b--`)],
    [
      "a part",
      {
        status: 206,
        headers: [
          ["content-type", "text/plain"],
          ["content-range", "bytes 0-3/20"],
        ],
        pieces: [SSN],
      },
    ],
  ]),
];

/** Where a value stands in an answer's head. */
const HEADS: readonly AnswerRow[] = [
  ["x-echo", `Bearer ${CREDENTIAL}`, "[redacted]"],
  ["location", `/x?key=${CREDENTIAL}&a=1`, "/http/svc/x?key=[redacted]&a=1"],
  ["x-note", `for ${SSN}`, "for [redacted:us_ssn]"],
  ["secret", VALUE, "[redacted]"],
  ["location", `/next?secret=${VALUE}&id=1`, "/http/svc/next?secret=%5Bredacted%5D&id=1"],
  [
    "location",
    `https://else.example/?secret=${VALUE}`,
    "https://else.example/?secret=%5Bredacted%5D",
  ],
  ["location", `/next?x=${SSN}#secret=${VALUE}`, null],
  ["content-location", `/x?s%65cret=${VALUE}`, null],
  ["link", `</next?secret=${VALUE}>; rel="next"`, null],
  ["x-pagination", `{"next":{"secret":"${VALUE}"}}`, '{"next":{"secret":"[redacted]"}}'],
  ["refresh", `0; url=/next?secret=${VALUE}`, null],
  ["etag", `"${VALUE}"`, null],
  ["content-digest", "sha-256=:x:", null],
  ["repr-digest", "sha-256=:x:", null],
  ["digest", "sha-256=x", null],
  ["content-md5", "x", null],
  ["set-cookie", `s=${VALUE}`, null],
  ["set-cookie2", `s=${VALUE}`, null],
  ["www-authenticate", `Basic realm="${VALUE}"`, null],
  ["alt-svc", 'h2="evil.example:443"', null],
  ["clear-site-data", '"*"', null],
  ["sluice-gone", "1", null],
  ["sluice-anything", "1", null],
  ["strict-transport-security", "max-age=1", null],
  ["content-security-policy", "default-src *", "sandbox"],
  ["x-content-type-options", "no", "nosniff"],
  ["access-control-allow-origin", "*", null],
  ["accept-ranges", "bytes", null],
].map(([name, value, want]) => ({
  about: `${name}: ${value}`,
  told: headed(name as string, value as string),
  expect: "shows" as const,
  shows: "{}",
  headers: { [name as string]: want as string | null },
}));

const STATUSES: readonly AnswerRow[] = [200, 201, 400, 401, 403, 404, 409, 422, 500, 503].map(
  (status) => ({
    about: `status ${status}`,
    told: { ...json(PLAIN), status },
    expect: "shows",
    shows: MASKED,
    status,
  }),
);

const REDIRECTS: readonly AnswerRow[] = [301, 302, 303, 307, 308].map((status) => ({
  about: `${status} is not followed`,
  told: { ...headed("location", "/json"), status },
  expect: "shows",
  shows: "{}",
  status,
  headers: { location: "/http/svc/json" },
}));

const PARTS: readonly AnswerRow[] = [
  {
    about: "HEAD tells no length of what is masked",
    told: headed("content-length", String(PLAIN.length), json(PLAIN)),
    method: "HEAD",
    expect: "shows",
    shows: "",
    headers: { "content-length": null, etag: null },
  },
  {
    about: "304 tells no validator",
    told: {
      status: 304,
      headers: [
        ["etag", `"${VALUE}"`],
        ["content-length", "28"],
      ],
    },
    ask: { "if-none-match": `"${VALUE}"` },
    expect: "shows",
    shows: "",
    status: 304,
    headers: { etag: null, "content-length": null },
  },
];

export const ANSWERS = [...SHOWN, ...HIDDEN, ...HEADS, ...STATUSES, ...REDIRECTS, ...PARTS];
