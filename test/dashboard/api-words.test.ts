import { describe, expect, test } from "vitest";
import { openApi } from "../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import type { z } from "../../core/zod.ts";
import {
  boundsOf,
  curlOf,
  type Document,
  found,
  sampleOf,
  shapeOf,
  waysIn,
} from "../../dashboard/src/api-words.ts";

const made = openApi({ routes: ROUTES, streams: STREAMS }, "https://gate.test", "1");
const DOCUMENT = made as unknown as Document;
const ways = waysIn(DOCUMENT);
const named = (id: string) => {
  const way = ways.find(({ of }) => of.operationId === id);
  if (way === undefined) throw new Error(`there is no ${id}`);
  return way;
};

describe("a shape in words", () => {
  test("is as one would write it down", () => {
    const schemas = {
      Vote: { type: "object", properties: { by: { type: "string" } }, required: ["by"] },
    };
    const vote = { $ref: "#/components/schemas/Vote" };
    const properties = {
      at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] },
      state: { type: "string", enum: ["live", "ended"] },
      limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
      votes: { type: "array", items: vote },
      labels: { type: "object", additionalProperties: { type: "string" } },
      any: {},
    };
    const shape = shapeOf({ type: "object", properties, required: ["at", "votes"] }, schemas);
    expect(shape).toBe(`{
  at: instant | null
  state?: "live" | "ended"
  limit?: integer (1 to 200, 50 by default)
  votes: [{
    by: string
  }, …]
  labels?: { name: string, … }
  any?: anything
}`);
  });

  test("has its bounds", () => {
    expect(boundsOf({ minimum: 0 })).toBe(" (from 0)");
    expect(boundsOf({ exclusiveMinimum: 0, maximum: 9 })).toBe(" (to 9, above 0)");
    expect(boundsOf({ minLength: 3, maxLength: 9 })).toBe(
      " (at least 3 characters, at most 9 characters)",
    );
    expect(boundsOf({ type: "string" })).toBe("");
  });
});

describe("every route", () => {
  test.each(ways.map((way) => [way.of.operationId, way] as const))("%s has words", (_, way) => {
    for (const { content = {} } of [way.of.requestBody ?? {}, ...Object.values(way.of.responses)]) {
      for (const media of Object.values(content)) {
        if (media?.schema === undefined) continue;
        expect(shapeOf(media.schema, DOCUMENT.components.schemas)).not.toContain("undefined");
      }
    }
  });

  test.each(["putSecret", "request", "approve", "kill", "makeToken"] as const)(
    "%s is tried with a body of the shape that it takes",
    (name) => {
      const schema = named(name).of.requestBody?.content["application/json"]?.schema ?? {};
      const sample = sampleOf(schema, DOCUMENT.components.schemas);
      const body: z.ZodType = ROUTES[name].body;
      // What a name may be is for whoever fills it in.
      const filled = JSON.parse(JSON.stringify(sample).replaceAll("…", "nightly")) as unknown;
      expect(body.safeParse(filled)).toMatchObject({ success: true });
    },
  );
});

describe("curl", () => {
  test("has what the route takes, and no token of anybody", () => {
    expect(curlOf(named("kill"), DOCUMENT)).toBe(
      'curl -X POST https://gate.test/api/sessions/ID/kill -H "Authorization: Bearer ' +
        `$SLUICE_TOKEN" -H "Content-Type: application/json" -d '{}'`,
    );
    expect(curlOf(named("apply"), DOCUMENT)).toContain("--data-binary @sluice.yaml");
    expect(curlOf(named("keys"), DOCUMENT)).toBe("curl https://gate.test/.well-known/sluice-keys");
    expect(curlOf(named("tunnel"), DOCUMENT)).toBeNull();
    expect(curlOf(named("renew"), DOCUMENT)).toBeNull();
  });
});

describe("the search", () => {
  const ids = (search: string) =>
    found(ways, search).flatMap(([, group]) => group.map(({ of }) => of.operationId));

  test("wants every word, wherever it stands", () => {
    expect(ids("policy:write")).toEqual(["apply", "check", "test"]);
    expect(ids("REVIEWS follow")).toEqual(["liveReviews"]);
    expect(ids("put no-such-word")).toEqual([]);
    expect(ids(" ")).toHaveLength(ways.length);
  });
});
