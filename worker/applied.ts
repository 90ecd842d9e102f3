import type { Context } from "hono";
import { loadDocument } from "../core/policy/document.ts";
import type { Document } from "../core/policy/schema.ts";
import type { Database } from "../store/db.ts";
import { currentVersion, policyByVersion } from "../store/policies.ts";
import type { App } from "./context.ts";

/** A policy in force: its text as applied, and what was read from it. */
export type Applied = {
  readonly version: string;
  readonly source: string;
  readonly document: Document;
};

let held: Applied | null = null;

/**
 * The policy in force, or null before the first apply. Each request asks for the version alone; the
 * parsed document stays in the isolate.
 */
export const appliedPolicy = (c: Context<App>): Promise<Applied | null> => policyInForce(c.var.db);

/** The same, where nobody asks. */
export async function policyInForce(db: Database): Promise<Applied | null> {
  const version = await currentVersion(db);
  if (version === null || held?.version === version) return version === null ? null : held;
  const row = await policyByVersion(db, version);
  if (row === null) return null;
  held = { version, source: row.source, document: loadDocument(row.source) };
  return held;
}
