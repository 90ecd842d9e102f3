import { afterEach, describe, expect, it } from "vitest";
import type { AuditEventView } from "../../core/api/audit.ts";
import { PEOPLE } from "../../demo/people.ts";
import { useHosts } from "../support/hosts.ts";
import { ask, cookieHeader, dashboardOf, type Got, signInOn, VISIT } from "../support/visitor.ts";

/*
 * The cookie of a host is renewed by requests while the sign-in that it came from stands. The
 * issuer of the demo gives a refresh token for each it takes, and ends the family of one that comes
 * twice.
 */

const hosts = useHosts();
const OF_ITS_PAGE = { "sec-fetch-site": "same-origin" };

const sql = async (text: string, ...values: readonly (string | number)[]) => {
  const db = await hosts().demo.gateway.miniflare.getD1Database("DB");
  return (
    await db
      .prepare(text)
      .bind(...values)
      .all<Record<string, string | number | null>>()
  ).results;
};

/** What the issuer said of ada is so old that a cookie made now lasts 200 seconds. */
const aged = () =>
  sql("update principals set groups_read_at = ? where name = 'ada'", Date.now() - 700_000);

/** A sign-in at the dashboard, and what its host has of it: a cookie in its last minutes. */
async function lastMinutes(name = "live") {
  const dashboard = await dashboardOf(hosts().demo.url, "ada");
  await aged();
  return { dashboard, cookie: await signInOn(`${hosts().host(name)}/json`, dashboard) };
}

const call = (cookie: string, name = "live", headers = {}) =>
  ask(`${hosts().host(name)}/json`, { headers: { ...OF_ITS_PAGE, cookie, ...headers } });

const lifeOf = ({ headers }: Got): number | null => {
  const line = headers["set-cookie"]?.find((one) => one.startsWith("sluice="));
  return line === undefined ? null : Number(/Max-Age=(\d+)/.exec(line)?.[1]);
};
const cookieOf = ({ cookies }: Got): string => `sluice=${cookies.get("sluice")}`;

function signInOf(dashboard: string): string {
  const [, jwt = ""] = /sluice=([^;]+)/.exec(dashboard) ?? [];
  const claims = Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString();
  return (JSON.parse(claims) as { sid: string }).sid;
}

async function endOfSignIn(dashboard: string): Promise<unknown> {
  const sid = signInOf(dashboard);
  const [row] = await sql("select end_reason, ended_at from sign_ins where id = ?", sid);
  return row?.["ended_at"] === null ? null : row?.["end_reason"];
}

afterEach(() => {
  hosts().demo.issuer.groups.set("ada", PEOPLE.ada.groups);
});

describe("the cookie of a host", () => {
  it("is renewed by a request in its last minutes, in the same session", async () => {
    const { cookie } = await lastMinutes();
    hosts().upstream.told.set("/json", { headers: [["set-cookie", "theme=dark; Path=/"]] });
    const first = await call(cookie);
    hosts().upstream.told.delete("/json");
    expect([first.status, lifeOf(first)]).toEqual([200, 600]);
    expect(first.headers["set-cookie"]?.join("\n")).toContain("theme=dark");
    const [line] = first.headers["set-cookie"]?.filter((one) => one.startsWith("sluice=")) ?? [];
    expect(line).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    const next = await call(cookieOf(first));
    expect([next.status, lifeOf(next)]).toEqual([200, null]);
    expect(next.headers["sluice-session"]).toBe(first.headers["sluice-session"]);
    const [ada] = await sql("select groups_read_at from principals where name = 'ada'");
    expect(Number(ada?.["groups_read_at"])).toBeGreaterThan(Date.now() - 60_000);
  });

  it("lasts no longer than the sign-in, whatever renews it", async () => {
    const { dashboard, cookie } = await lastMinutes();
    const before = await call(cookie);
    expect(lifeOf(before)).toBe(600);
    await sql("update sign_ins set ends_at = ?", Date.now() + 400_000);
    await aged();
    const near = await call(await signInOn(`${hosts().host("live")}/json`, dashboard));
    expect(near.status).toBe(200);
    expect(lifeOf(near)).toBeGreaterThan(200);
    expect(lifeOf(near)).toBeLessThanOrEqual(400);
    await sql("update sign_ins set ends_at = ?", Date.now() - 1);
    const over = await lost(cookieOf(near));
    expect([over.status, lifeOf(over)]).toEqual([401, null]);
  });

  it("is not renewed once she has signed out", async () => {
    const { dashboard, cookie } = await lastMinutes();
    const out = { method: "POST", headers: { cookie: dashboard, origin: hosts().demo.url } };
    expect((await ask(`${hosts().demo.url}/auth/logout`, out)).status).toBe(204);
    const { status, cookies } = await call(cookie);
    expect([status, cookies.size]).toEqual([401, 0]);
    const page = await ask(`${hosts().host("live")}/json`, { headers: { ...VISIT, cookie } });
    expect([page.status, lifeOf(page)]).toEqual([303, null]);
  });

  it("is not renewed once the sign-in was revoked", async () => {
    const { dashboard, cookie } = await lastMinutes();
    const { demo } = hosts();
    const [row] = await sql(
      `select sign_ins.id, principal from sign_ins join principals on principals.id = principal
        where principals.name = 'ada' order by started_at desc limit 1`,
    );
    const path = `/api/people/${row?.["principal"]}/sign-ins/${row?.["id"]}/revoke`;
    const headers = { authorization: `Bearer ${await demo.token("max")}` };
    expect((await ask(`${demo.url}${path}`, { method: "POST", headers })).status).toBe(200);
    const { status, cookies } = await call(cookie);
    expect([status, cookies.size]).toEqual([401, 0]);
    expect(await endOfSignIn(dashboard)).toBe("sign-in-revoked");
  });

  it("ends with the sign-in that the issuer ends, which is asked", async () => {
    const { dashboard, cookie } = await lastMinutes();
    hosts().demo.issuer.groups.delete("ada");
    const { status, cookies } = await call(cookie);
    expect([status, cookies.size]).toEqual([401, 0]);
    expect(await endOfSignIn(dashboard)).toBe("issuer-refused");
  });

  it("brings other groups to light: the request is judged by them", async () => {
    const { cookie } = await lastMinutes();
    hosts().demo.issuer.groups.set("ada", ["nobody"]);
    expect((await call(cookie)).status).toBe(404);
  });
});

