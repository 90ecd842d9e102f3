import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TokenAnswer } from "../../core/api/oauth.ts";
import { database } from "../../store/db.ts";
import { keepIssuerToken } from "../../store/tokens.ts";
import { isLoopbackRedirect } from "../../worker/identity/authorize.ts";
import { authorizePath, cookieOf, Gateway, PUBLIC_URL, REDIRECT } from "./gateway.ts";
import { FakeIssuer, ISSUER } from "./issuer.ts";

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());
beforeEach(() => {
  gate.issuer.health = "up";
  gate.issuer.bend = (claims) => claims;
  gate.issuer.givesRefreshTokens = true;
  gate.issuer.groupsInUserinfo = false;
  gate.issuer.people.set("ada", new FakeIssuer().people.get("ada") as never);
  gate.notices.length = 0;
});

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

const begin = async (path = authorizePath()) => {
  const begun = await gate.request(path);
  return { begun, cookie: cookieOf(begun), issuer: new URL(begun.headers.get("location") ?? "") };
};

describe("signing in by browser", () => {
  it("sends the browser to the issuer with PKCE, state and nonce of our own", async () => {
    const { begun, issuer } = await begin();
    expect(begun.status).toBe(303);
    expect(issuer.origin).toBe(ISSUER);
    const asked = Object.fromEntries(issuer.searchParams);
    expect(asked).toMatchObject({
      response_type: "code",
      client_id: "sluice",
      redirect_uri: `${PUBLIC_URL}/oauth/callback`,
      scope: "openid profile offline_access groups",
      code_challenge_method: "S256",
    });
    expect(asked["state"]).not.toBe("state-of-the-cli");
    expect(asked["nonce"]?.length).toBeGreaterThan(30);
    expect(begun.headers.get("set-cookie")).toMatch(
      /^__Host-sluice-.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it("gives the CLI its own state back, our name and a code that becomes tokens", async () => {
    const { code, verifier, back } = await gate.codeFor("ada");
    expect(`${back.origin}${back.pathname}`).toBe(REDIRECT);
    expect(back.searchParams.get("state")).toBe("state-of-the-cli");
    expect(back.searchParams.get("iss")).toBe(PUBLIC_URL);
    const tokens = (await (await gate.redeem(code, verifier)).json()) as TokenAnswer;
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 600 });
    const claims = claimsOf(tokens.access_token);
    expect(claims).toMatchObject({
      iss: PUBLIC_URL,
      aud: PUBLIC_URL,
      sub: "ada",
      name: "ada",
      groups: ["engineers"],
      kind: "person",
    });
    expect(claims.exp - claims.iat).toBe(600);
  });

  it("never hands the issuer's tokens on, and keeps none of them in plain text", async () => {
    const tokens = await gate.signIn("ada");
    expect(JSON.stringify(tokens)).not.toMatch(/rt-|at-ada/);
    const { results } = await gate.env.DB.prepare("select * from sign_ins").all();
    expect(JSON.stringify(results)).not.toContain("rt-");
    const refresh = await gate.env.DB.prepare("select * from refresh_tokens").all();
    expect(JSON.stringify(refresh.results)).not.toContain(tokens.refresh_token);
  });

  it("reads the groups from userinfo when the ID token has none", async () => {
    gate.issuer.groupsInUserinfo = true;
    expect(claimsOf((await gate.signIn("ada")).access_token).groups).toEqual(["engineers"]);
  });

  it("gives no refresh token when the issuer gave none", async () => {
    gate.issuer.givesRefreshTokens = false;
    expect((await gate.signIn("ada")).refresh_token).toBeUndefined();
  });
});

describe("where the browser may be sent back to", () => {
  const cases: [string, boolean][] = [
    ["http://127.0.0.1:49152/callback", true],
    ["http://[::1]:49152/callback", true],
    ["http://localhost:8000/callback", true],
    ["https://127.0.0.1:49152/callback", false],
    ["http://127.0.0.1/callback", false],
    ["http://127.0.0.1:0/callback", false],
    ["http://127.0.0.1:49152/callback/", false],
    ["http://127.0.0.1:49152/other", false],
    ["http://127.0.0.1:49152/callback?x=1", false],
    ["http://127.0.0.1:49152/callback#x", false],
    ["http://127.0.0.1:49152@evil.test/callback", false],
    ["http://evil.test:49152/callback", false],
    ["http://127.0.0.1.evil.test:49152/callback", false],
    ["http://localhost.evil.test:49152/callback", false],
    ["http://2130706433:49152/callback", false],
    ["http://127.0.0.2:49152/callback", false],
    ["javascript:alert(1)", false],
    ["", false],
  ];
  it.each(cases)("%s: %s", (uri, allowed) => expect(isLoopbackRedirect(uri)).toBe(allowed));

  it("answers a page, never a redirect, to an address that is not loopback", async () => {
    const answer = await gate.request(
      authorizePath({ redirect_uri: "https://evil.test/callback" }),
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });

  it("counts a redirect_uri given twice as none", async () => {
    const twice = `${authorizePath()}&redirect_uri=${encodeURIComponent(REDIRECT)}`;
    expect((await gate.request(twice)).status).toBe(400);
  });

  it.each([
    ["an unknown client", { client_id: "other" }, 400, null],
    ["the implicit flow", { response_type: "token" }, 302, "unsupported_response_type"],
    ["plain PKCE", { code_challenge_method: "plain" }, 302, "invalid_request"],
    ["no PKCE", { code_challenge: "" }, 302, "invalid_request"],
    ["no state", { state: "" }, 302, "invalid_request"],
  ])("refuses %s", async (_, more, status, error) => {
    const answer = await gate.request(authorizePath(more));
    expect(answer.status).toBe(status);
    const location = answer.headers.get("location");
    expect(location === null ? null : new URL(location).searchParams.get("error")).toBe(error);
  });
});

describe("coming back from the issuer", () => {
  it("refuses a browser without the cookie (a link that somebody else began)", async () => {
    const { issuer } = await begin();
    const callback = gate.issuer.signIn(issuer, "ada");
    expect((await gate.request(callback.href)).status).toBe(400);
  });

  it("refuses the cookie of another attempt", async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const callback = gate.issuer.signIn(theirs.issuer, "ada");
    const [name] = theirs.cookie.split("=");
    const cookie = `${name}=${mine.cookie.split("=")[1]}`;
    expect((await gate.request(callback.href, { headers: { cookie } })).status).toBe(400);
  });

  it("works once: the same callback again finds nothing", async () => {
    const { issuer, cookie } = await begin();
    const callback = gate.issuer.signIn(issuer, "ada");
    expect((await gate.request(callback.href, { headers: { cookie } })).status).toBe(302);
    expect((await gate.request(callback.href, { headers: { cookie } })).status).toBe(400);
  });

  it.each<[string, (url: URL) => void]>([
    ["another state", (url) => url.searchParams.set("state", "x".repeat(43))],
    ["no state", (url) => url.searchParams.delete("state")],
  ])("refuses %s", async (_, change) => {
    const { issuer, cookie } = await begin();
    const callback = gate.issuer.signIn(issuer, "ada");
    change(callback);
    expect((await gate.request(callback.href, { headers: { cookie } })).status).toBe(400);
  });

  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ["another nonce", (claims) => ({ ...claims, nonce: "other" })],
    ["no nonce", (claims) => ({ ...claims, nonce: undefined })],
    ["another audience", (claims) => ({ ...claims, aud: "other" })],
    ["another issuer", (claims) => ({ ...claims, iss: "https://evil.test" })],
    ["an expired ID token", (claims) => ({ ...claims, exp: 1 })],
  ])("refuses an ID token with %s", async (_, bend) => {
    gate.issuer.bend = bend;
    const { issuer, cookie } = await begin();
    const callback = gate.issuer.signIn(issuer, "ada");
    const answer = await gate.request(callback.href, { headers: { cookie } });
    const back = new URL(answer.headers.get("location") ?? "");
    expect(back.searchParams.get("error")).toBe("access_denied");
    expect(back.searchParams.get("code")).toBeNull();
  });

  it("refuses another issuer's answer (mix-up, RFC 9207)", async () => {
    const { issuer, cookie } = await begin();
    const callback = gate.issuer.signIn(issuer, "ada");
    callback.searchParams.set("iss", "https://evil.test");
    const answer = await gate.request(callback.href, { headers: { cookie } });
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("code")).toBeNull();
  });
});

