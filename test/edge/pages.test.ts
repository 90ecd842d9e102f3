import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKER_FIRST } from "../../demo/gateway.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";

let demo: TestDemo;
beforeAll(async () => {
  demo = await startTestDemo({ pages: true });
});
afterAll(() => demo?.stop());

const get = (path: string) => fetch(`${demo.url}${path}`, { redirect: "manual" });

describe("the page for browsers", () => {
  it.each(["/", "/reviews/rev_00000000000000000000000000", "/style.css"])(
    "%s may run nothing, be framed by nobody, and tell nobody",
    async (path) => {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; " +
          "frame-ancestors 'none'",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    },
  );

  it("is where a held statement's notice leads, and holds no script", async () => {
    const page = await (await get("/reviews/rev_00000000000000000000000000")).text();
    expect(page).toContain("sluice reviews approve");
    expect(page).not.toMatch(/<script|\son\w+=|javascript:/i);
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
    expect(answer.headers.get("content-security-policy")).not.toContain("style-src 'self'");
  });
});

it("wrangler.toml names the same paths for the Worker", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  const [, list = ""] = /^run_worker_first = \[([^\]]*)\]/m.exec(toml) ?? [];
  expect([...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path)).toEqual(WORKER_FIRST);
});
