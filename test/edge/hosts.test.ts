import { beforeAll, describe, expect, it } from "vitest";
import { useHosts } from "../support/hosts.ts";
import { ask, begin, cookieHeader, dashboardOf, signInOn, VISIT } from "../support/visitor.ts";

/* Hosts of services: the whole demo, and a service that answers what a test tells it to. */

const hosts = useHosts();
let dashboard: string;
let ada: string;
beforeAll(async () => {
  dashboard = await dashboardOf(hosts().demo.url, "ada");
  ada = await hosts().demo.token("ada");
});

const host = (name: string) => hosts().host(name);
const bearer = () => ({ authorization: `Bearer ${ada}` });
const tell = (path: string, headers: readonly (readonly [string, string])[], status = 200) =>
  hosts().upstream.told.set(`/base${path}`, { status, headers, pieces: ["told"] });
const seenCookie = () => {
  const { rawHeaders = [] } = hosts().upstream.seen.at(-1) ?? {};
  const at = rawHeaders.findIndex((name) => name.toLowerCase() === "cookie");
  return at < 0 ? null : rawHeaders[at + 1];
};

describe("signing in on the host of a service", () => {
  it("goes to the dashboard and back to the page that was asked for, with a cookie", async () => {
    tell("/deep/page", []);
    const page = `${host("pages")}/deep/page?x=1&y=%2F`;
    const { arrival, cookie } = await begin(page, dashboard);
    expect(arrival).toMatch(`${host("pages")}/.sluice/session?code=`);
    const back = await ask(arrival, { headers: { ...VISIT, cookie } });
    expect([back.status, back.headers.location]).toEqual([303, page]);
    const [line = ""] = back.headers["set-cookie"] ?? [];
    expect(line).toMatch(/^sluice=[\w.-]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    const own = `sluice=${back.cookies.get("sluice")}`;
    const shown = await ask(page, { headers: { ...VISIT, cookie: own } });
    expect([shown.status, shown.text]).toEqual([200, "told"]);
    expect(seenCookie()).toBeNull();
  });

  it("is for whoever opens a page; whatever else comes without a cookie gets 401", async () => {
    const page = `${host("pages")}/x`;
    const none = await ask(page);
    expect([none.status, none.headers.location]).toEqual([401, undefined]);
    expect(JSON.parse(none.text)).toMatchObject({ code: "unauthenticated" });
    const framed = { ...VISIT, "sec-fetch-dest": "iframe" };
    expect((await ask(page, { headers: framed })).status).toBe(401);
    expect((await ask(page, { method: "POST", headers: VISIT })).status).toBe(401);
    const wrong = { ...VISIT, authorization: "Bearer x" };
    expect((await ask(page, { headers: wrong })).status).toBe(401);
    expect((await ask(page, { headers: VISIT })).status).toBe(303);
  });

  it("takes a code once", async () => {
    const { arrival, cookie } = await begin(`${host("pages")}/`, dashboard);
    const come = () => ask(arrival, { headers: { ...VISIT, cookie } });
    const both = await Promise.all([come(), come()]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 400]);
    expect((await come()).status).toBe(400);
  });

  it("takes no code of another host, and that code is used up", async () => {
    const { arrival, cookie } = await begin(`${host("pages")}/`, dashboard);
    const elsewhere = arrival.replace("//pages.", "//other.");
    expect((await ask(elsewhere, { headers: { ...VISIT, cookie } })).status).toBe(400);
    expect((await ask(arrival, { headers: { ...VISIT, cookie } })).status).toBe(400);
  });

  it("takes no code that is over", async () => {
    const { arrival, cookie } = await begin(`${host("pages")}/`, dashboard);
    const db = await hosts().demo.gateway.miniflare.getD1Database("DB");
    await db.prepare("update auth_codes set expires_at = ?").bind(Date.now()).run();
    expect((await ask(arrival, { headers: { ...VISIT, cookie } })).status).toBe(400);
  });

  it("takes no code that somebody else planted", async () => {
    const attacker = await begin(`${host("pages")}/`, await dashboardOf(hosts().demo.url, "rui"));
    const mine = await begin(`${host("pages")}/`, dashboard);
    expect((await ask(attacker.arrival, { headers: VISIT })).status).toBe(400);
    const other = await begin(`${host("pages")}/`, await dashboardOf(hosts().demo.url, "rui"));
    const planted = await ask(other.arrival, { headers: { ...VISIT, cookie: mine.cookie } });
    expect([planted.status, planted.cookies.size]).toEqual([400, 0]);
    const [, state = ""] = /state=(\w+)/.exec(mine.arrival) ?? [];
    const third = await begin(`${host("pages")}/`, await dashboardOf(hosts().demo.url, "rui"));
    const mixed = third.arrival.replace(/state=\w+/, `state=${state}`);
    expect((await ask(mixed, { headers: { ...VISIT, cookie: mine.cookie } })).status).toBe(400);
  });

  it("gives no tokens for such a code at the command's end point", async () => {
    const { arrival } = await begin(`${host("pages")}/`, dashboard);
    const code = new URL(arrival).searchParams.get("code") ?? "";
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "sluice-cli",
      code,
      code_verifier: "v".repeat(64),
      redirect_uri: arrival.split("?")[0] ?? "",
    });
    const answer = await fetch(`${hosts().demo.url}/oauth/token`, { method: "POST", body });
    expect(answer.status).toBe(400);
  });

  it.each(["//evil.example/x", "/\\evil.example", "/%2f%2fevil.example", "/.//evil.example"])(
    "leads to no other origin: %s",
    async (path) => {
      const { arrival, cookie } = await begin(`${host("pages")}${path}`, await fresh());
      const back = await ask(arrival, { headers: { ...VISIT, cookie } });
      expect(new URL(back.headers.location ?? "").origin).toBe(host("pages"));
      const forged = cookie.replace(/=([\w-]{43}).*$/, "=$1https%3A%2F%2Fevil.example");
      const again = await begin(`${host("pages")}/`, await fresh());
      expect(forged).not.toBe(cookie);
      expect((await ask(again.arrival, { headers: { ...VISIT, cookie: forged } })).status).toBe(
        400,
      );
    },
  );

  it.each([
    "host=evil.example&state=STATE",
    "host=pages.localhost&state=STATE",
    "host=pages%2f..&state=STATE",
    "host=&state=STATE",
    "host=pages&state=short",
    "host=pages",
  ])("sends nobody to a host that is none: %s", async (query) => {
    const state = "0".repeat(64);
    for (const path of ["/auth/http", "/auth/http/code"]) {
      const url = `${hosts().demo.url}${path}?${query.replace("STATE", state)}`;
      const { status, headers } = await ask(url, { headers: { cookie: dashboard } });
      expect([status, headers.location]).toEqual([400, undefined]);
    }
  });

  it("makes a code for pages of ours alone, and signs in first who is not", async () => {
    const url = `${hosts().demo.url}/auth/http/code?host=pages&state=${"0".repeat(64)}`;
    const foreign = { cookie: dashboard, "sec-fetch-site": "cross-site" };
    expect((await ask(url, { headers: foreign })).status).toBe(403);
    const first = await ask(url, { headers: { "sec-fetch-site": "same-origin" } });
    expect(first.headers.location).toMatch(/^\/auth\/login\?to=%2Fauth%2Fhttp%2Fcode/);
    const again = await ask(`${url}&again=1`, { headers: { "sec-fetch-site": "same-origin" } });
    expect(again.status).toBe(403);
  });

  it("is over with the sign-in at the dashboard: at once", async () => {
    tell("/mine", []);
    const own = await fresh();
    const cookie = await signInOn(`${host("pages")}/mine`, own);
    const headers = { ...VISIT, cookie };
    expect((await ask(`${host("pages")}/mine`, { headers })).status).toBe(200);
    const out = { method: "POST", headers: { cookie: own, origin: hosts().demo.url } };
    expect((await ask(`${hosts().demo.url}/auth/logout`, out)).status).toBe(204);
    expect((await ask(`${host("pages")}/mine`, { headers })).status).toBe(303);
    expect((await ask(`${host("pages")}/mine`, { headers: { cookie } })).status).toBe(401);
  });
});

