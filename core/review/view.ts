import { toInstant } from "../api/common.ts";
import type { ReviewView } from "../api/review.ts";
import type { Role } from "../session.ts";
import { accessEndsAt, refusalOf, type Review, type Voter } from "./review.ts";

/** Who looks: what the policy makes of the groups is in `roles`. Plain data: it crosses RPC. */
export type Viewer = Voter & { readonly roles: readonly Role[] };

/** Who asked, for whom it is, who may vote on it, and who may see everything. */
export function maySee(review: Review, viewer: Viewer): boolean {
  const { groups, roles } = viewer;
  const votes = groups.some((group) => review.reviewers.includes(group));
  return asks(review, viewer) || votes || roles.includes("auditor") || roles.includes("admin");
}

/** Whose question it is. */
const asks = ({ principal, onBehalfOf }: Review, { id, name }: Viewer): boolean =>
  principal.id === id || onBehalfOf === id || onBehalfOf === name;

/**
 * How many rows a condition meets is an answer about the values, also where those are masked: who
 * asked could ask again and again, and reject the statement herself.
 */
const estimateFor = (review: Review, viewer: Viewer): ReviewView["estimate"] => {
  if (asks(review, viewer)) return { none: "Only those who decide see it." };
  const { estimate } = review;
  if (estimate === null || "none" in estimate) return estimate;
  return { ...estimate, scans: [...estimate.scans] };
};

export const viewOf = (review: Review, viewer: Viewer): ReviewView => ({
  id: review.id as ReviewView["id"],
  state: review.state,
  session: review.session,
  resource: review.resource,
  principal: review.principal.name,
  onBehalfOf: review.onBehalfOf,
  shown: review.shown,
  parameters: [...review.parameters],
  operations: [...review.operations],
  objects: [...review.objects],
  masked: [...review.masked],
  unbounded: review.unbounded,
  risks: [...review.risks],
  rules: [...review.rules],
  message: review.message,
  reason: review.reason,
  ticket: review.ticket,
  reviewers: [...review.reviewers],
  approvalsNeeded: review.approvalsNeeded,
  votes: review.votes.map(({ name, verdict, comment, at }) => ({
    by: name,
    verdict,
    comment,
    at: toInstant(at),
  })),
  mayVote: viewer.roles.includes("reviewer") && refusalOf(review, viewer) === null,
  signIn: review.signIn,
  digest: review.digest,
  holdsLocks: review.holdsLocks,
  estimate: estimateFor(review, viewer),
  access: accessOf(review),
  askedAt: toInstant(review.askedAt),
  expiresAt: toInstant(review.expiresAt),
  settledAt: review.settledAt === null ? null : toInstant(review.settledAt),
});

function accessOf(review: Review): ReviewView["access"] {
  if (review.access === null) return null;
  const endsAt = accessEndsAt(review);
  return { ...review.access, endsAt: endsAt === null ? null : toInstant(endsAt) };
}
