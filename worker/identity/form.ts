import type { Context } from "hono";
import type { App } from "../context.ts";
import { Refused } from "../problem.ts";

/** A form (RFC 6749 appendix B). A parameter that comes twice is refused, as section 3.2 asks. */
export async function form(c: Context<App>): Promise<ReadonlyMap<string, string>> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new Refused("bad_request", "The body must be application/x-www-form-urlencoded.");
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(await c.req.text())) {
    if (fields.has(name)) throw new Refused("bad_request", `The field ${name} comes twice.`);
    fields.set(name, value);
  }
  return fields;
}
