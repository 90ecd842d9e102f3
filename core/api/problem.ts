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
  insufficient_scope: 403,
  unknown: 404,
  conflict: 409,
  idempotency_in_progress: 409,
  already_settled: 409,
  already_voted: 409,
  precondition_failed: 412,
  too_large: 413,
  idempotency_mismatch: 422,
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

/** What each code means, and what to do, for people. */
export const MEANINGS: Readonly<Record<ProblemCode, string>> = {
  bad_request: "Something in the path, the query, a header or the body is not as documented.",
  unauthenticated: "Nobody is signed in: no token came, or it is not valid here, or it was ended.",
  token_expired: "The access token is over its ten minutes: refresh it and ask again.",
  forbidden: "You are known, and may not do this: the detail names the role or group it takes.",
  foreign_origin: "A page of another origin caused the request, by a browser's cookie.",
  no_grant: "No grant of the policy lets you in now; you may ask for one.",
  own_command: "You asked for this yourself: somebody else has to answer it.",
  not_a_person: "Only people may do this, not services.",
  stale_groups: "Your groups were read too long ago for this: refresh the sign-in and ask again.",
  stale_sign_in: "The rule asks for a fresh sign-in: sign in again, then answer.",
  insufficient_scope: "The API token is not for this: `scope` names what it would take, if any.",
  unknown: "It is not there, or you may not know that it is.",
  conflict: "As things stand this cannot be done: read them again.",
  idempotency_in_progress:
    "The first request under this Idempotency-Key has not answered yet: ask again in a moment.",
  already_settled: "The review, or what it gave, is over.",
  already_voted: "You have answered this review before.",
  precondition_failed: "The policy in force is not the one that If-Match names: read it again.",
  too_large: "The body is larger than this route takes.",
  idempotency_mismatch: "This Idempotency-Key came before with another body: take a new key.",
  invalid_policy: "The document is not a policy: `errors` says what, with line and column.",
  nobody_admin: "Under this policy nobody could apply the next one.",
  upgrade_required: "This is a WebSocket: come with an upgrade, and for a tunnel its subprotocol.",
  address_refused: "The resource's address may not be dialled.",
  issuer_unavailable: "The identity provider does not answer: try again later.",
  target_unavailable: "The database behind the resource does not answer.",
  misconfigured: "The deployment lacks a setting or a secret: the detail names it.",
  internal: "The gateway failed. Nothing was let through.",
};

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
  /** What an API token would have to be for, for `insufficient_scope`. */
  scope: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;
