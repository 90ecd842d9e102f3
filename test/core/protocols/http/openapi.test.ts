import { describe, expect, it, test } from "vitest";
import { openApi } from "../../../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../../../core/api/routes.ts";
import { type Api, compileApi } from "../../../../core/protocols/http/openapi.ts";
import { api, type Json, matches, post, taking, wrongOf } from "./described.ts";

describe("an operation is found by method and path as they were sent", () => {
  const some = (...templates: string[]): Api =>
    api({
      paths: Object.fromEntries(
        templates.map((template) => [template, { get: { operationId: template }, delete: {} }]),
      ),
    });
  const customers = some(
    "/customers/{id}",
    "/customers/me",
    "/customers/{id}/orders",
    "/customers/me/{part}",
    "/{kind}/{id}",
    "/",
    "/reports/{name}.{format}",
    "/reports/{name}.pdf",
    "/jobs/{id}:stop",
    "/v1/a%20b",
    "/slash/",
  );
  it.each([
    ["/customers/7", "/customers/{id}", { id: "7" }],
    ["/customers/a%20b%2Fc", "/customers/{id}", { id: "a b/c" }],
    ["/customers/me", "/customers/me", {}],
    ["/customers/me2", "/customers/{id}", { id: "me2" }],
    ["/customers/7/orders", "/customers/{id}/orders", { id: "7" }],
    ["/customers/me/orders", "/customers/me/{part}", { part: "orders" }],
    ["/suppliers/7", "/{kind}/{id}", { kind: "suppliers", id: "7" }],
    ["/", "/", {}],
    ["/reports/a.b.csv", "/reports/{name}.{format}", { name: "a", format: "b.csv" }],
    ["/reports/a.pdf", "/reports/{name}.pdf", { name: "a" }],
    ["/jobs/7:stop", "/jobs/{id}:stop", { id: "7" }],
    ["/v1/a%20b", "/v1/a%20b", {}],
    ["/slash/", "/slash/", {}],
  ])("%s", (path, id, parameters) => {
    const found = customers.operation("GET", path);
    expect(found?.id).toBe(id);
    expect(Object.fromEntries(found?.parameters ?? [])).toEqual(parameters);
    expect(customers.operation("DELETE", path)?.id).toBe(`DELETE ${id}`);
  });

  it.each([
    // Of other services than strict ones they are other operations.
    "/customers/%6De",
    "/customers/ME",
    "/Customers/7",
    "/customers/7%2Forders",
    "/reports/a.PDF",
    "/jobs/7%3Astop",
    // Nothing of the kind is described.
    "/customers",
    "/customers/",
    "/customers/me/",
    "/customers/7/",
    "/customers//orders",
    "/slash",
    "//",
    "/a/b/c/d",
    "/reports/.pdf/x",
    "/v1/a+b/c",
  ])("not: %s", (path) => expect(customers.operation("GET", path)).toBeNull());

  it("has the methods that are described, as they are spelled", () => {
    for (const method of ["POST", "get", "head", "Get", "servers", "PARAMETERS", "GET "]) {
      expect(customers.operation(method, "/")).toBeNull();
    }
    expect(customers.operation("HEAD", "/")?.id).toBe(customers.operation("GET", "/")?.id);
    const own = api({ paths: { "/": { get: {}, head: { operationId: "peek" } } } });
    expect(own.operation("HEAD", "/")?.id).toBe("peek");
  });

  it("leaves out what has servers of its own", () => {
    const other = { servers: [{ url: "https://other.example" }] };
    const one = api({
      servers: [{ url: "https://x.example/base" }],
      paths: { "/a": { get: {}, post: other }, "/b": { ...other, get: {} } },
    });
    expect(one.operation("GET", "/a")).not.toBeNull();
    expect(one.operation("GET", "/base/a")).toBeNull();
    expect(one.operation("POST", "/a")).toBeNull();
    expect(one.operation("GET", "/b")).toBeNull();
  });
});