const fresh = () => dashboardOf(hosts().demo.url, "ada");

describe("the cookie of a host", () => {
  let cookie: string;
  beforeAll(async () => {
    tell("/a", []);
    cookie = await signInOn(`${host("pages")}/a`, await fresh());
  });

  it("opens no other host, no path below /http/, and nothing of the dashboard", async () => {
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    expect((await ask(`${host("pages")}/a`, { headers })).status).toBe(200);
    expect((await ask(`${host("other")}/a`, { headers })).status).toBe(401);
    expect((await ask(`${hosts().demo.url}/http/pages/a`, { headers })).status).toBe(401);
    expect((await ask(`${hosts().demo.url}/api/me`, { headers })).status).toBe(401);
    const token = { authorization: `Bearer ${cookie.slice("sluice=".length)}` };
    expect((await ask(`${hosts().demo.url}/api/me`, { headers: token })).status).toBe(401);
    expect((await ask(`${host("pages")}/a`, { headers: token })).status).toBe(401);
    const dashboards = { ...headers, cookie: await fresh() };
    expect((await ask(`${host("pages")}/a`, { headers: dashboards })).status).toBe(401);
  });

  type Given = readonly [string, string, Readonly<Record<string, string>>, number];
  const site = (name: string) => ({ "sec-fetch-site": name });
  const rows: readonly Given[] = [
    ["POST", "of its own page", site("same-origin"), 200],
    ["POST", "of its own page, by an old browser", { origin: "OWN" }, 200],
    ["POST", "without a word of where it is from", {}, 403],
    ["POST", "of another site", { ...site("cross-site"), origin: "https://evil.example" }, 403],
    ["POST", "of another service", { ...site("same-site"), origin: "OTHER" }, 403],
    ["POST", "of a form of another site", { ...VISIT, ...site("cross-site") }, 403],
    ["POST", "of an opaque origin", { origin: "null" }, 403],
    ["GET", "of another service's script", site("same-site"), 403],
    [
      "GET",
      "of another service's frame",
      { ...VISIT, ...site("same-site"), "sec-fetch-dest": "iframe" },
      403,
    ],
    ["GET", "of a link on another site", { ...VISIT, ...site("cross-site") }, 200],
    ["GET", "of another origin, by an old browser", { origin: "OTHER" }, 403],
  ];
  it.each(rows)("goes with a %s %s: only if that is its own", async (method, _, given, status) => {
    const named = Object.entries(given).map(([name, value]) => [
      name,
      value === "OWN" ? host("pages") : value === "OTHER" ? host("other") : value,
    ]);
    const headers = { cookie, ...(Object.fromEntries(named) as Record<string, string>) };
    const answer = await ask(`${host("pages")}/a`, { method, headers });
    expect(answer.status).toBe(status);
    if (status === 403) expect(JSON.parse(answer.text)).toMatchObject({ code: "foreign_origin" });
  });

  it("is not asked for where a bearer token comes", async () => {
    const answer = await ask(`${host("pages")}/a`, { method: "POST", headers: bearer() });
    expect([answer.status, answer.headers["sluice-session"]]).toEqual([200, expect.any(String)]);
  });
});

