import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TAGS } from "../../core/api/described.ts";
import { PROBLEMS } from "../../core/api/problem.ts";
import { OPENAPI, ROUTES } from "../../core/api/routes.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";

type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly required: boolean }[];
};
type Described = {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

let gate: Gateway;
let document: Described;
beforeAll(async () => {
  gate = await Gateway.start();
  const answer = await gate.request(OPENAPI);
  expect(answer.status).toBe(200);
  document = await answer.json();
});
afterAll(() => gate.stop());

it("is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

it("is found wrong where it is", async () => {
  const { valid } = await new Validator().validate({ ...document, paths: { "/x": { get: 1 } } });
  expect(valid).toBe(false);
});

it("holds every route, each once, under a part that is described", () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, tags }]) => {
      expect(Object.keys(TAGS)).toContain(tags[0]);
      return [operationId, method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1")];
    }),
  );
  const routes = Object.entries(ROUTES).map(([name, { method, path }]) => [name, method, path]);
  expect(operations.map(String).toSorted()).toEqual(routes.map(String).toSorted());
});

it("says what may be left out, and names every parameter of a path", () => {
  const { parameters = [] } = document.paths["/api/sessions/{id}/records"]?.["get"] ?? {};
  expect(parameters.map(({ name, required }) => [name, required])).toEqual([
    ["id", true],
    ["from", false],
    ["limit", false],
    ["watch", false],
  ]);
});

it("names only parts that it has", () => {
  const json = JSON.stringify(document);
  const named = [...json.matchAll(/#\/components\/schemas\/([\w.]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(20);
  for (const name of named) expect(document.components.schemas).toHaveProperty(name as string);
  for (const code of Object.keys(PROBLEMS)) expect(json).toContain(code);
});

it("names this deployment's address", () => {
  expect(document.servers).toEqual([{ url: PUBLIC_URL }]);
});
