import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { ConfigError } from "../core/errors.ts";
import type { App } from "./context.ts";
import { auditDenied } from "./denied.ts";
import { IssuerError } from "./identity/issuer.ts";
import { OAuthError } from "./identity/token.ts";
import { problemResponse, Refused } from "./problem.ts";

/** What a caller is told of what a route has thrown. */
export async function failure(error: Error, c: Context<App>): Promise<Response> {
  if (error instanceof OAuthError) {
    return c.json({ error: error.error, error_description: error.message }, error.status);
  }
  if (error instanceof Refused) {
    await auditDenied(c, error);
    return problemResponse(error.code, error.message, error.more);
  }
  if (error instanceof IssuerError) {
    return problemResponse("issuer_unavailable", "The identity provider does not answer.");
  }
  if (error instanceof ConfigError) return problemResponse("misconfigured", error.message);
  if (error instanceof HTTPException) return problemResponse("bad_request", error.message);
  console.error(JSON.stringify({ path: c.req.routePath, error: error.name, at: placeOf(error) }));
  return problemResponse("internal", "The gateway failed. Nothing was let through.");
}

/** Where it failed, without the message: that may quote what somebody sent. */
const placeOf = (error: Error): string | undefined =>
  error.stack?.split("\n").find((line) => line.startsWith("    at"));
