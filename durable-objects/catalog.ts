import { DurableObject } from "cloudflare:workers";
import type { SessionSpec } from "../core/session.ts";
import type { ObjectsEnv } from "./env.ts";

export class CatalogObject extends DurableObject<ObjectsEnv> {
  async catalog(spec: SessionSpec, refresh: boolean): Promise<string> {
    throw new Error(spec.id + refresh);
  }
}
