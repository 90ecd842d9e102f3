import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  tokenAnswerBytesMax,
  tokenDroppedSeconds,
  tokenKeptSecondsMax,
  tokenMarginSeconds,
  tokenUnstatedSeconds,
} from "../../core/limits.ts";
import { startIssuer } from "../../demo/issuer.ts";
import { freePort } from "../../demo/processes.ts";
import { ClientCredentials, type OauthClient } from "../../durable-objects/upstream/oauth.ts";
import { Unreachable } from "../../durable-objects/upstream/reach.ts";
import { TokenServer } from "../support/token-server.ts";

let server: TokenServer;
beforeEach(async () => {
  server = await TokenServer.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.stop();
});

const SECRET = "p:a ss+é%";
const later = (seconds: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });

function client(over: Partial<OauthClient> = {}, network: "public" | "private" = "private") {
  const settings = { tokenUrl: server.url, clientId: "the gate", auth: "basic", ...over } as const;
  return new ClientCredentials(settings, network, async () => SECRET);
}

const answer = (body: unknown, status = 200, headers = {}) => {
  server.answer = () => ({ status, headers, body });
};
const good = { access_token: "t", token_type: "bearer", expires_in: 3_600 };

describe("a token is asked for", () => {
  it("as RFC 6749 has it, with the secret in a header", async () => {
    expect(await client({ scope: "a b", audience: "urn:billing" }).token()).toBe("token-1");
    const [{ headers, form } = { headers: {}, form: {} }] = server.asked;
    expect(form).toEqual({
      grant_type: "client_credentials",
      scope: "a b",
      audience: "urn:billing",
    });
    const [, pair = ""] = headers.authorization?.split("Basic ") ?? [];
    const encoded = "the+gate:p%3Aa+ss%2B%C3%A9%25";
    expect(Buffer.from(pair, "base64").toString()).toBe(encoded);
  });

  it("with the secret in the form", async () => {
    await client({ auth: "post" }).token();
    const [{ headers, form } = { headers: {}, form: {} }] = server.asked;
    const known = { client_id: "the gate", client_secret: SECRET };
    expect(form).toEqual({ grant_type: "client_credentials", ...known });
    expect(headers.authorization).toBeUndefined();
  });

  it("once, however many requests wait for it", async () => {
    const one = client();
    const all = await Promise.all(Array.from({ length: 50 }, () => one.token()));
    expect(new Set(all)).toEqual(new Set(["token-1"]));
    expect(await one.token()).toBe("token-1");
    expect(server.asked).toHaveLength(1);
  });

  it("of a real OpenID provider", async () => {
    const port = await freePort();
    const issuer = await startIssuer({ port, publicUrl: "http://gate.test" });
    try {
      const { clientId, clientSecret } = issuer.service;
      const settings = { tokenUrl: `${issuer.url}/token`, clientId, auth: "basic" } as const;
      const known = new ClientCredentials(settings, "private", async () => clientSecret);
      const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
      const { payload } = await jwtVerify(await known.token(), keys, { issuer: issuer.url });
      expect(payload).toMatchObject({ client_id: clientId, aud: "http://gate.test" });
      const stranger = new ClientCredentials(settings, "private", async () => "wrong");
      await expect(stranger.token()).rejects.toThrow("answered 401: invalid_client.");
    } finally {
      await issuer.stop();
    }
  });
});

