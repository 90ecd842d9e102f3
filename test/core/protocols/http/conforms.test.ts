import { describe, expect, it } from "vitest";
import { api, asked } from "./described.ts";

describe("a request conforms, or a sentence says why not", () => {
  const customers = api({
    paths: {
      "/customers/{id}": {
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } },
          { name: "deep", in: "query", schema: { type: "string" } },
        ],
        get: {
          parameters: [
            { name: "limit", in: "query", required: true, schema: { $ref: "#/components/Limit" } },
            { name: "tag", in: "query", schema: { type: "array", items: { enum: ["a", "b"] } } },
            {
              name: "ids",
              in: "query",
              explode: false,
              schema: { type: "array", items: { type: "integer" } },
            },
            { name: "deep", in: "query", schema: { type: "boolean" } },
            { name: "flag", in: "query", allowEmptyValue: true, schema: { type: "integer" } },
            {
              name: "filter",
              in: "query",
              style: "deepObject",
              schema: {
                properties: { age: { type: "integer" } },
                additionalProperties: false,
              },
            },
            {
              name: "where",
              in: "query",
              content: { "application/json": { schema: { required: ["x"] } } },
            },
            {
              name: "page",
              in: "query",
              schema: {
                type: "object",
                properties: { offset: { type: "integer" }, size: { type: "integer" } },
              },
            },
            { name: "pipe", in: "query", style: "pipeDelimited", schema: { maxItems: 2 } },
            { name: "X-Trace", in: "header", required: true, schema: { unheard: 1 } },
          ],
        },
        put: {
          requestBody: {
            required: true,
            content: {
              "application/json; charset=utf-8": { schema: { $ref: "#/components/Customer" } },
              "application/x-www-form-urlencoded": {
                schema: { $ref: "#/components/Customer" },
                encoding: { tags: { style: "form", explode: false } },
              },
              "multipart/form-data": {
                schema: {
                  type: "object",
                  required: ["photo"],
                  properties: {
                    photo: { type: "string", format: "binary", minLength: 10 },
                    age: { type: "integer" },
                    more: { type: "object", required: ["x"] },
                  },
                },
              },
              "application/x-ndjson": { schema: { $ref: "#/components/Customer" } },
              "text/*": { schema: { type: "string", maxLength: 5 } },
              "application/xml": { schema: { type: "object" } },
              "image/*": { schema: { type: "string", format: "binary" } },
              "application/pdf": {},
            },
          },
        },
        patch: { requestBody: { $ref: "#/components/body" } },
      },
    },
    components: {
      Limit: { type: "integer", maximum: 100 },
      Customer: {
        type: "object",
        required: ["name", "id"],
        properties: {
          id: { type: "integer", readOnly: true },
          name: { type: "string" },
          age: { type: "integer", maximum: 150 },
          price: { type: "number", multipleOf: 0.01 },
          tags: { type: "array", items: { type: "string", maxLength: 3 } },
          parent: { $ref: "#/components/Customer" },
        },
        additionalProperties: false,
      },
      body: { content: { "*/*": {} } },
    },
  });

  it.each([
    "GET /customers/7?limit=10",
    "GET /customers/7?limit=-0&unknown=1&unknown=2",
    "GET /customers/7?limit=10&tag=a&tag=b",
    "GET /customers/7?limit=10&tag=a",
    "GET /customers/7?limit=10&ids=1,2,3",
    "GET /customers/7?limit=10&deep=true",
    "GET /customers/7?limit=10&flag",
    "GET /customers/7?limit=10&filter[age]=3",
    "GET /customers/7?limit=10&where=%7B%22x%22%3A1%7D",
    "GET /customers/7?limit=10&offset=1&size=2",
    "GET /customers/7?limit=10&pipe=a|b".replace("|", "%7C"),
    "GET /customers/7?limit=1%30",
    "PATCH /customers/7",
  ])("%s", (request) => expect(asked(customers, request)).toBeNull());

  it.each([
    ["GET /customers/x?limit=10", `The path's "id" is not of type integer.`],
    ["GET /customers/0?limit=10", `The path's "id" is under the minimum of 1.`],
    ["GET /customers/07?limit=10", `The path's "id" is not of type integer.`],
    ["GET /customers/7", `The query's "limit" is missing.`],
    ["GET /customers/7?Limit=10", `The query's "limit" is missing.`],
    ["GET /customers/7?limit=", `The query's "limit" is not of type integer.`],
    ["GET /customers/7?limit=1e3", `The query's "limit" is over the maximum of 100.`],
    ["GET /customers/7?limit=1e999", `The query's "limit" is not of type integer.`],
    ["GET /customers/7?limit=10&limit=20", `The query's "limit" is not of type integer.`],
    ["GET /customers/7?limit=0x10", `The query's "limit" is not of type integer.`],
    [
      "GET /customers/7?limit=1&tag=a&tag=c",
      `The query's "tag" does not fit: [1] is none of the values described.`,
    ],
    [
      "GET /customers/7?limit=1&ids=1,x",
      `The query's "ids" does not fit: [1] is not of type integer.`,
    ],
    ["GET /customers/7?limit=1&deep=yes", `The query's "deep" is not of type boolean.`],
    ["GET /customers/7?limit=1&flag=x", `The query's "flag" is not of type integer.`],
    [
      "GET /customers/7?limit=1&filter[age]=x",
      `The query's "filter" does not fit: age is not of type integer.`,
    ],
    [
      "GET /customers/7?limit=1&filter[other]=x",
      `The query's "filter" has a property that is not described.`,
    ],
    ["GET /customers/7?limit=1&where=%7B%7D", `The query's "where" lacks "x".`],
    ["GET /customers/7?limit=1&where=secret", `The query's "where" is no JSON.`],
    [
      "GET /customers/7?limit=1&size=x",
      `The query's "page" does not fit: size is not of type integer.`,
    ],
    ["GET /customers/7?limit=1&pipe=a%7Cb%7Cc", null],
    ["PUT /customers/7", "The body is missing."],
  ])("%s: %s", (request, why) => expect(asked(customers, request)).toBe(why));

  const FORM = "application/x-www-form-urlencoded";
  const MULTI = "multipart/form-data; boundary=b";
  const part = (head: string, content: string): string =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const photo = part("name=photo; filename=x", "1");

  it.each([
    ["application/json", '{"name":"a","age":3,"price":19.99,"parent":{"name":"b"}}', null],
    ["Application/JSON", '{"name":"a","id":4}', null],
    ["application/json", '{"age":3}', 'The body lacks "name".'],
    ["application/json", '{"name":"a","age":151}', /^The body does not fit: age is over/u],
    ["application/json", '{"name":"a","price":19.999}', /price is no multiple of 0\.01/u],
    [
      "application/json",
      '{"name":"a","secret":1}',
      "The body has a property that is not described.",
    ],
    ["application/json", '{"name":"a","parent":{}}', /parent lacks "name"/u],
    ["application/json", '{"name":"a","tags":["a","abcd"]}', /tags\[1\] is longer than 3/u],
    ["application/json", "[]", "The body is not of type object."],
    ["application/vnd.api+json", '{"name":"a"}', "The body's content type is not described."],
    [FORM, "name=a&age=3&tags=a,b", null],
    [FORM, "name=5&parent=%7B%22name%22%3A%22b%22%7D", null],
    [FORM, "name=a&parent=b", /parent is no JSON/u],
    [FORM, "name=a&age=x", /age is not of type integer/u],
    [FORM, "name=a&name=b", /name is not of type string/u],
    [FORM, "name=a&tags=a,bcde", /tags\[1\] is longer/u],
    [FORM, "name=a&other=b", /not described/u],
    [FORM, '{"name":"a"}', "The body is not what its content type says."],
    [MULTI, `${photo}${part("name=age", "3")}${part("name=more", '{"x":1}')}--b--`, null],
    [MULTI, `${photo}${part("name=age", "x")}--b--`, /age is not of type integer/u],
    [MULTI, `${photo}${part("name=age; filename=x", "3")}--b--`, /age is not of type integer/u],
    [MULTI, `${photo}${part("name=more", "{}")}--b--`, /more lacks "x"/u],
    [MULTI, "--b--", 'The body lacks "photo".'],
    ["application/x-ndjson", '{"name":"a"}\n{"name":"b"}\n', null],
    ["application/x-ndjson", '{"name":"a"}\n{"age":1}\n', 'The body lacks "name".'],
    ["text/plain", "abcde", null],
    ["text/plain", "12345", null],
    ["text/csv", "abcdef", "The body is longer than 5."],
    ["text/plain", "{}", "The body is not what its content type says."],
    ["application/xml", "<a/>", /schema is not checked here/u],
    ["application/xml", "{}", /schema is not checked here/u],
    ["image/png", "\u0000", null],
    ["image/svg+json", "{}", "The body is not of type string."],
    ["image/png", "{}", null],
    ["application/pdf", "x", null],
    [null, "x", "The body has no content type."],
    ["a/b", "x", "The body's content type is not described."],
  ] as const)("PUT %s %s: %s", (type, body, why) => {
    const answer = asked(customers, "PUT /customers/7", type, body);
    if (why instanceof RegExp) expect(answer).toMatch(why);
    else expect(answer).toBe(why);
  });

  it("takes no body where none is described, and any where any is", () => {
    expect(asked(customers, "GET /customers/7?limit=1", "text/plain", "x")).toBe(
      "There is a body, and none is described.",
    );
    expect(asked(customers, "PATCH /customers/7", "a/b", "x")).toBeNull();
  });
});
