import { broken, get, reaches, refused, sent } from "./row.ts";

/*
 * Forms of a target that two readers may understand differently. The runtime in front of a Worker
 * resolves dots, turns backslashes round and drops fragments before anybody is asked: what is left
 * is then what is authorised, forwarded and recorded.
 */

const targets = (...list: readonly string[]) =>
  list.map((target) => [JSON.stringify(target), get(target)] as const);

export const PATHS = [
  ...refused(400, "empty segment", targets("~//json", "~/a//b", "~/a//", "~//", "~/a/..//b")),
  ...refused(400, "encoded slash", targets("~/a%2fb", "~/a%2Fb", "~/a%252fb", "~/a%25252Fb")),
  ...refused(400, "encoded slash", targets("~/..%2fadmin", "~/%2e%2e%2fadmin")),
  ...refused(400, "backslash", targets("~/a%5cb", "~/a%5Cb", "~/a%255cb", "~/..%5cadmin")),
  ...refused(400, "segment of dots", targets("~/..;/admin", "~/a/..;x=1/admin", "~/.;/admin")),
  ...refused(400, "segment of dots", targets("~/a/%252e%252e/admin", "~/%252e/admin")),
  ...refused(400, "semicolon", targets("~/admin;x", "~/a;b=c/d", "~/;/admin", "~/a%3bb")),
  ...refused(400, "semicolon", targets("~/a%3B", "~/a%253bb")),
  ...refused(403, "rule no-stop", targets("~/jobs/7:stop", "~/jobs/7%3Astop", "~/jobs/7%3astop")),
  ...refused(403, "rule no-force", targets("~/a?force", "~/a?Force=1", "~/a?force[]=1")),
  ...refused(403, "rule no-force", targets("~/a?force%5Bx%5D=1", "~/a?+force=1")),
  ...refused(400, "NUL", targets("~/%00", "~/a%00b", "~/admin%00.json", "~/a?x=%00", "~/a?%00=x")),
  ...refused(400, "control character", targets("~/a%0ab", "~/a%0d%0aX-A:%20b", "~/a%09", "~/%7f")),
  ...refused(400, "percent sign", targets("~/%zz", "~/a%", "~/a%2", "~/%u002e", "~/a?x=%g0")),
  ...refused(400, "not UTF-8", targets("~/%e4", "~/%c0%af", "~/%c0%ae%c0%ae/x", "~/%ed%a0%80")),
  ...refused(400, "not UTF-8", targets("~/a?x=%ff", "~/a?%e4=1")),
  ...refused(400, "percent-encoded", targets("~/a|b")),
  ...refused(403, "no-admin", targets("~/admin", "~/admin/", "~/a/../admin", "~/./admin")),
  ...refused(403, "no-admin", targets("~/%2e/admin", "~/a/%2e%2e/admin", "~/a\\..\\admin")),
  // What hides a letter from a rule that compares texts.
  ...refused(400, "needs no escape", targets("~/%61dmin", "~/adm%69n", "~/%41dmin", "~/a%2db")),
  // Out of the resource's own root there is no way into another.
  ...refused(404, "no resource", targets("~/../json", "~/%2e%2e/json", "~\\..\\json")),
  ...refused(404, "no resource", targets("/http/%73vc/json", "/http/svc%2fjson", "/http/SVC/json")),
  ...refused(404, "no resource", targets("/http/svc;/json", "/http//json", "/http/svc%20/json")),
  ...refused(
    404,
    "nothing under",
    targets("/HTTP/svc/json", "//http/svc/json", "/%68ttp/svc/json"),
  ),
  ...broken(targets("~/\xe4", "~/\u0001", "~/a\tb", "~/a b", "~/a\0b", "~/\x7f")),
  ...broken([
    ["authority form", sent("CONNECT", "svc:80")],
    ["authority form with a path", sent("CONNECT", "svc:80/http/svc/json")],
    ["asterisk form", sent("OPTIONS", "*")],
    ["no form", get("http/svc/json")],
  ]),
  ...reaches([
    ["dots are resolved in front", get("~/a/../json"), { url: "/json" }],
    ["a last dot", get("~/a/."), { url: "/a/" }],
    ["encoded dots", get("~/a/%2E%2e/json"), { url: "/json" }],
    ["a backslash is turned round", get("~/a\\b"), { url: "/a/b" }],
    ["a fragment is dropped", get("~/json?n=1#f"), { url: "/json?n=1" }],
    ["absolute form", get("http://HOST/http/svc/json"), { url: "/json" }],
    ["absolute form of another host", get("http://evil.example/http/svc/json"), { url: "/json" }],
    ["an empty query stays", get("~/a?"), { url: "/a?" }],
    ["no path", get("/http/svc"), { url: "/" }],
    ["no path, a query", get("/http/svc?n=1"), { url: "/?n=1" }],
    ["back into the same root", get("~/../svc/json"), { url: "/json" }],
    ["letters in UTF-8 are encoded", get("~/\xc3\xa4"), { url: "/%C3%A4" }],
    ["braces are encoded", get("~/a{b}"), { url: "/a%7Bb%7D" }],
  ]),
];
