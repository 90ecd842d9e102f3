import type { Context } from "hono";
import type { App } from "./context.ts";
import { Refused } from "./problem.ts";

/** What calls services may also fetch their answers, and nothing else may. */
export function requireHttpScope(c: Context<App>): void {
  const { token } = c.var.identity;
  if (token === null || token.scopes.includes("http:call")) return;
  throw new Refused("insufficient_scope", "This takes a token with http:call.", {
    scope: "http:call",
  });
}