describe("a token is kept", () => {
  it.each([
    ["its issuer's time", { expires_in: 3_600 }, 3_600],
    ["a number in a text", { expires_in: "3600" }, 3_600],
    ["a time that nobody said", {}, tokenUnstatedSeconds],
    ["a day at most", { expires_in: 1e12 }, tokenKeptSecondsMax],
  ])("for %s, less the time that a request takes", async (_, lasts, seconds) => {
    answer({ access_token: "t", token_type: "Bearer", ...lasts });
    vi.useFakeTimers({ toFake: ["Date"] });
    const one = client();
    await one.token();
    later(seconds - tokenMarginSeconds - 1);
    await one.token();
    expect(server.asked).toHaveLength(1);
    later(1);
    await one.token();
    expect(server.asked).toHaveLength(2);
  });

  it.each([0, -1, tokenMarginSeconds, "soon", {}, true])(
    "for no other request where it lasts %o",
    async (lasts) => {
      answer({ ...good, expires_in: lasts });
      const one = client();
      await one.token();
      await one.token();
      expect(server.asked).toHaveLength(2);
    },
  );

  it("until the target refuses it, which is believed once in a while", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const one = client();
    expect(one.forget(await one.token())).toBe(true);
    // Another request that had the first one, too.
    expect(one.forget("token-1")).toBe(true);
    expect(await one.token()).toBe("token-2");
    expect(one.forget("token-1")).toBe(true);
    expect(one.forget("token-2")).toBe(false);
    expect(await one.token()).toBe("token-2");
    later(tokenDroppedSeconds);
    expect(one.forget("token-2")).toBe(true);
    expect(await one.token()).toBe("token-3");
  });

  it("not when the question failed: the next request asks again", async () => {
    answer({ error: "invalid_client" }, 401);
    const one = client();
    const all = await Promise.allSettled([one.token(), one.token()]);
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    answer(good);
    expect(await one.token()).toBe("t");
    expect(server.asked).toHaveLength(2);
  });
});

describe("what a token end point may not do", () => {
  it.each([
    ["an error of RFC 6749", { error: "invalid_scope" }, 400, "answered 400: invalid_scope."],
    ["one that echoes the secret", { error: SECRET, error_description: SECRET }, 400, "400."],
    ["a page", `<html>${SECRET}`, 500, "answered 500."],
    ["no JSON", "t", 200, "gave no bearer token."],
    ["a list", [good], 200, "gave no bearer token."],
    ["null", "null", 200, "gave no bearer token."],
    ["another type of token", { ...good, token_type: "DPoP" }, 200, "gave no bearer token."],
    ["no type", { access_token: "t" }, 200, "gave no bearer token."],
    ["no token", { token_type: "bearer" }, 200, "gave a token that cannot stand in a header."],
    ["a token of lines", { ...good, access_token: "a\r\nx: 1" }, 200, "cannot stand in a header."],
    ["an empty token", { ...good, access_token: "" }, 200, "cannot stand in a header."],
    ["a number", { ...good, access_token: 7 }, 200, "cannot stand in a header."],
    ["a flood", "x".repeat(tokenAnswerBytesMax + 1), 200, `more than ${tokenAnswerBytesMax} bytes`],
  ])("answer %s", async (_, body, status, message) => {
    answer(body, status);
    const refusal = client({ auth: "post" }).token();
    await expect(refusal).rejects.toThrow(Unreachable);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.not.toThrow(SECRET);
  });

  it.each([301, 302, 307, 308])("send the secret elsewhere, by %i", async (status) => {
    server.answer = (count) =>
      count > 1 ? { body: good } : { status, headers: { location: server.url }, body: "" };
    await expect(client().token()).rejects.toThrow(`answered ${status}.`);
    expect(server.asked).toHaveLength(1);
  });

  it("be away", async () => {
    const one = client();
    await server.stop();
    await expect(one.token()).rejects.toThrow("cannot be reached");
    server = await TokenServer.start();
  });
});

describe("a token end point is checked as a target's address is", () => {
  it.each([
    ["https://127.0.0.1/token", "public", "127.0.0.1 is a private address"],
    ["https://10.0.0.1/token", "public", "10.0.0.1 is a private address"],
    ["https://[::1]/token", "public", "[::1] is a private address"],
    ["https://169.254.169.254/token", "private", "169.254.169.254 is an address that"],
    ["https://010.0.0.1/token", "private", "010.0.0.1 is an address that the gateway never"],
    ["https://0x7f000001/token", "private", "0x7f000001 is an address that the gateway never"],
    ["https://metadata.google.internal/", "private", "metadata.google.internal is an address"],
    ["http://id.test/token", "public", "A secret does not go to id.test without TLS."],
    ["file:///etc/passwd", "private", "no https: address"],
  ] as const)("%s on a %s network", async (tokenUrl, network, message) => {
    await expect(client({ tokenUrl }, network).token()).rejects.toThrow(message);
  });
});
