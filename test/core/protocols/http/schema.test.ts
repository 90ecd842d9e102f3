import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Api, compileApi } from "../../../../core/protocols/http/openapi.ts";
import { textMatches } from "../../../../core/masking/regex.ts";
import { asked, document, type Json, matches, post, taking } from "./described.ts";

describe("a schema", () => {
  it.each([
    [{ contains: true }, [], false],
    [{ contains: true, minContains: 0 }, [], true],
    [{ multipleOf: 0.01 }, 19.99, true],
    [{ multipleOf: 0.01 }, 19.999, false],
    [{ multipleOf: 3 }, 1e21, false],
    [{ multipleOf: 1e-7 }, 3e-7, true],
    [{ type: "integer" }, 3.0, true],
    [{ minLength: 2 }, "\u{1f600}", false],
    [{ maxLength: 1 }, "\u{1f600}", true],
    [{ enum: [{ a: 1, b: [2] }] }, { b: [2], a: 1 }, true],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      false,
    ],
    [{ required: ["toString"] }, {}, false],
    [{ properties: { a: false } }, {}, true],
    [{ additionalProperties: false }, { ["__proto__"]: 1 }, false],
    [{ format: "email", "x-own": 1, default: 3 }, "a", true],
  ])("%j, %j: %j", (schema, value, fits) => {
    expect(post(schema, value) === null).toBe(fits);
  });
});

describe("OpenAPI 3.0's own dialect", () => {
  const old = (schema: unknown, value: unknown, parts: Json = {}): boolean =>
    post(schema, value, { ...parts, openapi: "3.0.3" }) === null;
  it.each([
    [{ type: "string", nullable: true }, null, true],
    [{ type: "string", nullable: false }, null, false],
    [{ type: "integer", maximum: 3, exclusiveMaximum: true }, 3, false],
    [{ type: "integer", maximum: 3, exclusiveMaximum: false }, 3, true],
    [{ type: "integer", minimum: 3, exclusiveMinimum: true }, 3, false],
    [{ type: "integer", minimum: 3, exclusiveMinimum: true }, 4, true],
    [{ $ref: "#/x", unheard: 1, type: "integer" }, "a", true],
    [{ $ref: "#/x" }, 3, false],
  ])("%j, %j: %j", (schema, value, fits) => {
    expect(old(schema, value, { x: { type: "string" } })).toBe(fits);
  });
});

describe("no value takes it out of bounds", () => {
  it("a request that is deep", () => {
    const list = { a: { type: "array", items: { $ref: "#/a" } } };
    let value: unknown = [];
    for (let i = 0; i < 500; i++) value = [value];
    expect(post({ $ref: "#/a" }, value, list)).toBeNull();
    const either = { a: { anyOf: [{ type: "string" }, { items: { $ref: "#/a" } }] } };
    expect(() => post({ $ref: "#/a" }, value, either)).not.toThrow();
  });

  it("schemas that multiply work, where not even a negation may say yes", () => {
    let schema: Json = { type: "string" };
    for (let i = 0; i < 40; i++) schema = { anyOf: [schema, schema] };
    expect(post(schema, 3)).toBe("The body takes too long to check.");
    expect(post({ not: schema }, 3)).toBe("The body takes too long to check.");
  });
});

describe("patterns in RE2", () => {
  const RE2 = (pattern: string, text: string) => textMatches(pattern)?.(text) ?? null;
  it.each([
    ["^\\d{3}-\\d{2}$", "123-45", true],
    ["^\\d{3}$", "123\n", false],
    ["b", "abc", true],
    ["^$", "", true],
    ["^[\\u00e0-\\u00ff]+$", "é", true],
    ["^\\\\u0041$", "\\u0041", true],
    ["^a\\/b$", "a/b", true],
    ["^.$", "\u{1f600}", true],
    ["^(a+)+$", `${"a".repeat(50_000)}b`, false],
    ["(?=a)", "a", null],
    ["(a)\\1", "aa", null],
    ["(", "(", null],
    ["(a{1,1000}){1,1000}", "a", null],
  ])("%s: %s", (pattern, text, found) => expect(RE2(pattern, text)).toBe(found));
});

