import type { SessionSpec } from "../core/session.ts";
import type { CallerObject } from "./caller.ts";
import type { CatalogObject } from "./catalog.ts";
import type { ConsoleObject } from "./console.ts";
import type { ReviewDesk } from "./review-desk.ts";
import type { SessionObject } from "./session.ts";

/**
 * What the objects need of the deployment: bindings of wrangler.toml and the keys of CONTRACTS §8.
 */
export type ObjectsEnv = {
  readonly DB: D1Database;
  readonly RECORDINGS: R2Bucket;
  readonly SESSIONS: DurableObjectNamespace<SessionObject>;
  readonly DESK: DurableObjectNamespace<ReviewDesk>;
  readonly CATALOGS: DurableObjectNamespace<CatalogObject>;
  readonly CALLERS: DurableObjectNamespace<CallerObject>;
  readonly CONSOLES: DurableObjectNamespace<ConsoleObject>;
  readonly SIGNING_KEYS: string;
  readonly SEALING_KEYS: string;
};

/** The one desk of the deployment (CONTRACTS §8). */
export const deskOf = (env: ObjectsEnv) => env.DESK.get(env.DESK.idFromName("desk"));

export const sessionOf = (env: ObjectsEnv, id: string) =>
  env.SESSIONS.get(env.SESSIONS.idFromName(id));

export const callerOf = (env: ObjectsEnv, { principal }: SessionSpec) =>
  env.CALLERS.get(env.CALLERS.idFromName(principal.id));

export const catalogOf = (env: ObjectsEnv, spec: SessionSpec) =>
  env.CATALOGS.get(env.CATALOGS.idFromName(spec.resource.id));

/** The same, when it asks what a held statement would touch. */
export const ESTIMATE_PRINCIPAL = {
  id: "sluice:estimate",
  name: "sluice:estimate",
  groups: [],
  kind: "sluice",
} as const;

/** Who the gateway itself is, when it asks a target for its catalog. */
export const CATALOG_PRINCIPAL = {
  id: "sluice:catalog",
  name: "sluice:catalog",
  groups: [],
  kind: "sluice",
} as const;
