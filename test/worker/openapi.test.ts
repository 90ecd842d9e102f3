import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemsOf } from "../../core/api/openapi.ts";
import { MEANINGS, PROBLEMS } from "../../core/api/problem.ts";
import type { Route, Stream } from "../../core/api/route.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import { app } from "../../worker/app.ts";
import { DOCUMENT, mustConform } from "./conformance.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";

type Spoken = { summary: string; tags: string[]; "x-roles": string[]; operationId: string };
type Paths = Record<string, Record<string, Spoken>>;

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());

describe("/api/openapi.json", () => {
  it("is OpenAPI 3.1, and needs no sign-in", async () => {
    const answer = await gate.request(ROUTES.openapi.path);
    expect(answer.status).toBe(200);
    const document = await answer.json<Record<string, unknown>>();
    expect(document["servers"]).toEqual([{ url: PUBLIC_URL }]);
    const validator = new Validator();
    expect(await validator.validate(document)).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("is told from something that is none", async () => {
    const broken = { ...DOCUMENT, paths: { "/x": { get: { responses: { 200: {} } } } } };
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it("has every way into the API that the Worker has, and no other", () => {
    const served = app.routes
      .filter(({ method, path }) => method !== "ALL" && /^\/(api|auth|tunnel)\//.test(path))
      .map(({ method, path }) => `${method} ${path}`);
    const listed = [
      ...Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`),
      ...Object.values(STREAMS).map(
        ({ method = "GET", path }: Route | Stream) => `${method} ${path}`,
      ),
    ].filter((line) => !/\/\.well-known\/|\/healthz$/.test(line));
    expect(new Set(listed)).toEqual(new Set(served));
  });

  it("says in a sentence what each way in does", () => {
    const operations = Object.values(DOCUMENT["paths"] as Paths).flatMap((path) =>
      Object.values(path),
    );
    expect(operations).toHaveLength(Object.keys({ ...ROUTES, ...STREAMS }).length);
    for (const { summary, tags, operationId } of operations) {
      expect(summary, operationId).toMatch(/^[A-Z][a-z]+ .*\.$/);
      expect(tags, operationId).toHaveLength(1);
    }
  });

  it("has every code of a problem at some way in", () => {
    const listed = [ROUTES, STREAMS].flatMap((table) =>
      Object.values(table).flatMap((way: Route | Stream) => problemsOf(way)),
    );
    expect([...new Set(listed)].toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
  });

  it("says what each code of a problem means", () => {
    expect(Object.keys(MEANINGS).toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
    for (const [code, meaning] of Object.entries(MEANINGS))
      expect(meaning, code).toMatch(/\w.*\.$/);
  });
});

describe("what every answer of these tests is held against", () => {
  const problem = (code: string, status: number) =>
    new Response(JSON.stringify({ type: "x", title: "x", status, code, detail: "x" }), {
      status,
      headers: { "content-type": "application/problem+json" },
    });

  it("sees a field that nobody documented, a status, and a code that is not listed", async () => {
    const url = `${PUBLIC_URL}/api/secrets`;
    const item = { name: "a", author: "max", updatedAt: "2026-11-25T12:00:00.000Z" };
    const answer = (more: object) => Response.json({ items: [{ ...item, ...more }] });
    await expect(mustConform("GET", url, answer({}))).resolves.toBeUndefined();
    await expect(mustConform("GET", url, answer({ value: "s" }))).rejects.toThrow(/additional/);
    await expect(mustConform("GET", url, new Response("", { status: 202 }))).rejects.toThrow(/202/);
    await expect(mustConform("GET", url, problem("forbidden", 403))).resolves.toBeUndefined();
    await expect(mustConform("GET", url, problem("no_grant", 403))).rejects.toThrow(/not listed/);
  });
});