/** Null: the code that ajv 8.20 has written does not run (false under `prefixItems`). */
function theirAnswer(validate: (value: unknown) => unknown, value: unknown): boolean | null {
  try {
    return validate(value) === true;
  } catch (error) {
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

describe("ajv says the same", () => {
  const name = fc.constantFrom("a", "b", "c");
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(
        null,
        true,
        false,
        0,
        1,
        2,
        3,
        4.5,
        -1,
        120,
        "",
        "a",
        "ab",
        "abc",
        "\u{1f600}b",
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(name, tie("value"), { maxKeys: 3 }),
    ),
  })).value;
  const types = ["null", "boolean", "integer", "number", "string", "array", "object"];
  const small = fc.nat(3);
  const { schema } = fc.letrec<{ schema: Json | boolean }>((tie) => {
    const inner = tie("schema");
    const some = fc.array(inner, { minLength: 1, maxLength: 3 });
    const table = fc.dictionary(name, inner, { maxKeys: 3 });
    const keywords = fc.record(
      {
        type: fc.oneof(
          fc.constantFrom(...types),
          fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 }),
        ),
        enum: fc.array(value, { minLength: 1, maxLength: 4 }),
        const: value,
        minimum: small,
        maximum: small,
        exclusiveMinimum: small,
        exclusiveMaximum: small,
        multipleOf: fc.constantFrom(1, 2, 0.5, 3),
        minLength: small,
        maxLength: small,
        pattern: fc.constantFrom("a", "^a", "b$", "^.$"),
        minItems: small,
        maxItems: small,
        uniqueItems: fc.boolean(),
        minProperties: small,
        maxProperties: small,
        properties: table,
        patternProperties: fc.dictionary(fc.constantFrom("a", "[bc]"), inner, { maxKeys: 2 }),
        additionalProperties: inner,
        propertyNames: inner,
        required: fc.uniqueArray(name),
        dependentRequired: fc.dictionary(name, fc.uniqueArray(name), { maxKeys: 2 }),
        dependentSchemas: table,
        items: inner,
        prefixItems: some,
        contains: inner,
        minContains: small,
        maxContains: small,
        allOf: some,
        anyOf: some,
        oneOf: some,
        not: inner,
        if: inner,
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword, never a function
        then: inner,
        else: inner,
        $ref: fc.constantFrom("#/components/schemas/Tree", "#/components/schemas/Text"),
        description: fc.constant("x"),
      },
      { requiredKeys: [] },
    );
    // A few keywords at a time: with all of them nothing fits.
    const few = fc
      .tuple(keywords, fc.infiniteStream(fc.nat(9)))
      .map(([all, dice]) =>
        Object.fromEntries(Object.entries(all).filter(() => dice.next().value === 0)),
      )
      // ajv 8.20 finds what `contains` asks for in empty lists, too.
      .map((some) => ("contains" in some ? { ...some, minItems: 1 } : some));
    return { schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), few, few, few) };
  });
  const components = {
    schemas: {
      Text: { type: "string", minLength: 1 },
      Tree: {
        type: ["object", "string"],
        properties: { a: { $ref: "#/components/schemas/Tree" } },
        additionalProperties: { type: "array", items: { $ref: "#/components/schemas/Text" } },
      },
    },
  };

  test("of any schema and any value", () => {
    let [fitting, all] = [0, 0];
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 8, maxLength: 8 }), (drawn, drawnValues) => {
        // As a document has them, with no other prototype than JSON's.
        const [schema, values] = JSON.parse(JSON.stringify([drawn, drawnValues])) as [
          Json | boolean,
          unknown[],
        ];
        const compiled = compileApi(document(taking(schema, { components })), matches);
        const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
        // The keywords of one $ref's siblings are looked at in 2020-12.
        ajv.addSchema({ $id: "doc", components, it: schema });
        const validate = ajv.compile({ $ref: "doc#/it" });
        for (const one of values) {
          const own = asked(compiled as Api, "POST /a", "application/json", JSON.stringify(one));
          const theirs = theirAnswer(validate, one);
          if (theirs === null) continue;
          expect({ one, fits: own === null }).toEqual({ one, fits: theirs });
          all++;
          if (theirs) fitting++;
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
    // A corpus in which nearly all fits, or nothing, would show little.
    expect(fitting / all).toBeGreaterThan(0.1);
    expect(fitting / all).toBeLessThan(0.9);
  });
});
