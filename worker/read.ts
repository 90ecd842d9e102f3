import type { Context } from "hono";
import type { z } from "zod";
import type { App } from "./context.ts";
import { Refused } from "./problem.ts";

/**
 * The JSON body by its contract. Throws Refused `bad_request` that names the first field that is
 * wrong.
 */
export async function readBody<T extends z.ZodType>(c: Context<App>, contract: T) {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refused("bad_request", "The body must be application/json.");
  }
  let given: unknown;
  try {
    given = JSON.parse(await c.req.text());
  } catch {
    throw new Refused("bad_request", "The body is not JSON.");
  }
  return checked(contract, given);
}

/** The query by its contract. */
export const readQuery = <T extends z.ZodType>(c: Context<App>, contract: T) =>
  checked(contract, c.req.query());

function checked<T extends z.ZodType>(contract: T, given: unknown): z.output<T> {
  const parsed = contract.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refused("bad_request", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`);
}
