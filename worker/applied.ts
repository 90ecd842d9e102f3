import type { Context } from "hono";
import { loadDocument } from "../core/policy/document.ts";
import type { Document } from "../core/policy/schema.ts";
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
export async function appliedPolicy(c: Context<App>): Promise<Applied | null> {
  const version = await currentVersion(c.var.db);
  if (version === null || held?.version === version) return version === null ? null : held;
  const row = await policyByVersion(c.var.db, version);
  if (row === null) return null;
  held = { version, source: row.source, document: loadDocument(row.source) };
  return held;
}
