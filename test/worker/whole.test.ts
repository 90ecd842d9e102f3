import { once } from "node:events";
import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { TokenAnswer } from "../../core/api/oauth.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { type Gateway, startGateway } from "../../demo/gateway.ts";
import { type Issuer, startIssuer } from "../../demo/issuer.ts";
import { authorizePath, REDIRECT } from "./gateway.ts";
import { POLICY } from "./policies.ts";

/** Nothing listens there, and no name needs to be looked up. */
const policy = POLICY.replace("db.example.com", "127.0.0.1")
  .replace("database: shop", "database: shop\n    tls: disable\n    network: private\n    port: 9")
  .replace("    password: { secret: shop-db-password }\n", "");

/* The Worker as it is deployed, in the runtime, against a real OpenID provider. */

let gate: Gateway;
let issuer: Issuer;
const state = mkdtempSync(join(tmpdir(), "sluice-worker-"));
beforeAll(async () => {
  const [port, issuerPort] = [await freePort(), await freePort()];
  issuer = await startIssuer({ port: issuerPort, publicUrl: `http://localhost:${port}` });
  gate = await startGateway({
    port,
    stateDir: state,
    vars: {
      OIDC_ISSUER: issuer.url,
      OIDC_CLIENT_ID: issuer.clientId,
      OIDC_CLIENT_SECRET: issuer.clientSecret,
      OIDC_GROUPS_CLAIM: "groups",
      ADMIN_GROUPS: "admins",
    },
  });
});
afterAll(async () => {
  await gate.stop();
  await issuer.stop();
  rmSync(state, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Follows redirects, with its cookies, until it is sent to the CLI or shown a page. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, init: RequestInit = {}): Promise<{ url: string; page: string }> {
    const headers = { cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; ") };
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(name ?? "", value ?? "");
    }
    const location = answer.headers.get("location");
    if (location === null) return { url, page: await answer.text() };
    const next = new URL(location, url).href;
    return next.startsWith(REDIRECT) ? { url: next, page: "" } : this.go(next);
  }

  post = (url: string, fields: Record<string, string>) =>
    this.go(url, { method: "POST", body: new URLSearchParams(fields) });
}

const post = async <T>(path: string, fields: Record<string, string>): Promise<T> => {
  const body = new URLSearchParams(fields);
  return (await (await fetch(`${gate.url}${path}`, { method: "POST", body })).json()) as T;
};

async function signIn(person: string): Promise<TokenAnswer> {
  const browser = new Browser();
  const { url } = await browser.go(`${gate.url}${authorizePath()}`);
  const back = new URL((await browser.post(url, { person })).url);
  return post("/oauth/token", {
    grant_type: "authorization_code",
    client_id: "sluice-cli",
    code: back.searchParams.get("code") ?? "",
    code_verifier: "v".repeat(64),
    redirect_uri: REDIRECT,
  });
}

const api = (path: string, token: string, init: RequestInit = {}) =>
  fetch(`${gate.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });

describe("the gateway in its runtime", () => {
  it("signs a person in by browser, and again by the refresh token with new groups", async () => {
    const first = await signIn("ada");
    expect(await (await api("/api/me", first.access_token)).json()).toMatchObject({
      id: "ada",
      groups: ["engineers"],
    });
    issuer.groups.set("ada", ["engineers", "oncall"]);
    const second = await post<TokenAnswer>("/oauth/token", {
      grant_type: "refresh_token",
      client_id: "sluice-cli",
      refresh_token: first.refresh_token ?? "",
    });
    issuer.groups.set("ada", ["engineers"]);
    expect(await (await api("/api/me", second.access_token)).json()).toMatchObject({
      groups: ["engineers", "oncall"],
    });
  });

  it("signs a device in", async () => {
    type Asked = { device_code: string; user_code: string };
    const asked = await post<Asked>("/oauth/device_authorization", { client_id: "sluice-cli" });
    const browser = new Browser();
    const login = await browser.post(`${gate.url}/device`, { user_code: asked.user_code });
    const { page } = await browser.post(login.url, { person: "rui" });
    const confirm = /name="confirm" value="([^"]+)"/.exec(page)?.[1] ?? "";
    await browser.post(`${gate.url}/device/confirm`, { confirm, answer: "approved" });
    const tokens = await post<TokenAnswer>("/oauth/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      client_id: "sluice-cli",
      device_code: asked.device_code,
    });
    expect(await (await api("/api/me", tokens.access_token)).json()).toMatchObject({ id: "rui" });
  });

  it("exchanges a service's token of the issuer", async () => {
    const { clientId, clientSecret } = issuer.service;
    const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    const own = await fetch(`${issuer.url}/token`, {
      method: "POST",
      headers: { authorization },
      body,
    });
    const { access_token } = (await own.json()) as TokenAnswer;
    const tokens = await post<TokenAnswer>("/oauth/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: access_token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    });
    expect(await (await api("/api/me", tokens.access_token)).json()).toMatchObject({
      id: "service:ci",
      kind: "service",
    });
  });

  it("applies a policy and shows its keys", async () => {
    const max = (await signIn("max")).access_token;
    const applied = await api("/api/policy", max, { method: "PUT", body: policy });
    expect(ROUTES.apply.answer.parse(await applied.json())).toMatchObject({ changed: true });
    const keys = await (await fetch(`${gate.url}/.well-known/sluice-keys`)).json();
    const [key] = ROUTES.keys.answer.parse(keys).keys;
    expect(Buffer.from(key?.key ?? "", "base64")).toHaveLength(32);
  });

  it("opens a tunnel to the session's object, and shows the session", async () => {
    const headers = { authorization: `Bearer ${(await signIn("ada")).access_token}` };
    const url = `${gate.url.replace("http", "ws")}/tunnel/shop-db`;
    const socket = new WebSocket(url, "sluice.tunnel.1", { headers, perMessageDeflate: false });
    const [message] = (await once(socket, "message")) as [Buffer];
    expect(message[0]).toBe(7);
    const { session } = JSON.parse(message.subarray(1).toString()) as { session: string };
    socket.close();
    const max = (await signIn("max")).access_token;
    const shown = await (await api(`/api/sessions/${session}`, max)).json();
    expect(ROUTES.session.answer.parse(shown)).toMatchObject({
      id: session,
      principal: { id: "ada" },
      resource: { name: "shop-db" },
    });
  });

  it("chains the heads of recordings when the hour comes", async () => {
    const worker = await gate.miniflare.getWorker();
    const scheduledTime = new Date(Date.now() + 3_600_000);
    expect(await worker.scheduled({ scheduledTime })).toMatchObject({ outcome: "ok" });
    const max = (await signIn("max")).access_token;
    const { items } = ROUTES.hours.answer.parse(await (await api("/api/audit/hours", max)).json());
    expect(items.map(({ body }) => JSON.parse(body))).toMatchObject([{ number: 1, from: 0 }]);
  });

  it("makes an API token once for its key, and takes it until it is revoked", async () => {
    const max = (await signIn("max")).access_token;
    const ask = (path: string, body: string) =>
      fetch(`${gate.url}${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${max}`,
          "content-type": "application/json",
          "idempotency-key": '"nightly"',
        },
        body,
      });
    const wanted = JSON.stringify({ name: "nightly", scopes: ["audit:read"], days: 7 });
    const answers = await Promise.all([1, 2, 3].map(() => ask("/api/tokens", wanted)));
    expect(answers.map(({ status }) => status)).toContain(201);
    const again = await ask("/api/tokens", wanted);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const { id, token } = ROUTES.makeToken.answer.parse(await again.json());
    const listed = await (await api("/api/tokens", max)).json();
    expect(ROUTES.tokens.answer.parse(listed).items.map((one) => one.id)).toEqual([id]);
    expect((await api("/api/audit", token)).status).toBe(200);
    expect((await api("/api/policy", token)).status).toBe(403);
    expect((await api("/api/tokens", token)).status).toBe(403);
    expect((await ask(`/api/tokens/${id}/revoke`, "{}")).status).toBe(200);
    expect((await api("/api/audit", token)).status).toBe(401);
  });

  it("answers reviews from its desk", async () => {
    const max = (await signIn("max")).access_token;
    expect(await (await api("/api/reviews", max)).json()).toEqual({ items: [], next: null });
  });
});
