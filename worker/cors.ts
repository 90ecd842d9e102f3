import type { Context } from "hono";
import { preflightSeconds } from "../core/limits.ts";
import { appliedPolicy } from "./applied.ts";
import type { App } from "./context.ts";

/*
 * Pages of other origins that call a service with a token of theirs (Fetch, "CORS protocol"). The
 * gate answers for the service, by the resource's `origins`; credentials of the browser's are never
 * among what it allows.
 */

/** The request's origin, where the resource lists it; null: it is not another page's to read. */
export async function listedOrigin(c: Context<App>, resource: string): Promise<string | null> {
  const origin = c.req.header("origin");
  if (origin === undefined) return null;
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find(({ name }) => name === resource);
  return rule?.type === "http" && rule.origins.includes(origin) ? origin : null;
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Null: it is no preflight (Fetch, "CORS-preflight request"). */
export function preflight(c: Context<App>): Response | null {
  const method = c.req.header("access-control-request-method");
  if (c.req.method !== "OPTIONS" || method === undefined || !TOKEN.test(method)) return null;
  const asked = (c.req.header("access-control-request-headers") ?? "").split(",");
  const names = asked.map((name) => name.trim()).filter((name) => TOKEN.test(name));
  const headers = new Headers({
    "access-control-allow-methods": method,
    "access-control-max-age": String(preflightSeconds),
    vary: "Access-Control-Request-Method, Access-Control-Request-Headers",
  });
  if (names.length > 0) headers.set("access-control-allow-headers", names.join(", "));
  return new Response(null, { status: 204, headers });
}

/** On every answer to such a page, refusals among them. */
export function allow(headers: Headers, origin: string | null): void {
  headers.append("vary", "Origin");
  if (origin === null) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", "*");
}
