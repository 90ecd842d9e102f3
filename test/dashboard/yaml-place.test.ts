import { describe, expect, it } from "vitest";
import { optionsAt, type Schema } from "../../dashboard/src/schema.ts";
import { placeIn } from "../../dashboard/src/yaml-place.ts";
import { documentSchema } from "../../core/policy/schema.ts";
import { z } from "../../core/zod.ts";

const schema = z.toJSONSchema(documentSchema, { io: "input" }) as Schema;
/** `|` stands where somebody types. */
const at = (text: string) => placeIn(text.slice(0, text.indexOf("|")));
const labels = (text: string) => optionsAt(schema, at(text)).map(({ label }) => label);

describe("where somebody types", () => {
  it.each([
    ["at the top", "gr|", [], null, "gr"],
    ["at the top, after a list", "grants:\n  - id: a\n    groups: [b]\n|", [], null, ""],
    ["in an item", "grants:\n  - id: a\n    gro|", ["grants", "*"], null, "gro"],
    ["right behind the dash", "grants:\n  - i|", ["grants", "*"], null, "i"],
    ["in a list in its key's own column", "grants:\n- id: a\n  ac|", ["grants", "*"], null, "ac"],
    ["in the second item", "grants:\n  - id: a\n  - id: b\n    x|", ["grants", "*"], null, "x"],
    ["a value", "masking:\n  - id: a\n    technique: re|", ["masking", "*"], "technique", "re"],
    ["in brackets", "grants:\n  - access: [read, wr|", ["grants", "*"], "access", "wr"],
    [
      "in an item of an item's list",
      "grants:\n  - id: a\n    access:\n      - wr|",
      ["grants", "*", "access", "*"],
      null,
      "wr",
    ],
    ["below a key", "recording:\n  de|", ["recording"], null, "de"],
    [
      "below an item's key",
      "grants:\n  - id: a\n    request:\n      ho|",
      ["grants", "*", "request"],
      null,
      "ho",
    ],
    ["in braces", "guardrails:\n  - { id: a, th|", ["guardrails", "*"], null, "th"],
    ["a value in braces", "guardrails:\n  - { id: a, then: bl|", ["guardrails", "*"], "then", "bl"],
    ["in braces of a key", "roles: { reviewer: [a, b], au|", ["roles"], null, "au"],
    [
      "past comments and empty lines",
      "grants:\n  # x: y\n\n  - id: a\n\n    h|",
      ["grants", "*"],
      null,
      "h",
    ],
  ] as const)("%s", (_, text, path, of, typed) => {
    expect(at(text)).toMatchObject({ path, of, typed });
  });
});

describe("what may stand there", () => {
  it("is a key that is not there yet", () => {
    expect(labels("|")).toEqual([
      "resources",
      "grants",
      "guardrails",
      "masking",
      "budgets",
      "roles",
      "recording",
    ]);
    const left = labels("grants:\n  - id: a\n    groups: [b]\n    |");
    expect(left).toContain("access");
    expect(left).not.toContain("groups");
  });

  it("is a value that the schema names, of a list its items'", () => {
    expect(labels("guardrails:\n  - then: |")).toEqual(["allow", "block", "review"]);
    expect(labels("grants:\n  - access: [|")).toEqual(["read", "write", "schema", "admin"]);
    expect(labels("grants:\n  - access:\n      - |")).toEqual(["read", "write", "schema", "admin"]);
    expect(labels("masking:\n  - technique: |")).toContain("tokenise");
  });

  it("has the words of the schema", () => {
    const options = optionsAt(schema, at("masking:\n  - |"));
    expect(options.find(({ label }) => label === "columns")?.info).toContain("TABLE.COLUMN");
  });

  it("is nothing where the schema says nothing", () => {
    expect(labels("nothing:\n  here: |")).toEqual([]);
    expect(labels("resources:\n  - name: |")).toEqual([]);
  });
});
