import { broken, get, lines, reaches, refused, sent } from "./row.ts";

/* What a header or a method makes of a request for a service, a framework or a proxy before it. */

const header = (line: string, target = "~/echo") =>
  [line.replaceAll("\r\n", " ⏎ "), get(target, `${line}\r\n`)] as const;
const headers = (...all: readonly string[]) => all.map((line) => header(line));
const role = (...all: readonly string[]) => all.map((line) => header(line, "~/head"));

const CREDENTIAL = "Bearer canary-credential-6f1d0c2b";
const UPGRADE = lines("Upgrade: websocket", "Sec-WebSocket-Version: 13");
const KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** Said by a proxy or by this gate, and believed: none of it may come from a client. */
const SPOOFED = [
  'Sluice-Exchange: {"target":"/admin","streams":false}',
  "Sluice-Session: ses_00000000000000000000000001",
  "Sluice-Principal: max",
  "Sluice-Watcher: {}",
  "CF-Connecting-IP: 10.0.0.1",
  "CF-Access-Jwt-Assertion: x",
  "CF-Access-Authenticated-User-Email: max@example.com",
  "X-Forwarded-For: 127.0.0.1",
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Prefix: /admin",
  "X-Forwarded-User: max",
  "X-Forwarded: for=1",
  "Forwarded: for=127.0.0.1",
  "X-Real-IP: 127.0.0.1",
  "True-Client-IP: 127.0.0.1",
  "X-Client-IP: 127.0.0.1",
  "X-Cluster-Client-IP: 127.0.0.1",
  "X-Originating-IP: 127.0.0.1",
  "X-Remote-User: max",
  "Remote-User: max",
  "X-Authenticated-User: max",
  "X-Goog-IAP-JWT-Assertion: x",
  "X-Amzn-Oidc-Data: x",
  "X-Ms-Client-Principal: x",
  "X-SSL-Client-Cert: x",
  "X-Client-Cert: x",
  "Impersonate-User: max",
  "Via: 1.1 x",
  "CDN-Loop: x",
  "Cookie: session=x",
  "Proxy-Authorization: Basic eDp4",
  "Origin: https://evil.example",
  "Referer: https://evil.example/secret",
  "TE: trailers",
  "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
  "Early-Data: 1",
] as const;

const nameOf = (line: string): string => (line.split(":", 1)[0] as string).toLowerCase();
const none = (line: string) => ({ [nameOf(line)]: null });

/** They ask for a part, or whether what is there has changed: bytes that masks change. */
const CONDITIONS = [
  "Range: bytes=0-10",
  "If-Range: x",
  'If-None-Match: "text-1"',
  'If-Match: "text-1"',
] as const;

export const HEADERS = [
  ...refused(
    400,
    "would make another request",
    headers(
      "X-HTTP-Method-Override: DELETE",
      "x-http-method: DELETE",
      "X-Method-Override: DELETE",
      "X-Original-URL: /admin",
      "X-Rewrite-URL: /admin",
      "X-Original-Method: DELETE",
      "X-Host: evil.example",
      "X-HTTP-Host-Override: evil.example",
      "X-Envoy-Original-Path: /admin",
      "X-Middleware-Subrequest: middleware",
    ),
  ),
  ...refused(
    400,
    "underscore",
    headers("X_Forwarded_For: 127.0.0.1", "Content_Length: 3", "x_role: admin"),
  ),
  ...refused(400, "only websocket is served", [
    ["an upgrade to h2c", get("~/echo", "Upgrade: h2c\r\n")],
  ]),
  ...refused(400, "TRACE", [["TRACE", sent("TRACE", "~/echo")]]),
  ...refused(400, "asks for another method", [
    ["_method in the query", sent("POST", "~/echo?_method=DELETE")],
    ["_method, encoded", sent("POST", "~/echo?%5fmethod=DELETE")],
    ["_METHOD", sent("POST", "~/echo?_METHOD=DELETE")],
    ["_method in a document", post("application/json", '{"_method":"DELETE"}')],
    ["_method in a form", post("application/x-www-form-urlencoded", "_method=DELETE&a=1")],
  ]),
  ...refused(
    403,
    "write",
    ["PROPFIND", "PURGE", "QUERY", "COPY", "LOCK"].map((method) => [
      method,
      sent(method, "~/echo"),
    ]),
  ),
  ...refused(403, "rule no-delete", [["DELETE", sent("DELETE", "~/echo")]]),
  ...broken(
    ["get", "FOO", "M-SEARCHY", "G ET", "GET\0", ""].map((method) => [
      `method ${JSON.stringify(method)}`,
      sent(method, "~/echo"),
    ]),
  ),
  ...refused(
    403,
    "rule no-role-either",
    role("X-Role: admin", "x-rOlE:admin", "X-Role:\tadmin \t"),
  ),
  ...refused(403, "not be evaluated", role("X-Role: user\r\nx-role: admin", "X-Role: user, admin")),
  ...refused(403, "not be evaluated", [["no such header", get("~/head")]]),
  ...refused(401, "token", [
    ["no token", get("~/echo").replace("AUTH", "Host: HOST\r\n")],
    ["a cookie alone", get("~/echo", "Cookie: session=x\r\n").replace("AUTH", "Host: HOST\r\n")],
    ["a second token", get("~/echo", "Authorization: Bearer x\r\n")],
    ["a token in the query", get("~/echo?access_token=x").replace("AUTH", "Host: HOST\r\n")],
  ]),
  ...reaches([
    ...SPOOFED.map(
      (line) => [line, get("~/echo", `${line}\r\n`), { headers: none(line) }] as const,
    ),
    ...CONDITIONS.map(
      (line) => [line, get("~/range", `${line}\r\n`), { headers: none(line) }] as const,
    ),
    ["the credential", get("~/echo"), { headers: { authorization: CREDENTIAL, cookie: null } }],
    [
      "headers that Connection names stay with it, but for the credential",
      get("~/echo", "Connection: authorization, host\r\n"),
      { headers: { authorization: CREDENTIAL, connection: null } },
    ],
    [
      "Expect is met in front",
      sent("POST", "~/echo", "Expect: 100-continue\r\n", "abc"),
      { headers: { expect: null }, body: "abc" },
    ],
    ["HEAD", sent("HEAD", "~/json"), { method: "HEAD", url: "/json" }],
    ["OPTIONS", sent("OPTIONS", "~/json"), { method: "OPTIONS", url: "/json" }],
    ["another role", get("~/head", "X-Role: user\r\n"), { headers: { "x-role": "user" } }],
    [
      "an upgrade that the service does not take, and a request behind it",
      `GET /http/svc/echo HTTP/1.1\r\nAUTHConnection: Upgrade\r\n${UPGRADE}${KEY}\r\n\r\n` +
        get("~/admin"),
      { method: "GET", url: "/echo" },
    ],
  ]),
];

function post(type: string, body: string): string {
  return sent("POST", "~/echo", `Content-Type: ${type}\r\n`, body);
}
