import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, Response } from "miniflare";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { credentialSchema, secretsOf } from "../../core/policy/http-resource.ts";
import type { Credential } from "../../core/session.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import { COMPATIBILITY_DATE } from "../../demo/gateway.ts";
import { seal } from "../../store/seal.ts";
import { secretPurpose } from "../../store/secrets.ts";
import { TokenServer } from "../support/token-server.ts";
import type { Call } from "./credential/entry.ts";

const KEYS = { SEALING_KEYS: `e1:${Buffer.alloc(32, "e").toString("base64")}` };
const VARIABLES: Readonly<Record<string, string>> = {
  ...KEYS,
  SIGNING_KEYS: "s1:x",
  TOKEN: "from-the-worker",
  EMPTY: "",
};

type Seen = { readonly url: string; readonly headers: IncomingHttpHeaders };
const seen: Seen[] = [];
/** Tokens that the target does not take any more. */
const refused = new Set<string>();
const target = createServer(({ url = "", headers }, response) => {
  seen.push({ url, headers });
  response.statusCode = refused.has(headers.authorization ?? "") ? 401 : 200;
  response.end("served");
});
let miniflare: Miniflare;
let tokens: TokenServer;
let origin: string;
let objects = 0;

beforeAll(async () => {
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  origin = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: await bundleWorker(join(import.meta.dirname, "credential/entry.ts")),
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: VARIABLES,
      durableObjects: { TARGETS: { className: "TargetObject", useSQLite: true } },
      // A certificate's binding is such a Fetcher; the platform alone has real ones.
      serviceBindings: { CLIENT: (request) => new Response(`by certificate ${request.url}`) },
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  await miniflare.ready;
});
afterAll(async () => {
  await miniflare.dispose();
  target.close();
});
beforeEach(async () => {
  seen.length = 0;
  refused.clear();
  objects += 1;
  tokens = await TokenServer.start();
});
afterEach(() => tokens.stop());

const SECRETS: Readonly<Record<string, string>> = {
  "billing-token": "hunter2",
  line: "hunter2\n",
  lines: "hunter2\r\nx-admin: 1",
  umlaut: "hünter2",
};

async function sealedFor(credential: Credential): Promise<Readonly<Record<string, string>>> {
  const sealed: Record<string, string> = {};
  for (const ref of secretsOf(credential)) {
    const value = "secret" in ref ? SECRETS[ref.secret] : undefined;
    if (!("secret" in ref) || value === undefined) continue;
    sealed[ref.secret] = await seal(KEYS, secretPurpose(ref.secret), value);
  }
  return sealed;
}

/** One request through an object that lasts as long as the test. */
async function call(keys: object, over: Partial<Call> = {}) {
  const credential = credentialSchema.parse(keys);
  const resource = { credential, network: "private" } as const;
  const given = { resource, sealed: await sealedFor(credential) };
  const body: Call = { given, url: `${origin}/a`, search: "?x=1", headers: [], ...over };
  const init = { method: "POST", body: JSON.stringify(body) };
  const answer = await miniflare.dispatchFetch(`http://test/${objects}`, init);
  return `${answer.status} ${await answer.text()}`;
}

const token = { secret: "billing-token" };

describe("the target sees", () => {
  it.each([
    [{ bearer: token }, "Bearer hunter2"],
    [{ bearer: { env: "TOKEN" } }, "Bearer from-the-worker"],
    [{ basic: { user: "gate", password: token } }, "Basic Z2F0ZTpodW50ZXIy"],
    [{ header: "Authorization", value: token }, "hunter2"],
    [{ header: "authorization", value: token, prefix: "Token " }, "Token hunter2"],
  ])("%o", async (keys, authorization) => {
    const headers = [["Authorization", "Bearer the client's"]] as const;
    expect(await call(keys, { headers })).toBe("200 served");
    expect(seen).toMatchObject([{ url: "/a?x=1", headers: { authorization } }]);
  });

  it("a secret in the query", async () => {
    expect(await call({ query: "key", value: token })).toBe("200 served");
    expect(await call({ query: "key", value: token }, { search: "?KEY=mine" })).toMatch(/^400 /);
    expect(seen.map(({ url }) => url)).toEqual(["/a?x=1&key=hunter2"]);
  });

  it("an AWS signature over the host that it is sent to", async () => {
    const names = { region: "us-east-1", service: "s3", accessKey: "AKID" };
    expect(await call({ aws: { ...names, secretKey: token } })).toBe("200 served");
    const signed = "SignedHeaders=host;x-amz-content-sha256;x-amz-date,";
    const authorization = expect.stringContaining(signed) as string;
    expect(seen).toMatchObject([{ headers: { host: new URL(origin).host, authorization } }]);
  });

  it("nothing of the gateway's where a certificate is all", async () => {
    expect(await call({ mtls: "CLIENT" })).toBe(`200 by certificate ${origin}/a?x=1`);
    expect(await call({ mtls: "CLIENT", bearer: token })).toMatch(/^200 by certificate/);
    expect(seen).toEqual([]);
  });
});

