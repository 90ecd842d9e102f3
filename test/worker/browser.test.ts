import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Me } from "../../core/api/me.ts";
import { FakeIssuer } from "./issuer.ts";
import { cookieOf, Gateway, PUBLIC_URL } from "./gateway.ts";

/* Signing in by cookie, for the pages of the gateway. */

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());
beforeEach(() => {
  gate.issuer.health = "up";
  gate.issuer.people.set("ada", new FakeIssuer().people.get("ada") as never);
});

const OWN = { origin: PUBLIC_URL, "sec-fetch-site": "same-origin" };

/** What the browser keeps, as a Cookie header would send it. */
const jarOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .filter((each) => !each.includes("Max-Age=0"))
    .map((each) => each.split(";")[0])
    .join("; ");

async function signIn(person = "ada", to = "/reviews/rev_1?x=y"): Promise<Response> {
  const begun = await gate.request(`/auth/login?to=${encodeURIComponent(to)}`);
  const callback = gate.issuer.signIn(new URL(begun.headers.get("location") ?? ""), person);
  return gate.request(callback.href, { headers: { cookie: cookieOf(begun) } });
}

const ask = (path: string, cookie: string, init: RequestInit = {}): Promise<Response> =>
  gate.request(path, { ...init, headers: { ...OWN, cookie, ...init.headers } });

describe("a browser's sign-in", () => {
  it("keeps both tokens where no script and no other site gets them", async () => {
    const cookies = (await signIn()).headers.getSetCookie();
    expect(cookies.find((each) => each.startsWith("__Host-sluice="))).toMatch(
      /; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(cookies.find((each) => each.startsWith("__Secure-sluice-refresh="))).toMatch(
      /; Path=\/auth; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it("comes back to where it was begun, and nowhere else", async () => {
    expect(await (await signIn()).text()).toContain('url=/reviews/rev_1?x=y"');
    for (const to of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "/\t/evil",
      "x",
    ]) {
      expect(await (await signIn("ada", to)).text(), to).toContain('url=/"');
    }
    expect(await (await signIn("ada", '/"><b>')).text()).not.toContain("<b>");
  });

  it("is who the issuer says, and ends with the sign-in", async () => {
    const jar = jarOf(await signIn());
    const me = (await (await ask("/api/me", jar)).json()) as Me;
    expect(me).toMatchObject({ name: "ada", groups: ["engineers"] });
    const out = await ask("/auth/logout", jar, { method: "POST" });
    expect(out.status).toBe(204);
    expect(jarOf(out)).toBe("");
    expect((await ask("/api/me", jar)).status).toBe(401);
  });

  it("is renewed by its refresh token, once each", async () => {
    const jar = jarOf(await signIn());
    const renewed = await ask("/auth/refresh", jar, { method: "POST" });
    expect(renewed.status).toBe(204);
    expect((await ask("/api/me", jarOf(renewed))).status).toBe(200);
    const again = await ask("/auth/refresh", jar, { method: "POST" });
    expect(again.status).toBe(401);
    expect((await ask("/api/me", jarOf(renewed))).status).toBe(401);
  });

  it("stays while the issuer is away", async () => {
    const jar = jarOf(await signIn());
    gate.issuer.health = "down";
    expect((await ask("/auth/refresh", jar, { method: "POST" })).status).toBe(502);
    gate.issuer.health = "up";
    expect((await ask("/auth/refresh", jar, { method: "POST" })).status).toBe(204);
  });

  it("says who it was that the issuer refused", async () => {
    const begun = await gate.request("/auth/login");
    const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state");
    const back = `/oauth/callback?error=access_denied&state=${state}`;
    const answer = await gate.request(back, { headers: { cookie: cookieOf(begun) } });
    expect(answer.status).toBe(403);
    expect(jarOf(answer)).toBe("");
  });
});

describe("requests that another site's page causes", () => {
  const REVIEW = "/api/reviews/rev_1/approve";
  it.each<[string, string, RequestInit]>([
    ["a vote", REVIEW, { method: "POST", headers: { origin: "https://evil.example" } }],
    ["a vote without an origin", REVIEW, { method: "POST", headers: { origin: "" } }],
    ["a policy", "/api/policy", { method: "PUT", headers: { origin: "null" } }],
    ["a refresh", "/auth/refresh", { method: "POST", headers: { origin: "https://evil.example" } }],
    ["a sign-out", "/auth/logout", { method: "POST", headers: { origin: "https://evil.example" } }],
    ["a read", "/api/me", { headers: { "sec-fetch-site": "cross-site" } }],
    ["a read of a sibling's", "/api/sessions", { headers: { "sec-fetch-site": "same-site" } }],
    [
      "an inbox",
      "/api/reviews/live",
      { headers: { upgrade: "websocket", origin: "https://evil.example" } },
    ],
  ])("%s is refused", async (_, path, init) => {
    const jar = jarOf(await signIn());
    const answer = await ask(path, jar, init);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "foreign_origin" });
  });

  it("a tunnel takes no cookie", async () => {
    const jar = jarOf(await signIn());
    const headers = { upgrade: "websocket", "sec-websocket-protocol": "sluice.tunnel.1" };
    const answer = await ask("/tunnel/shop-db", jar, { headers });
    expect([401, 426]).toContain(answer.status);
  });
});
