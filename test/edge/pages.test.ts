import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { ask } from "../support/visitor.ts";

let demo: TestDemo;
beforeAll(async () => {
  demo = await startTestDemo({ pages: true });
});
afterAll(() => demo?.stop());

const get = (path: string) => fetch(`${demo.url}${path}`, { redirect: "manual" });

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const review = "/reviews/rev_00000000000000000000000000";

describe("the pages for browsers", () => {
  it.each([
    "/",
    "/reviews",
    review,
    "/sessions",
    "/sessions/ses_00000000000000000000000000",
    "/access",
    "/tokens",
    "/api-docs",
    "/console",
    "/icon.svg",
  ])("%s may run only what is its own, be framed by nobody, and tell nobody", async (path) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toBe(POLICY);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  });

  it("are one, which loads nothing from elsewhere and has no script or style inside", async () => {
    const page = await (await get(review)).text();
    expect(page).toBe(await (await get("/")).text());
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
    const sources = [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, source]) => source);
    expect(sources).not.toHaveLength(0);
    for (const source of sources) {
      expect(source).toMatch(/^\/[^/]/);
      expect((await get(source ?? "")).status).toBe(200);
    }
  });

  it("keep scripts and styles for good, for their names change with them", async () => {
    const page = await (await get("/")).text();
    const [script = ""] = /\/assets\/[^"]*\.js/.exec(page) ?? [];
    const { headers } = await get(script);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("content-security-policy")).toBe(POLICY);
    expect((await get("/")).headers.get("cache-control")).not.toContain("immutable");
  });

  it.each([
    ["/healthz", 200],
    ["/api/me", 401],
    ["/tunnel/shop-db", 426],
    ["/.well-known/sluice-keys", 200],
    ["/device", 200],
    ["/oauth/authorize", 400],
    ["/no/such/page", 404],
    ["/_headers", 404],
  ])("does not stand before the Worker: %s answers %i", async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-security-policy")).not.toContain("script-src 'self'");
  });
});

it("are shown by the Worker, which runs first, and on no host of a service", async () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  expect(toml).toMatch(/^run_worker_first = true$/m);
  for (const path of ["/", "/reviews", "/icon.svg"]) {
    const { status } = await ask(`http://billing-api.localhost:${demo.ports.gateway}${path}`);
    expect([path, status]).toEqual([path, 401]);
  }
});