describe("a document is refused that could mean something else", () => {
  it.each([
    [{ openapi: "2.0" }, /3\.0 or 3\.1/u],
    [{ openapi: "3.2.0" }, /3\.0 or 3\.1/u],
    [{ openapi: undefined, swagger: "2.0" }, /3\.0 or 3\.1/u],
    [{ jsonSchemaDialect: "http://json-schema.org/draft-04/schema" }, /jsonSchemaDialect/u],
    [{ paths: [] }, /#\/paths/u],
    [{ paths: { a: {} } }, /a is no path/u],
    [{ paths: { "/a?x={y}": {} } }, /no path/u],
    [{ paths: { "/{a}{b}": {} } }, /braces/u],
    [{ paths: { "/{a": {} } }, /braces/u],
    [{ paths: { "/{}": {} } }, /braces/u],
    [{ paths: { "/{a}/{a}": {} } }, /twice/u],
    [{ paths: { "/{a}": {}, "/{b}": {} } }, /twice/u],
    [
      { paths: { "/a": { get: { operationId: "x" } }, "/b": { get: { operationId: "x" } } } },
      /Id/u,
    ],
    [{ paths: { "/a": { get: { parameters: {} } } } }, /no list/u],
    [{ paths: { "/a": { get: { parameters: [{}] } } } }, /no parameter/u],
    [{ paths: { "/a": { get: { parameters: [{ name: "x", in: "query", style: "x" }] } } } }, /x/u],
    [{ paths: { "/a": { $ref: "#/paths/~1a" } } }, /nowhere/u],
    [taking({ $ref: "other.json#/a" }), /out of the document/u],
    [taking({ $ref: "https://other.example/#/a" }), /out of the document/u],
    [taking({ $ref: "#anchor" }), /anchor/u],
    [taking({ $ref: "#/components/none" }), /nothing/u],
    [taking({ $ref: "#/__proto__" }), /nothing/u],
    [taking({ unevaluatedProperties: false }), /unevaluatedProperties/u],
    [taking({ properties: { a: { $dynamicRef: "#x" } } }), /properties\/a: \$dynamicRef/u],
    [taking({ $id: "x" }), /\$id/u],
    [taking({ nullable: true }), /nullable/u],
    [taking({ minLenght: 3 }), /minLenght/u],
    [taking({ minLength: "3" }), /minLength/u],
    [taking({ minLength: -1 }), /minLength/u],
    [taking({ maximum: "3" }), /maximum/u],
    [taking({ exclusiveMaximum: true }), /exclusiveMaximum/u],
    [taking({ multipleOf: 0 }), /multipleOf/u],
    [taking({ type: "text" }), /type/u],
    [taking({ enum: "a" }), /enum/u],
    [taking({ required: "a" }), /required/u],
    [taking({ pattern: "(" }), /pattern/u],
    [taking({ patternProperties: { "(": {} } }), /patternProperties/u],
    [taking({ allOf: [] }), /allOf/u],
    [taking({ items: [{}] }), /prefixItems/u],
    [taking({ properties: [] }), /properties/u],
    [taking(3), /no schema/u],
    [{ ...taking({ const: 1 }), openapi: "3.0.3" }, /const/u],
    [{ ...taking({ type: ["string"] }), openapi: "3.0.3" }, /type/u],
    [{ ...taking({ exclusiveMinimum: 3 }), openapi: "3.0.3" }, /exclusiveMinimum/u],
    [taking({ $ref: "#/a" }, { a: { $ref: "#/a" } }), /circle/u],
    [taking({ $ref: "#/a" }, { a: { allOf: [{ not: { $ref: "#/a" } }] } }), /circle/u],
  ] as const)("%j", (parts, why) => expect(wrongOf(parts)).toMatch(why));

  it.each([null, 3, "openapi: 3.1.0", []])("%j", (value) =>
    expect(compileApi(value, matches)).toHaveProperty("wrong"),
  );

  it("does not mind what only answers say", () => {
    const schema = { $dynamicRef: "#x", unheard: 1 };
    const responses = { 200: { content: { "application/json": { schema } } } };
    expect(api({ paths: { "/a": { get: { responses } } } })).toBeDefined();
  });

  it("does not overflow on long chains and deep nests", () => {
    const chain = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, i) => [i, { $ref: `#/c/${i + 1}` }]),
    );
    expect(wrongOf(taking({ $ref: "#/c/0" }, { c: { ...chain, 5000: {} } }))).toMatch(/deep/u);
    let nest: Json = { type: "string" };
    for (let i = 0; i < 5_000; i++) nest = { properties: { a: nest } };
    expect(post(nest, { a: { a: {} } })).toBeNull();
  });
});

test("Sluice's own description is one", () => {
  const own = compileApi(openApi({ routes: ROUTES, streams: STREAMS }, "http://x", "1"), matches);
  expect(own).not.toHaveProperty("wrong");
  for (const { method, path } of Object.values(ROUTES)) {
    const found = (own as Api).operation(method, path.replaceAll(/:\w+/gu, "x"));
    expect(found, `${method} ${path}`).not.toBeNull();
  }
});
