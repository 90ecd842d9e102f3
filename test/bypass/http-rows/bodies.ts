import { gzipSync } from "node:zlib";
import { get, reaches, refused, sent } from "./row.ts";

/*
 * What a rule reads of a request, and a service may read otherwise. `large` blocks an amount over
 * 1000 on /pay, `no-role` the role admin in the query of /role.
 */

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const utf8 = (text: string): string => latin1(Buffer.from(text));

const pay = (body: string, type: string | null = "application/json", more = "") =>
  sent("POST", "~/pay", `${type === null ? "" : `Content-Type: ${type}\r\n`}${more}`, utf8(body));
const paid = (...bodies: readonly string[]) => bodies.map((body) => [body, pay(body)] as const);
const typed = (type: string | null, ...bodies: readonly string[]) =>
  bodies.map((body) => [`${type}: ${body}`, pay(body, type)] as const);
const raw = (bytes: Uint8Array, head: string) => sent("POST", "~/pay", head, latin1(bytes));
const JSON_TYPE = "Content-Type: application/json\r\n";
const roles = (...queries: readonly string[]) =>
  queries.map((query) => [query, get(`~/role?${query}`)] as const);

const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\n${value}\r\n`;
const multipart = (about: string, ...parts: readonly string[]) =>
  [about, pay(`${parts.join("")}--b--\r\n`, "multipart/form-data; boundary=b")] as const;

const LARGE = '{"amount":2000}';

export const BODIES = [
  ...refused(
    403,
    "rule large",
    paid(
      LARGE,
      '{"amount":2e3}',
      '{"am\\u006funt":2000}',
      '{"amount":1000.5}',
      ' \r\n\t{ "amount" : 2000 } ',
      '{"x":{"amount":1},"amount":2000}',
    ),
  ),
  // A document is one whatever its type says.
  ...refused(403, "rule large", [
    ...typed("text/plain", LARGE),
    ...typed(null, LARGE),
    ...typed("application/octet-stream", LARGE),
    ...typed("application/x-www-form-urlencoded", LARGE),
    ...typed("application/vnd.x+json", LARGE),
    ...typed("APPLICATION/JSON", LARGE),
    ...typed("application/json;charset=UTF-8", LARGE),
  ]),
  ...refused(
    403,
    "not be evaluated",
    paid(
      '{"amount":"2000"}',
      '{"amount":[2000]}',
      '{"amount":null}',
      '{"AMOUNT":2000}',
      '[{"amount":2000}]',
      '"{\\"amount\\":2000}"',
      "{}",
      "",
      "2000",
      "null",
    ),
  ),
  ...refused(403, "not be evaluated", [
    ...typed("application/x-www-form-urlencoded", "amount=2000", "amount=1&amount=2000", "a=1"),
    ...typed("text/plain", "amount=2000"),
    ...typed("application/x-ndjson", '{"amount":1}\n{"amount":2000}\n'),
    ...typed("application/xml", "<amount>2000</amount>"),
    multipart("multipart", part('name="amount"', "2000")),
    multipart("a field twice", part('name="amount"', "1"), part('name="amount"', "2000")),
  ]),
  ...refused(
    400,
    "twice",
    paid(
      '{"amount":1,"amount":2000}',
      '{"amount":1,"am\\u006funt":2000}',
      '{"amount":1,"AMOUNT":2000}',
      '{"amount":1,"\uff41mount":2000}',
      '{"amount":1,"x":{"y":1,"y":2}}',
    ),
  ),
  ...refused(
    400,
    "not JSON",
    paid(
      '{"amount":1}{"amount":2000}',
      '{"amount":1} x',
      '{"amount":2000,}',
      "{'amount':2000}",
      "{amount:2000}",
      '{/* */"amount":2000}',
      '{"amount":NaN}',
      '{"amount":0x7d0}',
      '{"amount":02000}',
      '\ufeff{"amount":2000}',
      '{"amount":2000',
      '{"a":"\n","amount":2000}',
    ),
  ),
  ...refused(400, "not UTF-8", [
    ["a byte that is none", raw(Buffer.from('{"a":"\xff","amount":1}', "latin1"), JSON_TYPE)],
    ["UTF-16 with a mark", raw(Buffer.from(`\ufeff${LARGE}`, "utf16le"), JSON_TYPE)],
    ["an overlong letter", raw(Buffer.from('{"\xc1\xa1mount":2000}', "latin1"), JSON_TYPE)],
  ]),
  ...refused(400, "not JSON", [["UTF-16", raw(Buffer.from(LARGE, "utf16le"), JSON_TYPE)]]),
  ...refused(415, "compressed", [
    ["gzip", raw(gzipSync(LARGE), `${JSON_TYPE}Content-Encoding: gzip\r\n`)],
    ["gzip, said twice", raw(gzipSync(LARGE), `${JSON_TYPE}Content-Encoding: identity, gzip\r\n`)],
    ["a coding nobody knows", pay(LARGE, "application/json", "Content-Encoding: x\r\n")],
  ]),
  ...refused(415, "", [
    ...typed("application/json; charset=utf-16", LARGE),
    ...typed("application/json; charset=utf-7", LARGE),
    ...typed("text/plain; charset=ibm500", "x"),
  ]),
  ...refused(400, "", [
    ...typed("text/plain, application/json", '{"amount":1'),
    ...typed(
      "application/x-www-form-urlencoded",
      "amount=1;amount=2000",
      "amount=%ff",
      "amount=%zz",
    ),
    ...typed("application/x-www-form-urlencoded", '{"amount":2000,"x":"&y=1"}'),
    ...typed("text/plain", '\ufeff{"amount":2000}', '/**/{"amount":2000}', "{'amount':2000}"),
    ...typed("multipart/form-data", "--b\r\n\r\n--b--"),
    multipart("no name", part('filename="amount"', "2000")),
    multipart("two names", part('name="a"; name="amount"', "2000")),
    multipart("an extended name", part("name=\"a\"; name*=utf-8''amount", "2000")),
  ]),
  ...refused(400, "too deep", paid(`{"amount":1,"x":${"[".repeat(600)}${"]".repeat(600)}}`)),
  ...refused(
    403,
    "rule no-role",
    roles("role=admin", "r%6fle=admin", "role=adm%69n", "a=1&role=admin"),
  ),
  ...refused(
    403,
    "not be evaluated",
    roles("role=user&role=admin", "role=admin&role=user", "ROLE=admin", "role[]=admin", "x=1"),
  ),
  ...refused(
    400,
    "semicolon",
    roles("role=user;role=admin", "a=1;role=admin", "x;role=admin&role=user"),
  ),
  ...reaches([
    ["a small amount", pay('{"amount":1000}'), { body: '{"amount":1000}' }],
    [
      "spaces and order stay",
      pay(' {"b":1 , "amount" :1}\n'),
      { body: ' {"b":1 , "amount" :1}\n' },
    ],
    ["escapes stay", pay('{"amount":1,"x":"\\u0041"}'), { body: '{"amount":1,"x":"\\u0041"}' }],
    ["another role", get("~/role?role=user"), { url: "/role?role=user" }],
    [
      "an encoded semicolon",
      get("~/role?role=user%3Brole=admin"),
      { url: "/role?role=user%3Brole=admin" },
    ],
  ]),
];