describe("a token of an issuer's", () => {
  const oauth = () => ({
    oauth: { tokenUrl: tokens.url, clientId: "gate", clientSecret: token, auth: "post" },
  });
  const used = () => seen.map(({ headers }) => headers.authorization);

  it("is asked for once by requests that come together", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => call(oauth())));
    expect(new Set(all)).toEqual(new Set(["200 served"]));
    expect(new Set(used())).toEqual(new Set(["Bearer token-1"]));
    expect(tokens.asked.map(({ form }) => form["client_secret"])).toEqual(["hunter2"]);
  });

  it("is replaced once where the target takes it no more", async () => {
    await call(oauth());
    refused.add("Bearer token-1").add("Bearer token-2");
    expect(await call(oauth())).toBe("401 served");
    expect(await call(oauth())).toBe("401 served");
    expect(used().map((value) => value?.slice(-1))).toEqual(["1", "1", "2", "2"]);
    expect(tokens.asked).toHaveLength(2);
  });

  it("is not asked for across a redirect", async () => {
    const headers = { location: tokens.url };
    tokens.answer = (count) => ({ status: count === 1 ? 307 : 200, headers, body: {} });
    expect(await call(oauth())).toBe("502 The token end point at 127.0.0.1 answered 307.");
    expect(tokens.asked).toHaveLength(1);
  });

  it("that does not come says why, and never what was sent", async () => {
    tokens.answer = () => ({ status: 401, body: { error: "invalid_client", hint: "hunter2" } });
    const message = "The token end point at 127.0.0.1 answered 401: invalid_client.";
    expect(await call(oauth())).toBe(`502 ${message}`);
    await tokens.stop();
    expect(await call(oauth())).toMatch(/^502 The token end point at 127.0.0.1 cannot be reached/);
    tokens = await TokenServer.start();
  });
});

describe("a secret that cannot be sent is named, and not shown", () => {
  it.each([
    [{ bearer: { secret: "line" } }, "The secret line ends with a line break."],
    [{ header: "x", value: { secret: "lines" } }, "The secret lines has a line break or another"],
    [{ basic: { user: "a", password: { secret: "line" } } }, "The secret line ends with a line"],
    [{ query: "k", value: { secret: "lines" } }, "The secret lines has a line break or another"],
    [{ bearer: { secret: "umlaut" } }, "The secret umlaut has characters that are not ASCII."],
    [{ bearer: { secret: "unset" } }, "The secret unset has not been set yet."],
    [{ bearer: { env: "EMPTY" } }, "The secret EMPTY is empty."],
    [{ bearer: { env: "UNSET" } }, "The gateway has no secret named UNSET for targets."],
    [{ bearer: { env: "TARGETS" } }, "The gateway has no secret named TARGETS for targets."],
    [{ mtls: "UNSET" }, "The Worker has no binding UNSET to a client certificate."],
    [{ mtls: "TOKEN" }, "The Worker has no binding TOKEN to a client certificate."],
    [{ mtls: "TARGETS" }, "The Worker has no binding TARGETS to a client certificate."],
  ])("%o", async (keys, message) => {
    const answer = await call(keys);
    expect(answer).toContain(`502 ${message}`);
    expect(answer).not.toContain("nter2");
    expect(seen).toEqual([]);
  });

  it.each(["SIGNING_KEYS", "SEALING_KEYS"])("%s goes to no target", async (env) => {
    const way = { kind: "bearer", token: { env } } as const;
    const resource = { credential: { way, mtls: null }, network: "private" } as const;
    const given = { resource, sealed: {} };
    expect(await call({ mtls: "CLIENT" }, { given })).toBe(
      `502 The gateway has no secret named ${env} for targets.`,
    );
  });

  it("is not opened by another name than its own", async () => {
    const credential = credentialSchema.parse({ bearer: { secret: "other" } });
    const sealed = { other: await seal(KEYS, secretPurpose("billing-token"), "hunter2") };
    const given = { resource: { credential, network: "private" as const }, sealed };
    expect(await call({ bearer: token }, { given })).toMatch(
      /^502 what was sealed for secret:other/,
    );
  });
});
