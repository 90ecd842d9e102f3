import { describe, expect, it } from "vitest";
import {
  type Header,
  overridesMethod,
  readHeaders,
} from "../../../../core/protocols/http/request-headers.ts";

const names = (pairs: readonly Header[]): readonly string[] | string => {
  const read = readHeaders(pairs);
  return "wrong" in read ? read.wrong : read.forward.map(([name]) => name);
};

describe("headers that go on to the service", () => {
  it("are those of the request itself, as they came", () => {
    const pairs: Header[] = [
      ["Accept", "application/json"],
      ["content-type", "application/json"],
      ["Content-Encoding", "identity"],
      ["Content-MD5", "x"],
      ["If-None-Match", '"a"'],
      ["If-Modified-Since", "Tue, 01 Dec 2026 10:00:00 GMT"],
      ["Range", "bytes=0-9"],
      ["Idempotency-Key", "8"],
      ["Prefer", "return=minimal"],
      ["User-Agent", "curl/8"],
      ["X-Api-Version", "2"],
      ["X-Request-Id", "é"],
      ["traceparent", "00-1-2-01"],
      ["x-method-name", "a"],
      ["X-Amz-Date", "20261201T000000Z"],
      ["viable", "a"],
      ["hostname", "a"],
      ["tea", "\tb"],
    ];
    const lower = pairs.map(([name, value]) => [name.toLowerCase(), value]);
    expect(readHeaders(pairs)).toEqual({
      forward: lower,
      facts: Object.fromEntries(lower) as unknown,
      repeated: [],
    });
  });

  it.each([
    // Rack::Sendfile asks the proxy for another file by these.
    ["X-Sendfile-Type", "X-Accel-Redirect"],
    ["X-Accel-Mapping", "/=/admin/"],
    ["Authorization", "Bearer secret"],
    ["authorization", "secret"],
    ["Proxy-Authorization", "secret"],
    ["Proxy-Connection", "close"],
    ["Proxy", "http://other"],
    ["Cookie", "secret"],
    ["Host", "other"],
    ["Connection", "close"],
    ["Keep-Alive", "5"],
    ["TE", "trailers"],
    ["Trailer", "x"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["HTTP2-Settings", "x"],
    ["Expect", "100-continue"],
    ["Content-Length", "3"],
    ["Accept-Encoding", "gzip"],
    ["CF-Connecting-IP", "10.0.0.1"],
    ["CDN-Loop", "x"],
    ["True-Client-IP", "10.0.0.1"],
    ["X-Forwarded-For", "10.0.0.1"],
    ["X-Forwarded-Host", "other"],
    ["X-Forwarded-Method", "DELETE"],
    ["X-Forwarded", "x"],
    ["X-Real-IP", "10.0.0.1"],
    ["X-Client-IP", "10.0.0.1"],
    ["X-Cluster-Client-IP", "10.0.0.1"],
    ["Client-IP", "10.0.0.1"],
    ["Forwarded", "for=10.0.0.1"],
    ["Via", "1.1 x"],
    ["Sluice-Session", "x"],
    ["Origin", "http://other"],
    ["Referer", "http://other"],
    ["Sec-WebSocket-Protocol", "x"],
    ["Prefer", "wait=5, Respond-Async"],
    ["X-Remote-User", "root"],
    ["Remote-User", "root"],
    ["Impersonate-User", "root"],
    ["X-Amzn-Oidc-Data", "x"],
    ["X-MS-Client-Principal", "x"],
    ["X-Goog-Authenticated-User-Email", "x"],
    ["Access-Control-Request-Method", "PUT"],
  ] as const)("are not %s: %s, and no rule sees that one", (name, value) => {
    expect(readHeaders([[name, value]])).toEqual({ forward: [], facts: {}, repeated: [] });
  });

  it("are not those that Connection names", () => {
    const pairs: Header[] = [
      ["connection", "close, X-Hop"],
      ["x-hop", "1"],
      ["Connection", "x-other"],
      ["X-Other", "1"],
      ["x-kept", "1"],
    ];
    expect(names(pairs)).toEqual(["x-kept"]);
    expect(names([["connection", "close, Content-Type"]])).toMatch(/Connection/u);
    expect(names([["connection", "content-length"]])).toEqual([]);
  });
});

describe("headers for which a request is refused", () => {
  it.each([
    ["X-HTTP-Method-Override", "DELETE"],
    ["x-http-method", "DELETE"],
    ["X-Method-Override", "DELETE"],
    ["X-Original-URL", "/admin"],
    ["X-Rewrite-URL", "/admin"],
    ["X-Original-Method", "DELETE"],
    ["X-Original-URI", "/admin"],
    ["X-Original-Host", "other"],
    ["X-HTTP-Host-Override", "other"],
    ["X-Host", "other"],
    ["X-Middleware-Subrequest", "middleware"],
    ["X-Matched-Path", "/admin"],
    ["X-Now-Route-Matches", "1=admin"],
    ["X-Invoke-Path", "/admin"],
    ["X_HTTP_Method_Override", "DELETE"],
    ["X_Forwarded_For", "10.0.0.1"],
    ["x_tenant", "2"],
    ["x tenant", "2"],
    ["", "2"],
    ["x-tenant\u00e9", "2"],
    ["x-a", "1\r\nX-B: secret"],
    ["x-a", "secret\u0000"],
    ["x-a", "secret\n"],
    ["authorization", "secret\u007f"],
  ] as const)("%j: %j", (name, value) => {
    const wrong = names([[name, value]]);
    expect(wrong).toMatch(/\.$/u);
    expect(wrong).not.toMatch(/secret/u);
  });
});

it("says which could be several lines in one", () => {
  const pairs: Header[] = [
    ["X-Tenant", "1"],
    ["x-tenant", "2"],
    ["Accept", "a/b, c/d"],
    ["x-quoted", '"a,b"'],
    ["x-one", "a;b"],
    ["If-Modified-Since", "Tue, 01 Dec 2026 10:00:00 GMT"],
    ["date", "Tue, 01 Dec 2026 10:00:00 GMT, x"],
    ["__proto__".replaceAll("_", "-"), "1"],
  ];
  const read = readHeaders(pairs);
  expect(read).toHaveProperty("repeated", ["x-tenant", "accept", "x-quoted", "date"]);
  expect(read).toHaveProperty("facts.x-tenant", "1, 2");
});

describe("a field that makes another method of the request", () => {
  const both = (name: string): boolean[] => [
    overridesMethod([[name, "DELETE"]], null),
    overridesMethod([], { [name]: "DELETE" }),
  ];
  it.each([
    "_method",
    "_Method",
    " _method",
    ".method",
    "_method[]",
    "_httpMethod",
    "_HttpMethod",
    "_http_method",
    "X-HTTP-Method-Override",
    "x-http-method",
    "X-Method-Override",
    "x_http_method_override",
    "\uff3fmethod",
  ])("%s", (name) => expect(both(name)).toEqual([true, true]));

  it.each([
    "method",
    "payment_method",
    "_methods",
    "methods",
    "_id",
    "httpMethod",
    "",
    "__proto__",
  ])("%j is a field like others", (name) => expect(both(name)).toEqual([false, false]));

  it("is not looked for in lists and texts", () => {
    for (const body of [null, ["_method"], "_method=DELETE", 3]) {
      expect(overridesMethod([["q", "_method"]], body)).toBe(false);
    }
  });
});
