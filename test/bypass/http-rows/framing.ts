import { broken, get, lines, reaches, refused, sent } from "./row.ts";

/*
 * Requests inside of requests (RFC 9112 sections 5, 6 and 11.2). The runtime frames: what it reads
 * as one request is one for everybody, and what it cannot read reaches nobody.
 */

const CHUNKED = "Transfer-Encoding: chunked";
const HIDDEN = "GET /http/svc/smuggled HTTP/1.1\r\nAUTH\r\n";
const BODY = "GET /admin HTTP/1.1\r\n\r\n";

const post = (head: readonly string[], body: string) =>
  sent("POST", "~/echo", lines(...head), body);
const chunks = (body: string) => post([CHUNKED], body);
const length = (value: string, body = "abc") => post([`Content-Length:${value}`], body);
const coding = (line: string, body = `0\r\n\r\n${HIDDEN}`) => post([line], body);
const header = (line: string) => get("~/echo", `${line}\r\n`);
const first = (line: string) => `${line}\r\nAUTHConnection: close\r\n\r\n`;

export const FRAMING = [
  ...broken([
    ["two lengths", post(["Content-Length: 3", "Content-Length: 5"], `abc${HIDDEN}`)],
    ["a list of lengths", length(" 3, 3")],
    ["a length with a sign", length(" +3")],
    ["a length in hex", length(" 0x3")],
    ["a negative length", length(" -1")],
    ["a length beyond 64 bits", length(" 18446744073709551619")],
    ["a length with a space in it", length(" 1 0", "abcdefghij")],
    ["a length of letters", length(" abc")],
    ["xchunked", coding("Transfer-Encoding: xchunked")],
    ["chunked, then identity", coding("Transfer-Encoding: chunked, identity")],
    ["a coding nobody knows", coding("Transfer-Encoding: cow")],
    ["a vertical tab before chunked", coding("Transfer-Encoding: \vchunked")],
    ["a space before the colon", coding("Transfer-Encoding : chunked")],
    ["a tab before the colon", coding("Transfer-Encoding\t: chunked")],
    ["chunked on a folded line", post(["Transfer-Encoding:", " chunked"], "0\r\n\r\n")],
    ["a folded line", header("X-A: 1\r\n 2")],
    ["a line folded by a tab", header("X-A: 1\r\n\t2")],
    ["a first line that is folded", first("GET /http/svc/echo HTTP/1.1\r\n X-A: 1")],
    ["a space in a name", header("X A: 1")],
    ["a space before a colon", header("X-A : 1")],
    ["a line without a colon", header("X-A")],
    ["a line without a name", header(": 1")],
    ["NUL in a value", header("X-A: a\0b")],
    ["a bare CR in a value", header("X-A: a\rX-B: b")],
    ["NUL in a name", header("X\0A: 1")],
    ["lines that end in CR alone", "GET /http/svc/echo HTTP/1.1\rHost: x\r\r"],
    ["HTTP/0.9", "GET /http/svc/echo\r\n\r\n"],
    ["HTTP/2.0", first("GET /http/svc/echo HTTP/2.0")],
    ["HTTP/1.2", first("GET /http/svc/echo HTTP/1.2")],
    ["HTTP/1.10", first("GET /http/svc/echo HTTP/1.10")],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["two spaces in the first line", first("GET  /http/svc/echo HTTP/1.1")],
    ["two hosts", header("Host: evil.example")],
    ["no host", "GET /http/svc/echo HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["a head without an end", "GET /http/svc/echo HTTP/1.1\r\nAUTHX-A: 1\r\n"],
  ]),
  ...refused(400, "badly framed", [
    ["a chunk whose length is no number", chunks("zz\r\nabc\r\n0\r\n\r\n")],
    ["a chunk of a negative length", chunks("-3\r\nabc\r\n0\r\n\r\n")],
    ["a chunk beyond 64 bits", chunks("10000000000000003\r\nabc\r\n0\r\n\r\n")],
    ["a chunk that says 0x", chunks("0x3\r\nabc\r\n0\r\n\r\n")],
    ["a chunk longer than it says", chunks(`3\r\nabcd\r\n0\r\n\r\n${HIDDEN}`)],
    ["a chunk shorter than it says", chunks("5\r\nabc\r\n0\r\n\r\n")],
    ["chunks without an end", chunks("3\r\nabc\r\n")],
    ["chunks whose lines end in LF", chunks("3\nabc\n0\n\n")],
    ["a chunk without a length", chunks("\r\nabc\r\n0\r\n\r\n")],
    ["less than the length says", length(" 9")],
  ]),
  ...refused(400, "A body of GET", [
    ["GET with a body", sent("GET", "~/echo", "", '{"a":1}')],
    ["GET with chunks", sent("GET", "~/echo", lines(CHUNKED), "3\r\nabc\r\n0\r\n\r\n")],
    ["GET with a request for a body", sent("GET", "~/echo", "", BODY)],
  ]),
  ...reaches([
    [
      "a length and chunks: the chunks count, and nothing more is read",
      post(["Content-Length: 6", CHUNKED], `0\r\n\r\n${HIDDEN}`),
      { method: "POST", url: "/echo", body: "" },
    ],
    [
      "chunks and a length",
      post([CHUNKED, "Content-Length: 60"], `3\r\nabc\r\n0\r\n\r\n${HIDDEN}`),
      { method: "POST", url: "/echo", body: "abc" },
    ],
    [
      "one length twice",
      post(["Content-Length: 3", "Content-Length: 3"], "abc"),
      { body: "abc", headers: { "content-length": "3" } },
    ],
    ["CHUNKED", coding("Transfer-Encoding: CHUNKED", "3\r\nabc\r\n0\r\n\r\n"), { body: "abc" }],
    ["chunked twice", post([CHUNKED, CHUNKED], "3\r\nabc\r\n0\r\n\r\n"), { body: "abc" }],
    ["a chunk's extension", chunks('3;a="b"\r\nabc\r\n0\r\n\r\n'), { body: "abc" }],
    [
      "a field behind the body is left out",
      post([CHUNKED, "Trailer: X-Role"], "3\r\nabc\r\n0\r\nX-Role: admin\r\n\r\n"),
      { body: "abc", headers: { "x-role": null, trailer: null } },
    ],
    [
      "lines that end in LF",
      "GET /http/svc/echo HTTP/1.1\nAUTHX-A: 1\nConnection: close\n\n",
      { url: "/echo", headers: { "x-a": "1" } },
    ],
    ["a header behind LF", header("X-A: a\nX-B: b"), { headers: { "x-a": "a", "x-b": "b" } }],
    ["HTTP/1.0", first("GET /http/svc/echo HTTP/1.0"), { url: "/echo" }],
    [
      "GET of no bytes",
      sent("GET", "~/echo", "Content-Length: 0\r\n"),
      { method: "GET", body: "" },
    ],
    [
      "two in a row",
      `GET /http/svc/echo?1 HTTP/1.1\r\nAUTH\r\n${get("~/echo?2")}`,
      { url: "/echo?1" },
      { url: "/echo?2" },
    ],
    [
      "a body that is a request",
      `POST /http/svc/echo HTTP/1.1\r\nAUTHContent-Length: ${BODY.length}\r\n\r\n${BODY}` +
        get("~/echo?2"),
      { method: "POST", body: BODY },
      { url: "/echo?2" },
    ],
  ]),
];
