import type { JWTPayload } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Gateway, PUBLIC_URL } from "./gateway.ts";
import { ISSUER } from "./issuer.ts";

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());
beforeEach(() => {
  gate.issuer.health = "up";
});

const seconds = () => Math.floor(Date.now() / 1000);
const service = (): JWTPayload => ({
  iss: ISSUER,
  aud: PUBLIC_URL,
  sub: "ci-bot",
  client_id: "ci-bot",
  groups: ["engineers"],
  iat: seconds(),
  exp: seconds() + 300,
});

const exchange = async (subjectToken: string, more: Record<string, string> = {}) =>
  gate.post("/oauth/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subjectToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    ...more,
  });

type Answer = { access_token: string; refresh_token?: string; issued_token_type: string };

describe("a service's token for ours (RFC 8693)", () => {
  it("makes a principal of kind service, apart from every person, without a refresh", async () => {
    const answer = (await (await exchange(await gate.issuer.sign(service()))).json()) as Answer;
    expect(answer.refresh_token).toBeUndefined();
    expect(answer.issued_token_type).toBe("urn:ietf:params:oauth:token-type:access_token");
    const me = await (await gate.get("/api/me", answer.access_token)).json();
    expect(me).toMatchObject({
      id: "service:ci-bot",
      name: "ci-bot",
      kind: "service",
      groups: ["engineers"],
    });
  });

  const cases: [string, (claims: JWTPayload) => JWTPayload][] = [
    ["a person's token", (claims) => ({ ...claims, sub: "ada" })],
    ["a token that names no client", (claims) => ({ ...claims, client_id: undefined })],
    ["another audience", (claims) => ({ ...claims, aud: "https://other.test" })],
    ["an ID token of our own client", (claims) => ({ ...claims, aud: "sluice" })],
    ["another issuer", (claims) => ({ ...claims, iss: "https://evil.test" })],
    ["an expired token", (claims) => ({ ...claims, exp: seconds() - 1 })],
    ["a token without an end", (claims) => ({ ...claims, exp: undefined as never })],
  ];
  it.each(cases)("refuses %s", async (_, bend) => {
    const answer = await exchange(await gate.issuer.sign(bend(service())));
    expect([answer.status, (await answer.json<{ error: string }>()).error]).toEqual([
      400,
      "invalid_grant",
    ]);
  });

  it("refuses our own access token: it is no token of the issuer", async () => {
    const { access_token } = await gate.signIn("ada");
    expect((await exchange(access_token)).status).toBe(400);
  });

  it("refuses other kinds of subject token", async () => {
    const type = { subject_token_type: "urn:ietf:params:oauth:token-type:saml2" };
    expect((await exchange(await gate.issuer.sign(service()), type)).status).toBe(400);
  });
});