describe("redeeming a code", () => {
  it.each([
    ["another verifier", { code_verifier: "w".repeat(64) }],
    ["no verifier", { code_verifier: "" }],
    ["another redirect address", { redirect_uri: "http://127.0.0.1:1/callback" }],
  ])("refuses %s, and the code is gone", async (_, more) => {
    const { code, verifier } = await gate.codeFor("ada");
    const refused = await gate.redeem(code, verifier, more);
    expect([refused.status, (await refused.json<{ error: string }>()).error]).toEqual([
      400,
      "invalid_grant",
    ]);
    expect((await gate.redeem(code, verifier)).status).toBe(400);
  });

  it("ends the sign-in when a code comes twice", async () => {
    const { code, verifier } = await gate.codeFor("ada");
    const tokens = (await (await gate.redeem(code, verifier)).json()) as TokenAnswer;
    expect((await gate.get("/api/me", tokens.access_token)).status).toBe(200);
    expect((await gate.redeem(code, verifier)).status).toBe(400);
    expect((await gate.get("/api/me", tokens.access_token)).status).toBe(401);
  });
});

describe("refreshing", () => {
  it("rotates the token and reads the groups again", async () => {
    const first = await gate.signIn("ada");
    gate.issuer.people.set("ada", { groups: ["oncall"], active: true });
    const second = (await (await gate.refresh(first.refresh_token)).json()) as TokenAnswer;
    expect(claimsOf(second.access_token).groups).toEqual(["oncall"]);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await gate.refresh(second.refresh_token)).status).toBe(200);
  });

  it("ends the family when a token comes twice, whoever was first", async () => {
    const first = await gate.signIn("ada");
    const second = (await (await gate.refresh(first.refresh_token)).json()) as TokenAnswer;
    expect((await gate.refresh(first.refresh_token)).status).toBe(400);
    expect((await gate.refresh(second.refresh_token)).status).toBe(400);
    expect((await gate.get("/api/me", second.access_token)).status).toBe(401);
  });

  it("lets one of two uses at once win, and then ends the family", async () => {
    const { refresh_token } = await gate.signIn("ada");
    const both = await Promise.all([gate.refresh(refresh_token), gate.refresh(refresh_token)]);
    expect(both.filter((answer) => answer.status === 200).length).toBeLessThanOrEqual(1);
  });

  it("ends the sign-in when the issuer no longer knows the person", async () => {
    const tokens = await gate.signIn("ada");
    gate.issuer.people.set("ada", { groups: [], active: false });
    expect((await gate.refresh(tokens.refresh_token)).status).toBe(400);
    expect((await gate.get("/api/me", tokens.access_token)).status).toBe(401);
  });

  it("ends the sign-in when the issuer answers for somebody else", async () => {
    const tokens = await gate.signIn("ada");
    gate.issuer.bend = (claims) => ({ ...claims, sub: "max" });
    expect((await gate.refresh(tokens.refresh_token)).status).toBe(400);
    expect((await gate.get("/api/me", tokens.access_token)).status).toBe(401);
  });

  it.each(["down", "broken"] as const)("keeps the token while the issuer is %s", async (health) => {
    const tokens = await gate.signIn("ada");
    gate.issuer.health = health;
    expect((await gate.refresh(tokens.refresh_token)).status).toBe(503);
    gate.issuer.health = "up";
    expect((await gate.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it("refuses what was never a token", async () => {
    expect((await gate.refresh("x".repeat(43))).status).toBe(400);
  });
});

describe("signing out (RFC 7009)", () => {
  it("ends the access token at once, and the refresh token", async () => {
    const tokens = await gate.signIn("ada");
    const answer = await gate.post("/oauth/revoke", { token: tokens.refresh_token ?? "" });
    expect(answer.status).toBe(200);
    expect((await gate.get("/api/me", tokens.access_token)).status).toBe(401);
    expect((await gate.refresh(tokens.refresh_token)).status).toBe(400);
  });

  it("keeps nothing of the issuer's, also where a refresh was under way", async () => {
    const tokens = await gate.signIn("ada");
    const { sid } = claimsOf(tokens.access_token);
    await gate.post("/oauth/revoke", { token: tokens.refresh_token ?? "" });
    await keepIssuerToken(database(gate.env), sid, "e1:late");
    const kept = gate.env.DB.prepare("select issuer_token from sign_ins where id = ?").bind(sid);
    expect(await kept.first()).toEqual({ issuer_token: null });
  });

  it("says 200 to a token that it does not know", async () => {
    expect((await gate.post("/oauth/revoke", { token: "never seen" })).status).toBe(200);
  });
});
