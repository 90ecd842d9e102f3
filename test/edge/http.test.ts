import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReviewView } from "../../core/api/review.ts";
import type { PersonName } from "../../demo/people.ts";
import { startUpstream, type Upstream } from "../support/http-upstream.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";

/* Requests to a service through the whole gateway: decided, masked, held, bounded. */

const given = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");
let upstream: Upstream;
let demo: TestDemo;
const tokens = new Map<PersonName, string>();

const policy = (url: string): string =>
  given
    .replace("http://127.0.0.1:8790", url)
    .replace("grants:", `${FILES(url)}\ngrants:`)
    .replace(/resources: \[shop-db, billing-api\]/g, "resources: [shop-db, billing-api, files]")
    .replace("credential: { header", `openapi: ${JSON.stringify(API)}\n    credential: { header`)
    .replace("  - id: no-vault", `${GUARDRAILS}\n  - id: no-vault`)
    .replace("roles:", `${MASKS}\nroles:`);

const API = {
  openapi: "3.1.0",
  info: { title: "billing", version: "1" },
  paths: {
    "/described/{id}": {
      get: {
        operationId: "getIt",
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "integer", maximum: 99 } },
        ],
      },
    },
  },
};
const FILES = (url: string) =>
  `  - { name: files, type: http, url: "${url}", network: private, unreadable: pass }`;
const GUARDRAILS = `
  - { id: ask, resources: [billing-api], when: 'http.path == "/held"', then: review,
      reviewers: [leads] }
  - { id: by-document, resources: [billing-api], then: block, message: Not described.,
      when: 'http.path.startsWith("/described") && !(http.operation == "getIt" && http.conforms)' }
  - id: by-role
    resources: [billing-api]
    when: http.path == "/echo" && has(http.query.role) && http.query.role == "admin"
    then: block
    message: Not by that role.`;
const MASKS = `
  - id: in
    resources: [billing-api]
    fields: [passport]
    on: [requests]
    technique: redact
budgets:
  - { id: leads-few, groups: [leads], requests: 3, per: day }`;

beforeAll(async () => {
  upstream = await startUpstream();
  demo = await startTestDemo({ policy: policy(upstream.url) });
  for (const person of ["ada", "rui"] as const) tokens.set(person, await demo.token(person));
});
afterAll(async () => {
  await demo?.stop();
  await upstream?.stop();
});

function call(
  path: string,
  init: RequestInit & { as?: PersonName; of?: string } = {},
): Promise<Response> {
  const { as = "ada", of = "billing-api", headers, ...rest } = init;
  const all = new Headers(headers);
  all.set("authorization", `Bearer ${tokens.get(as)}`);
  return fetch(`${demo.url}/http/${of}${path}`, { ...rest, headers: all });
}

const asked = async <T>(path: string, as: PersonName, init: RequestInit = {}): Promise<T> => {
  const headers = { authorization: `Bearer ${tokens.get(as)}`, "content-type": "application/json" };
  return (await fetch(`${demo.url}${path}`, { ...init, headers })).json() as Promise<T>;
};

async function pending(): Promise<ReviewView> {
  for (let tries = 0; tries < 100; tries++) {
    const { items } = await asked<{ items: ReviewView[] }>("/api/reviews?state=pending", "rui");
    const [review] = items;
    if (review !== undefined) return review;
    await sleep(50);
  }
  throw new Error("no review came");
}

const post = (body: string, path = "/held"): Promise<Response> =>
  call(path, { method: "POST", body, headers: { "content-type": "application/json" } });

