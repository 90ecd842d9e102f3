import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ExchangeSpec } from "../../core/session.ts";
import type { ObjectsEnv } from "../../durable-objects/env.ts";
import { requestOf } from "../../durable-objects/upstream/http.ts";
import type { ClientCredentials } from "../../durable-objects/upstream/oauth.ts";
import { sampleSpec } from "../support/values.ts";

/* A service that takes no token at all, and an issuer that gives a new one each time. */

const tokens: string[] = [];
const service = createServer((request, response) => {
  tokens.push(request.headers.authorization ?? "");
  response.writeHead(tokens.length > 20 ? 200 : 401).end();
});

beforeAll(async () => {
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
});
afterAll(() => service.close());

it("is asked twice at most", async () => {
  const { port } = service.address() as AddressInfo;
  const resource = {
    url: `http://127.0.0.1:${port}`,
    host: "127.0.0.1",
    network: "private",
    credential: { way: { kind: "oauth" }, mtls: null },
  };
  const spec = { ...sampleSpec(), sealed: {}, resource } as unknown as ExchangeSpec;
  let given = 0;
  // As where others ask at the same time, and what is given is over at once.
  const issuer = { token: async () => `token-${++given}`, forget: () => true };
  const outgoing = { method: "GET", path: "/", search: "", headers: [], body: null };
  const answer = await requestOf({} as ObjectsEnv, spec, outgoing, {
    body: null,
    tokens: issuer as unknown as ClientCredentials,
    signal: AbortSignal.timeout(5_000),
  });
  expect(answer.status).toBe(401);
  expect(tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
});
