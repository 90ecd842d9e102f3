import { expect, it } from "vitest";
import { openApi } from "../../core/api/openapi.ts";
import { curlOf, type Description, endpointsOf, typeOf } from "../../dashboard/src/described.ts";

const description = openApi("https://gate.example") as unknown as Description;
const { components } = description;

it("finds by words, within a part", () => {
  const found = (tag: string, words: string) =>
    endpointsOf(description, tag, words).map(({ operationId }) => operationId);
  expect(found("Policy", "").slice(0, 3)).toEqual(["policy", "apply", "policyVersions"]);
  expect(found("Policy", "ever  force")).toEqual(["policyVersions"]);
  expect(found("Policy", "PUT /api/policy")).toEqual(["apply"]);
  expect(found("Nothing", "")).toEqual([]);
});

it.each([
  [{ type: "integer" }, "number"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ enum: ["a", "b"] }, '"a" | "b"'],
  [{ items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
  [{ additionalProperties: { type: "string" } }, "{ [name]: string }"],
  [{ anyOf: [{ type: "string" }, { type: "null" }] }, "string | null"],
  [
    { properties: { a: { type: "string" }, b: {} }, required: ["a"] },
    "{\n  a: string\n  b?: any\n}",
  ],
])("writes %j as a type", (schema, type) => expect(typeOf(schema, components)).toBe(type));

it("opens what has a name, and no name within itself", () => {
  const list = { schemas: { a: { properties: { next: { $ref: "#/components/schemas/a" } } } } };
  expect(typeOf({ $ref: "#/components/schemas/a" }, list)).toBe("{\n  next?: a\n}");
  expect(typeOf({ $ref: "#/components/schemas/me" }, components)).toContain("groups: string[]");
});

it("gives a line for the terminal", () => {
  const lines = endpointsOf(description, "Policy", "put").map((one) => curlOf(one, "https://g"));
  expect(lines).toEqual([
    'curl -X PUT -H "Authorization: Bearer $SLUICE_TOKEN" -H "Content-Type: application/yaml" ' +
      "--data-binary @FILE https://g/api/policy",
  ]);
});
