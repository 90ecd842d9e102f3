import { z } from "../zod.ts";
import { id, instant } from "./common.ts";

/** The document that is in force. `etag` goes into `If-Match` of the next apply. */
export const policy = z.object({
  version: id("pol"),
  source: z.string(),
  author: z.string(),
  appliedAt: instant,
  etag: z.string(),
});
export type PolicyView = z.infer<typeof policy>;

/** Without the text: what the list of versions and an apply answer. */
export const policyVersion = policy.omit({ source: true });

/**
 * What `sluice apply` prints. `warnings` do not stop an apply (an address that could not be
 * checked).
 */
export const applied = policyVersion.extend({
  changed: z.boolean(),
  resources: z.number().int(),
  warnings: z.array(z.string()),
});
export type Applied = z.infer<typeof applied>;
