import { z } from "../zod.ts";
import { id, instant, paging } from "./common.ts";

export const reviewState = z.enum(["pending", "approved", "rejected", "expired", "withdrawn"]);

export const vote = z.object({
  by: z.string(),
  verdict: z.enum(["approve", "reject"]),
  comment: z.string().nullable(),
  at: instant,
});

/**
 * A held command, in its shown form: what a masked column holds is already replaced (CONTRACTS §6).
 */
export const review = z.object({
  id: id("rev"),
  state: reviewState,
  session: z.string(),
  resource: z.string(),
  principal: z.string(),
  onBehalfOf: z.string().nullable(),
  shown: z.string(),
  operations: z.array(z.string()),
  objects: z.array(z.string()),
  unbounded: z.boolean(),
  risks: z.array(z.string()),
  rules: z.array(z.string()),
  message: z.string(),
  reason: z.string().nullable(),
  ticket: z.string().nullable(),
  reviewers: z.array(z.string()),
  approvalsNeeded: z.number().int(),
  votes: z.array(vote),
  /** The caller may vote on it now. */
  mayVote: z.boolean(),
  /** Hex of what an approval is bound to (CONTRACTS §3). */
  digest: z.string(),
  /** The command waits inside a transaction that holds locks: others wait for it. */
  holdsLocks: z.boolean(),
  askedAt: instant,
  expiresAt: instant,
  settledAt: instant.nullable(),
});
export type ReviewView = z.infer<typeof review>;

export const reviewsQuery = paging.extend({ state: reviewState.optional() });

export const voteBody = z.object({ comment: z.string().trim().max(2_000).nullish() });