describe("an answer on a host", () => {
  it("is no page of the dashboard's, and keeps its own policy", async () => {
    tell("/csp", [["content-security-policy", "default-src 'self'"]]);
    const { headers } = await ask(`${host("pages")}/csp`, { headers: bearer() });
    expect(headers["content-security-policy"]).toBe("default-src 'self'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    const below = await ask(`${hosts().demo.url}/http/pages/csp`, { headers: bearer() });
    expect(below.headers["content-security-policy"]).toBe("sandbox");
  });

  it("speaks for nobody else: what would rule more than itself does not pass", async () => {
    const never = [
      "service-worker-allowed",
      "clear-site-data",
      "strict-transport-security",
      "access-control-allow-origin",
      "access-control-allow-credentials",
    ];
    tell(
      "/rules",
      never.map((name) => [name, "*"]),
    );
    for (const url of [host("pages"), `${hosts().demo.url}/http/pages`]) {
      const { headers } = await ask(`${url}/rules`, { headers: bearer() });
      for (const name of never) expect([name, headers[name]]).toEqual([name, undefined]);
    }
  });

  it("has links to where the service is here", async () => {
    const links: [string, string][] = [
      ["location", `${hosts().upstream.url}/base/payments/61`],
      ["content-location", "/base/payments/61"],
      ["link", `<${hosts().upstream.url}/base/p?page=2>; rel=next, <https://a.example/>; rel=help`],
      ["refresh", "5; url=/base/soon"],
    ];
    tell("/links", links, 201);
    const ways = [
      [host("pages"), ""],
      [`${hosts().demo.url}/http/pages`, "/http/pages"],
    ] as const;
    for (const [url, at] of ways) {
      const { headers } = await ask(`${url}/links`, { headers: bearer() });
      expect(headers.location).toBe(`${at}/payments/61`);
      expect(headers["content-location"]).toBe(`${at}/payments/61`);
      expect(headers.link).toBe(`<${at}/p?page=2>; rel=next, <https://a.example/>; rel=help`);
      expect(headers["refresh"]).toBe(`5; url=${at}/soon`);
    }
  });

  it("sets the service's cookies, which come back there and nowhere else", async () => {
    tell("/cookies", [
      ["set-cookie", "sid=a1; Path=/base; HttpOnly; Domain=localhost"],
      ["set-cookie", "theme=dark; Path=/base; SameSite=None; Secure"],
      ["set-cookie", "sluice=mine; Path=/"],
      ["set-cookie", "__Host-sluice-x=mine; Path=/; Secure"],
    ]);
    const got = await ask(`${host("pages")}/cookies`, { headers: bearer() });
    expect(got.headers["set-cookie"]).toEqual([
      "s.%2F.sid=a1; Path=/; SameSite=Lax; HttpOnly",
      "theme=dark; Path=/; SameSite=Lax",
    ]);
    const cookie = `sluice=x; ${cookieHeader(got.cookies)}; sid=tossed; sluice-ab=y`;
    await ask(`${host("pages")}/cookies`, { headers: { ...bearer(), cookie } });
    expect(seenCookie()).toBe("sid=a1; theme=dark");
    const below = { ...bearer(), cookie };
    const answer = await ask(`${hosts().demo.url}/http/pages/cookies`, { headers: below });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(seenCookie()).toBeNull();
  });
});

describe("pages of other origins (CORS)", () => {
  const app = { origin: "https://app.example" };
  const asks = {
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization, content-type",
  };
  const places = () => [`${hosts().demo.url}/http/pages`, host("pages")];

  it("that the resource lists ask without a token, and the service hears nothing", async () => {
    for (const url of places()) {
      const before = hosts().upstream.seen.length;
      const preflight = { method: "OPTIONS", headers: { ...app, ...asks } };
      const { status, headers } = await ask(`${url}/a`, preflight);
      expect(status).toBe(204);
      expect(headers["access-control-allow-origin"]).toBe("https://app.example");
      expect(headers["access-control-allow-methods"]).toBe("PUT");
      expect(headers["access-control-allow-headers"]).toBe("authorization, content-type");
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
      expect(headers.vary).toMatch(/(^|, )Origin/);
      expect(hosts().upstream.seen).toHaveLength(before);
      const answer = await ask(`${url}/a`, { headers: { ...app, ...bearer() } });
      expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([
        200,
        "https://app.example",
      ]);
      expect(answer.headers.vary).toMatch(/(^|, )Origin/);
      const refused = await ask(`${url}/a`, { headers: app });
      expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([
        401,
        "https://app.example",
      ]);
    }
  });

  it.each(["https://evil.example", "null", "https://app.example.evil.example"])(
    "that it does not list may read nothing: %s",
    async (origin) => {
      for (const url of places()) {
        const headers = { origin, ...asks };
        const preflight = await ask(`${url}/a`, { method: "OPTIONS", headers });
        expect(preflight.status).toBe(401);
        expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
        const answer = await ask(`${url}/a`, { headers: { origin, ...bearer() } });
        expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
        expect(answer.headers.vary).toMatch(/(^|, )Origin/);
      }
    },
  );

  it("of a service without `origins` are nobody's business but the service's", async () => {
    tell("/a", [["allow", "GET, OPTIONS"]]);
    const headers = { ...app, ...asks };
    const url = `${hosts().demo.url}/http/other/a`;
    expect((await ask(url, { method: "OPTIONS", headers })).status).toBe(401);
    const known = { method: "OPTIONS", headers: { ...headers, ...bearer() } };
    const { status, headers: got } = await ask(url, known);
    expect([status, got["allow"]]).toEqual([200, "GET, OPTIONS"]);
  });
});

describe("addresses", () => {
  it.each(["", "a.b.", "-x.", "nope."])(
    "that are no service's show nothing: %slocalhost",
    async (name) => {
      const at = name === "" ? "x.y.z." : name;
      const url = `http://${at}localhost:${hosts().demo.ports.gateway}/`;
      const { status, text } = await ask(url, { headers: bearer() });
      expect([status, text]).toEqual([404, expect.stringContaining("unknown")]);
    },
  );

  it("of results below /http/ are the service's own here", async () => {
    const path = "/http/.sluice/results/ans_1";
    for (const method of ["GET", "DELETE", "PUT"]) {
      await ask(`${host("pages")}${path}`, { method, headers: bearer() });
    }
    const there = hosts()
      .upstream.seen.slice(-3)
      .map((one) => `${one.method} ${one.url}`);
    const base = `/base${path}`;
    expect(there).toEqual([`GET ${base}`, `DELETE ${base}`, `PUT ${base}`]);
  });

  it("below /.sluice/ are the gateway's", async () => {
    const before = hosts().upstream.seen.length;
    for (const path of ["/.sluice", "/.sluice/x", "/.sluice?x"]) {
      expect((await ask(`${host("pages")}${path}`, { headers: bearer() })).status).toBe(404);
    }
    expect(hosts().upstream.seen).toHaveLength(before);
  });
});
