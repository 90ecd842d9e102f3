import { expect, it } from "vitest";
import { EMPTY } from "../../../../core/bytes.ts";
import { idleMasker } from "../../../../core/masking/masker.ts";
import { HttpEngine } from "../../../../core/protocols/http/engine.ts";
import type { HttpResource } from "../../../../core/session.ts";
import { document } from "./described.ts";

/* How services read a request that are more lenient than its text: rules hear of it. */

const described = document({
  paths: {
    "/customers/{id}": { get: { operationId: "get" }, delete: { operationId: "delete" } },
    "/customers/me": { delete: { operationId: "leave" } },
    "/jobs/{id}:stop": { delete: { operationId: "stop" } },
    "/slash/": { delete: { operationId: "slash" } },
  },
});

const resource = {
  id: "res_00000000000000000000000001",
  name: "billing-api",
  type: "http",
  url: "https://billing.internal",
  forms: ["empty-segment", "encoded-slash"],
  origins: [],
  openapi: described,
} as unknown as HttpResource;

function otherwiseOf(request: string) {
  const [method = "", target = ""] = request.split(" ");
  const engine = new HttpEngine(resource, idleMasker, () => null);
  const read = engine.describe(1, { method, target, headers: [] }, EMPTY);
  if ("refuse" in read) throw new Error(read.refuse.message);
  return read.command.http?.otherwise;
}

it.each([
  ["DELETE /customers/7/", [{ operation: "delete" }]],
  ["DELETE //customers/7", [{ operation: "delete" }]],
  ["DELETE /Customers/7", [{ operation: "delete" }]],
  ["DELETE /slash", [{ operation: "slash" }]],
  ["DELETE /customers/ME", [{ operation: "delete" }, { operation: "leave" }]],
  ["GET /customers/7/", [{ operation: "get" }]],
  ["DELETE /jobs/7%3Astop", [{ path: "/jobs/7:stop" }, { operation: "stop" }]],
  ["GET /a%3ab", [{ path: "/a%3Ab" }, { path: "/a:b" }]],
  ["GET /caf%c3%a9", [{ path: "/caf%C3%A9" }, { path: "/caf\u00e9" }]],
  ["GET /customers/7%40x", [{ path: "/customers/7@x" }]],
  ["DELETE /customers/7", []],
  ["DELETE /customers/7:stop", []],
  ["POST /customers/7/", []],
  ["GET /elsewhere/", []],
])("%s", (request, expected) => expect(otherwiseOf(request)).toEqual(expected));
