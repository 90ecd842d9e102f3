import { get, reaches, refused, sent } from "./row.ts";

/*
 * Where a request says that it comes from, on the service's own host here. SERVICE stands for the
 * service's origin. Its own pages are told as the service's; nothing else is, on no way.
 */

const OWN = "http://svc.HOST";

/** A bearer token, to the service's own host. */
const onHost = (head: string): string =>
  sent("POST", "/echo", head).replace("AUTH", "TOKENHost: svc.HOST\r\n");

const ORIGINS = [
  "https://evil.example",
  "null",
  "http://HOST",
  "http://other.HOST",
  "https://svc.HOST",
  "http://svc.HOST.evil.example",
  "http://svc.HOST/",
  "http://svc.HOST@evil.example",
  "http://svc.localhost",
  "HTTP://svc.HOST",
  "http://svc.HOST, http://svc.HOST",
] as const;

const REFERERS = [
  "https://evil.example/",
  "https://evil.example/?http://svc.HOST/",
  "http://HOST/http/svc/a",
  "https://svc.HOST/a",
  "http://svc.HOST.evil.example/a",
  "http://svc.HOST@evil.example/a",
  "http://svc.HOST:a@evil.example/a",
  "http://svc.HOST1/a",
  "http://svc.HOST\\\\evil.example/a",
  "http://svc.HOST/a b",
  "http://svc.HOST/a#b",
  "http://svc.HOST/\u00e9",
  "/a",
] as const;

const none = { headers: { origin: null, referer: null } };

export const PAGES = [
  ...reaches([
    ["its own origin", onHost(`Origin: ${OWN}\r\n`), { headers: { origin: "SERVICE" } }],
    [
      "its own page",
      onHost(`Referer: ${OWN}/a//b?c=%2F&d=http://svc.HOST/\r\n`),
      { headers: { referer: "SERVICE/a//b?c=%2F&d=http://svc.HOST/", origin: null } },
    ],
    ["its own root", onHost(`Referer: ${OWN}\r\n`), { headers: { referer: "SERVICE/" } }],
    ...ORIGINS.map(
      (origin) => [`origin ${origin}`, onHost(`Origin: ${origin}\r\n`), none] as const,
    ),
    ...REFERERS.map((page) => [`page ${page}`, onHost(`Referer: ${page}\r\n`), none] as const),
    [
      "two origins, one of them its own",
      onHost(`Origin: ${OWN}\r\nOrigin: https://evil.example\r\n`),
      none,
    ],
    ["its own, below the prefix", get("~/echo", `Origin: ${OWN}\r\nReferer: ${OWN}/\r\n`), none],
    [
      "its own, named by Connection",
      onHost(`Origin: ${OWN}\r\nConnection: origin\r\n`),
      { headers: { origin: null } },
    ],
  ]),
  ...refused(401, "Bearer", [
    [
      "its own page without a token",
      onHost(`Origin: ${OWN}\r\nSec-Fetch-Site: same-origin\r\n`).replace("TOKEN", ""),
    ],
  ]),
];
