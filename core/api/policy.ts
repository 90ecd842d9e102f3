import { z } from "../zod.ts";
import { policyBytesMax } from "../limits.ts";
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

/** Any version; `previous` was in force before it. */
export const policyAt = policy.extend({ previous: id("pol").nullable() });

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

/** A policy's text that is not to be applied: looked at, tested or rehearsed. */
const source = z.string().max(policyBytesMax);

/** What is wrong with a text, where. */
export const policyError = z.object({
  code: z.string(),
  message: z.string(),
  line: z.number().int().nullable(),
  column: z.number().int().nullable(),
});

export const checkBody = z.strictObject({ source });

/** No errors: it could be applied. `warnings` would not stop that. */
export const checked = z.object({
  errors: z.array(policyError),
  warnings: z.array(z.string()),
});

/** JSON Schema (2020-12) of `sluice.yaml`, for editors. */
export const policySchema = z.record(z.string(), z.unknown());

/** `cases`: the YAML that `sluice policy test` takes. */
export const testBody = z.strictObject({ source, cases: z.string().max(policyBytesMax) });

/** `refuse`: of a request that is answered before any rule. */
export const outcome = z.enum(["allow", "block", "review", "refuse"]);

/** `errors`: the cases cannot be read, and none was tried. */
export const tested = z.object({
  errors: z.array(policyError),
  cases: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      line: z.number().int(),
      passed: z.boolean(),
      as: z.string(),
      on: z.string(),
      verdict: outcome,
      rules: z.array(z.string()),
      columns: z.array(z.object({ name: z.string(), rule: z.string().nullable() })),
      /** Of a request: the rules and detectors that mask something of it. */
      maskedIn: z.array(z.string()),
      differences: z.array(z.string()),
    }),
  ),
  /** Databases that were read without a catalog. */
  bare: z.array(z.string()),
});
