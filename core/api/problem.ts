import { z } from "../zod.ts";

/**
 * Every `code` that an answer of the gateway can carry, with its HTTP status. Codes never change
 * meaning.
 */
export const PROBLEMS = {
  bad_request: 400,
  unauthenticated: 401,
  token_expired: 401,
  forbidden: 403,
  foreign_origin: 403,
  no_grant: 403,
  own_command: 403,
  not_a_person: 403,
  stale_groups: 403,
  stale_sign_in: 403,
  unknown: 404,
  conflict: 409,
  already_settled: 409,
  already_voted: 409,
  precondition_failed: 412,
  too_large: 413,
  invalid_policy: 422,
  nobody_admin: 422,
  upgrade_required: 426,
  address_refused: 422,
  issuer_unavailable: 502,
  target_unavailable: 502,
  misconfigured: 500,
  internal: 500,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457, `application/problem+json`. `type` is `urn:sluice:problem:` and the code. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  /** Where in `sluice.yaml`, for `invalid_policy`. */
  errors: z
    .array(
      z.object({
        code: z.string(),
        message: z.string(),
        line: z.number().int().nullable(),
        column: z.number().int().nullable(),
      }),
    )
    .optional(),
  /** The tunnel's subprotocols that are served, for `upgrade_required`. */
  versions: z.array(z.string()).optional(),
});
export type Problem = z.infer<typeof problem>;
