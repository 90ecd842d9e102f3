import { z } from "../zod.ts";
import { id, instant, name, paging } from "./common.ts";

export const reviewState = z.enum(["pending", "approved", "rejected", "expired", "withdrawn"]);

export const vote = z.object({
  by: z.string(),
  verdict: z.enum(["approve", "reject"]),
  comment: z.string().nullable(),
  at: instant,
});

/** What the target's planner expects, outside of the asker's transaction. */
export const estimate = z.union([
  z.object({
    /** Of its answer, or of all that it changes. */
    rows: z.number(),
    /** In the planner's own unit. */
    cost: z.number(),
    /** "Seq Scan on customers" */
    scans: z.array(z.string()),
  }),
  z.object({ none: z.string() }),
]);

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
  /** The first of the bound values: `…` where one meets a masked column, or a detector's find. */
  parameters: z.array(
    z.object({ position: z.number().int(), type: z.string().nullable(), shown: z.string() }),
  ),
  operations: z.array(z.string()),
  objects: z.array(z.string()),
  /** Columns that it names, and that are masked for who asks. */
  masked: z.array(z.string()),
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
  /** How many minutes ago voters may have signed in, and by which means (an OpenID `acr`). */
  signIn: z.object({ minutes: z.number(), acr: z.string().nullable() }).nullable(),
  /** Hex of what an approval is bound to (CONTRACTS §3). */
  digest: z.string(),
  /** The command waits inside a transaction that holds locks: others wait for it. */
  holdsLocks: z.boolean(),
  /** Null: it has not come yet, or none was asked for. Never shown to who asked. */
  estimate: estimate.nullable(),
  /** It asks for a grant for so many hours, and for no command. */
  access: z.object({ grant: z.string(), hours: z.number(), endsAt: instant.nullable() }).nullable(),
  askedAt: instant,
  expiresAt: instant,
  settledAt: instant.nullable(),
});
export type ReviewView = z.infer<typeof review>;

export const reviewsQuery = paging.extend({ state: reviewState.optional() });

export const requestBody = z.object({
  /** One of the resource's `grants`; the first when absent. */
  grant: name.optional(),
  hours: z.number().positive().max(8_760).optional(),
  reason: z.string().trim().max(500).optional(),
  ticket: z.string().trim().max(500).optional(),
});

export const voteBody = z.object({ comment: z.string().trim().max(2_000).nullish() });
