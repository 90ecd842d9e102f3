import { pageOf } from "../common.ts";
import { review, reviewsQuery, voteBody } from "../review.ts";
import type { Route } from "../route.ts";

const AGAINST_A_VOTE = [
  "already_settled",
  "already_voted",
  "not_a_person",
  "own_command",
  "stale_groups",
  "stale_sign_in",
] as const;

/** Held commands and requests for access. */
export const REVIEWS_ROUTES = {
  reviews: {
    method: "GET",
    path: "/api/reviews",
    summary: "List held commands and requests for access that you may see, newest first.",
    roles: ["signed-in"],
    scope: "reviews:read",
    query: reviewsQuery,
    answer: pageOf(review),
  },
  review: {
    method: "GET",
    path: "/api/reviews/:id",
    summary: "Read one review.",
    roles: ["owner", "reviewer", "auditor", "admin"],
    scope: "reviews:read",
    answer: review,
  },
  withdraw: {
    method: "POST",
    path: "/api/reviews/:id/withdraw",
    summary: "Take a request for access back, or, as who may decide it, end what it gave.",
    roles: ["owner", "reviewer", "admin"],
    scope: "access:request",
    answer: review,
    problems: ["already_settled", "conflict"],
  },
  approve: {
    method: "POST",
    path: "/api/reviews/:id/approve",
    summary: "Approve what waits. Only people may, and never their own command.",
    roles: ["reviewer"],
    scope: "person",
    body: voteBody,
    answer: review,
    problems: AGAINST_A_VOTE,
  },
  reject: {
    method: "POST",
    path: "/api/reviews/:id/reject",
    summary: "Reject what waits.",
    roles: ["reviewer"],
    scope: "person",
    body: voteBody,
    answer: review,
    problems: AGAINST_A_VOTE,
  },
} as const satisfies Readonly<Record<string, Route>>;
