import type { Catalog } from "../core/catalog.ts";
import type { StreamSpec } from "../core/session.ts";
import type { Estimate } from "../core/sql/estimate.ts";
import type { Why } from "./catalog.ts";
import type { Explained } from "./estimates.ts";
import { catalogOf, type ObjectsEnv } from "./env.ts";

/** A target, as far as its catalog goes: another login may see other things. */
export const targetOf = ({ resource }: StreamSpec): string => {
  const { id, host, port, database, user } = resource;
  return JSON.stringify([id, host, port, database, user]);
};

/**
 * The last catalog of each target that an isolate has seen. Its sessions share it, and with it the
 * index that core makes of it: a catalog takes hundreds of kilobytes.
 */
const shared = new Map<string, Catalog>();
const sharedMax = 64;

/** Null: it could not be read, and whatever needs it is treated as unknown. */
export async function catalogFor(
  env: ObjectsEnv,
  spec: StreamSpec,
  why: Why,
): Promise<Catalog | null> {
  if (spec.literalTexts !== null) return null;
  const target = targetOf(spec);
  const known = shared.get(target) ?? null;
  try {
    const json = await catalogOf(env, spec).catalog(spec, why, known?.version ?? null);
    return json === null ? known : share(target, JSON.parse(json) as Catalog);
  } catch {
    return null;
  }
}

/** Several sessions may have asked for the same one at once. */
function share(target: string, read: Catalog): Catalog {
  const last = shared.get(target);
  const catalog = last?.version === read.version ? last : read;
  shared.delete(target);
  const [oldest] = shared.keys();
  if (oldest !== undefined && shared.size >= sharedMax) shared.delete(oldest);
  shared.set(target, catalog);
  return catalog;
}

/** The target's planner is asked; what cannot be had is a reason in words. Never throws. */
export async function estimateFor(
  env: ObjectsEnv,
  spec: StreamSpec,
  statement: Explained,
): Promise<Estimate> {
  try {
    return await catalogOf(env, spec).estimate(spec, statement);
  } catch {
    return { none: "The database could not be asked." };
  }
}