/** This isolate may know the cookie's session until it is asked and says that it is over. */
async function lost(cookie: string): Promise<Got> {
  await sql("update sessions set revoked_at = ? where revoked_at is null", Date.now());
  for (;;) {
    const answer = await call(cookie);
    if (answer.status !== 200) return answer;
  }
}

describe("the audit trail", () => {
  it("has where a browser was signed in, and that it ended with the sign-in", async () => {
    const { dashboard } = await lastMinutes();
    for (const page of ["/a", "/b"]) await signInOn(`${hosts().host("other")}${page}`, dashboard);
    const { demo } = hosts();
    const out = { method: "POST", headers: { cookie: dashboard, origin: demo.url } };
    await ask(`${demo.url}/auth/logout`, out);
    await ask(`${demo.url}/auth/logout`, out);
    const headers = { authorization: `Bearer ${await demo.token("ida")}` };
    const trail = await ask(`${demo.url}/api/audit?subject=${signInOf(dashboard)}`, { headers });
    const { items } = JSON.parse(trail.text) as { items: AuditEventView[] };
    const rows = items.map(
      ({ actor, action, detail }) =>
        `${actor?.name}: ${[action, detail["resource"], detail["why"]].join(" ").trim()}`,
    );
    expect(rows.toSorted()).toEqual([
      "ada: host.sign-in live",
      "ada: host.sign-in other",
      "ada: host.sign-in other",
      "ada: host.sign-out live signed-out",
      "ada: host.sign-out other signed-out",
      "ada: sign-in",
      "ada: sign-out  signed-out",
    ]);
  });
});

describe("several at once", () => {
  it("all go on, on all hosts and at the dashboard, and the issuer is asked by one", async () => {
    for (let round = 0; round < 3; round++) {
      const { dashboard, cookie: live } = await lastMinutes();
      const other = await signInOn(`${hosts().host("other")}/a`, dashboard);
      const pages = await signInOn(`${hosts().host("pages")}/a`, dashboard);
      const renew = { method: "POST", headers: { cookie: dashboard, origin: hosts().demo.url } };
      const [refresh, ...all] = await Promise.all([
        ask(`${hosts().demo.url}/auth/refresh`, renew),
        call(live),
        call(live),
        call(other, "other"),
        call(pages, "pages"),
      ]);
      expect(refresh.status).toBe(204);
      const lives = all.map((one) => [one.headers["sluice-session"] === undefined, lifeOf(one)]);
      for (const one of lives) expect(one[0]).toBe(false);
      expect(lives.filter(([, life]) => life === 600).length).toBeGreaterThanOrEqual(3);
      expect(await endOfSignIn(dashboard)).toBeNull();
      const headers = { cookie: cookieHeader(refresh.cookies), origin: hosts().demo.url };
      const twice = { method: "POST", headers };
      expect((await ask(`${hosts().demo.url}/auth/refresh`, twice)).status).toBe(204);
    }
  });
});

describe("while the issuer is away", () => {
  it("it is as good as it was, and is not renewed", async () => {
    const { dashboard, cookie } = await lastMinutes();
    await hosts().demo.issuer.stop();
    const answer = await call(cookie);
    expect([answer.status, lifeOf(answer)]).toEqual([200, null]);
    expect(await endOfSignIn(dashboard)).toBeNull();
  });
});
