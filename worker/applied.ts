import type { Context } from "hono";
import { type Document, parseDocument } from "../core/policy/index.ts";
import { currentVersion, policyByVersion } from "../store/policies.ts";
import type { App } from "./context.ts";

export type Applied = {
  readonly version: string;
  readonly source: string;
  readonly document: Document;
};

let held: Applied | null = null;

/** The policy in force, or null before the first apply. One small query; the parsed document stays in the isolate. */
export async function appliedPolicy(c: Context<App>): Promise<Applied | null> {
  const { db } = c.var;
  const version = await currentVersion(db);
  if (version === null) return null;
  if (held?.version === version) return held;
  const row = await policyByVersion(db, version);
  if (row === null) return null;
  held = { version, source: row.source, document: parseDocument(row.source) };
  return held;
}