describe("a request to a service", () => {
  it("passes with the service's credential and without the caller's", async () => {
    const response = await call("/echo?a=1", { headers: { cookie: "x=1", "x-mine": "kept" } });
    expect(response.status).toBe(200);
    const seen = upstream.seen.at(-1);
    expect(seen?.url).toBe("/echo?a=1");
    const headers = (seen?.rawHeaders ?? []).join("\n");
    expect(headers).not.toContain(tokens.get("ada"));
    expect(headers).not.toContain("x=1");
    expect(headers).toContain("x-mine\nkept");
    expect(response.headers.get("sluice-session")).toMatch(/^ses_/);
    expect(response.headers.get("content-security-policy")).toBe("sandbox");
  });

  it("is of one session with the token's others, and of another than somebody else's", async () => {
    const of = async (as: PersonName) =>
      (await call("/json?n=1", { as })).headers.get("sluice-session");
    const [one, two, other] = [await of("ada"), await of("ada"), await of("rui")];
    expect(one).toBe(two);
    expect(other).not.toBe(one);
  });

  it("waits for approval, and then the very bytes leave", async () => {
    const body = '{"a" : 1.50, "b":"\\u00e9"}';
    const waiting = post(body);
    const review = await pending();
    expect(review.shown).toContain("POST /held");
    const before = upstream.seen.length;
    await asked(`/api/reviews/${review.id}/approve`, "rui", { method: "POST", body: "{}" });
    expect((await waiting).status).toBe(404);
    expect(upstream.seen.length).toBe(before + 1);
    expect(upstream.seen.at(-1)?.body.toString()).toBe(body);
  });

  it("is refused in problem details when it is rejected, and never leaves", async () => {
    const before = upstream.seen.length;
    const waiting = post("{}");
    const review = await pending();
    const reject = { method: "POST", body: '{"comment":"not today"}' };
    await asked(`/api/reviews/${review.id}/reject`, "rui", reject);
    const answer = await waiting;
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({
      code: "rejected",
      review: review.id,
      detail: expect.stringContaining("not today"),
    });
    expect(upstream.seen.length).toBe(before);
  });

  it("is too large to be held, and says so", async () => {
    const before = upstream.seen.length;
    const answer = await call("/held", {
      method: "POST",
      body: Buffer.alloc(1024 * 1024 + 1, "x"),
    });
    expect(answer.status).toBe(413);
    expect(upstream.seen.length).toBe(before);
  });

  it("streams a large body, hashed as it passes", async () => {
    const body = Buffer.alloc(5 * 1024 * 1024, "upload ");
    const answer = await call("/upload", { method: "PUT", body, of: "files" });
    const told = (await answer.json()) as { bytes: number; sha256: string };
    expect(told.bytes).toBe(body.length);
  });

  it("ends a large form that asks for another method, in the midst of it", async () => {
    const before = upstream.seen.length;
    const pad = "a".repeat(2 * 1024 * 1024);
    const type = "application/x-www-form-urlencoded";
    const form = { method: "POST", headers: { "content-type": type }, of: "files" };
    const answer = await call("/upload", { ...form, body: `pad=${pad}&_method=DELETE&pad=${pad}` });
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: "unreachable" }]);
    expect(upstream.seen.slice(before).filter(({ body }) => body.includes("_method"))).toEqual([]);
    const fine = await call("/upload", { ...form, body: `pad=${pad}&payment_method=card` });
    expect(fine.status).toBe(200);
  });

  it("is masked on its way in, where a rule says so, and stays as it was besides", async () => {
    const answer = await post('{"passport": "X1234567", "n": 1.0}', "/echo?passport=Y99&x=%41");
    expect(answer.status).toBe(200);
    expect(upstream.seen.at(-1)?.body.toString()).toBe('{"passport": "[redacted]", "n": 1.0}');
    expect(upstream.seen.at(-1)?.url).toBe("/echo?passport=%5Bredacted%5D&x=%41");
  });

  it("is refused where a rule reads a parameter that stands there twice", async () => {
    expect((await call("/echo?role=admin")).status).toBe(403);
    expect((await call("/echo?role=user&role=admin")).status).toBe(403);
    expect((await call("/echo?id=1&id=2")).status).toBe(200);
    expect((await call("/echo?role=user&id=1&id=2")).status).toBe(200);
  });

  it("is held against the service's own document", async () => {
    expect((await call("/described/7")).status).toBe(404);
    expect((await call("/described/700")).status).toBe(403);
    expect((await call("/described/7", { method: "DELETE" })).status).toBe(403);
    expect((await call("/described/7/more")).status).toBe(403);
  });

  it("is answered by 429 when a budget is used up, and does not leave", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await call("/status/200", { as: "rui" })).status);
    expect(statuses.at(-1)).toBe(429);
    const before = upstream.seen.length;
    const over = await call("/status/200", { as: "rui" });
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await over.json()).toMatchObject({ code: "too_many" });
    expect(upstream.seen.length).toBe(before);
  });

  it("of a resource that nobody may open is as one that is not there", async () => {
    const answer = await fetch(`${demo.url}/http/nothing/x`, {
      headers: { authorization: `Bearer ${tokens.get("ada")}` },
    });
    expect(answer.status).toBe(404);
    expect((await fetch(`${demo.url}/http/billing-api/echo`)).status).toBe(401);
    const cookies = { cookie: `sluice_access=${tokens.get("ada")}` };
    expect((await fetch(`${demo.url}/http/billing-api/echo`, { headers: cookies })).status).toBe(
      401,
    );
  });
});
