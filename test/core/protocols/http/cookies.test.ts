import { describe, expect, it } from "vitest";
import { cookieForBrowser, cookiesForService } from "../../../../core/protocols/http/cookies.ts";

const at = (path: string, base = "", secure = true) => ({ path, base, secure });
const set = (line: string, place = at("/customers/7")) => cookieForBrowser(line, place);

describe("a cookie that the service sets", () => {
  it.each([
    ["sid=a; HttpOnly; Path=/", "__Host-s.%2F.sid=a; Path=/; SameSite=Lax; HttpOnly; Secure"],
    ["sid=a; httponly", "__Host-s.%2Fcustomers.sid=a; Path=/; SameSite=Lax; HttpOnly; Secure"],
    [
      "sid=a; HttpOnly; path=/a.b/",
      "__Host-s.%2Fa%2eb.sid=a; Path=/; SameSite=Lax; HttpOnly; Secure",
    ],
    ["theme=dark", "theme=dark; Path=/customers; SameSite=Lax; Secure"],
    ["t=1; Path=/x; SameSite=None; Partitioned", "t=1; Path=/x; SameSite=Lax; Secure"],
    ["t=1; Path=/; SameSite=strict", "t=1; Path=/; SameSite=Strict; Secure"],
    ["t=1; Domain=example.com; Path=/", "t=1; Path=/; SameSite=Lax; Secure"],
    ["t=1; Path=/; Max-Age=60", "t=1; Path=/; Max-Age=60; SameSite=Lax; Secure"],
    [
      "t=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "t=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax; Secure",
    ],
    ["t=1; Path=/; Max-Age=x; Expires=<b>", "t=1; Path=/; SameSite=Lax; Secure"],
  ])("%s", (line, here) => {
    expect(set(line)).toBe(here);
  });

  it("is as it can be over plain http on this machine", () => {
    const place = at("/", "", false);
    expect(set("sid=a; HttpOnly; Secure", place)).toBe(
      "s.%2F.sid=a; Path=/; SameSite=Lax; HttpOnly",
    );
  });

  it.each([
    "sluice=x",
    "Sluice-refresh=x",
    "__Host-sluice=x",
    "__host-SLUICE-abcd=x",
    "__Secure-sluice-refresh=x",
    "__Host-s.%2F.sid=x; Path=/",
    "s.%2F.sid=x",
    "no pair",
    "=x",
    "a b=x",
    "a=x\u0007",
    "t=1; Path=/a b",
  ])("may not be %j", (line) => {
    expect(set(line)).toBeNull();
  });

  it.each([
    ["/v2", "/"],
    ["/v2/", "/"],
    ["/", "/"],
    ["/v2/x", "/x"],
  ])("of the path %s has its path here: %s", (path, here) => {
    expect(set(`t=1; Path=${path}`, at("/x", "/v2"))).toContain(`t=1; Path=${here};`);
  });

  it("of a path that is not reached here does not come", () => {
    expect(set("t=1; Path=/v20", at("/x", "/v2"))).toBeNull();
  });
});

describe("cookies that come back", () => {
  it.each([
    ["__Host-s.%2F.sid=a; theme=dark", "/x", "sid=a; theme=dark"],
    ["__Host-s.%2F.sid=a; __Host-s.%2Fx.sid=b", "/x/y", "sid=b; sid=a"],
    ["__Host-s.%2Fx.sid=b", "/xy", null],
    ["__Host-s.%2Fa%2eb.sid=b", "/a.b", "sid=b"],
    ["__Host-sluice=ours; __Host-sluice-1a=ours; sluice=ours", "/", null],
    ["sid=tossed; __Host-s.%2F.sid=a", "/", "sid=a"],
    // A sibling host can give the name, but not the prefix.
    ["s.%2F.sid=tossed", "/", null],
    ["__Host-s.%2F%.sid=a", "/", null],
    ["__Host-s.%2F.a.b=c=d", "/", "a.b=c=d"],
    ["", "/", null],
  ])("%j for %s: %j", (header, path, sent) => {
    expect(cookiesForService(header, path, true)).toBe(sent);
  });

  it("are those that were set, whatever name and path they have", () => {
    for (const line of ["sid=a; HttpOnly; Path=/p/q", "a.b=1; HttpOnly; Path=/p", "x=2; Path=/p"]) {
      const [pair = ""] = (set(line) ?? "").split(";");
      expect(cookiesForService(pair, "/p/q/r", true)).toBe(line.split(";")[0]);
    }
  });
});
