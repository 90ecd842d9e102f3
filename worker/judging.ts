import type { Context } from "hono";
import type { Judged, Scene } from "../core/rehearsal/judged.ts";
import { isStream, type StreamSpec } from "../core/session.ts";
import { appliedPolicy } from "./applied.ts";
import type { App } from "./context.ts";
import { specOf } from "./opening.ts";
import { Refused } from "./problem.ts";

/** A list for each scene. `known`: the resource's tables were. */
type Answers = {
  readonly answers: readonly (readonly Judged[])[];
  readonly known: boolean;
};

export type Judge = (resource: string, scenes: readonly Scene[]) => Promise<Answers>;

/** By the object that knows the resource's tables; a request needs none. */
export function judgeFor(c: Context<App>): Judge {
  const specs = new Map<string, Promise<StreamSpec | null>>();
  return async (resource, scenes) => {
    const looking = specs.get(resource) ?? reachable(c, resource);
    specs.set(resource, looking);
    const spec = await looking;
    const id = c.env.CATALOGS.idFromName(spec?.resource.id ?? "no resource");
    return c.env.CATALOGS.get(id).judge(spec, scenes);
  };
}

/** As the policy in force reaches it. Null: it does not, or the target may not be dialled. */
async function reachable(c: Context<App>, resource: string): Promise<StreamSpec | null> {
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find(({ name }) => name === resource);
  if (applied === null || rule === undefined || rule.type === "http") return null;
  try {
    const spec = await specOf(c, applied, rule, null);
    return isStream(spec) ? spec : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}
