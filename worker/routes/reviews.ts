import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { ProblemCode } from "../../core/api/problem.ts";
import type { ReviewView } from "../../core/api/review.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { groupsFreshSeconds } from "../../core/limits.ts";
import type { Refusal, Review } from "../../core/review/review.ts";
import { audit } from "../../store/audit.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readBody, readQuery } from "../read.ts";
import { holdsRole, requireRole } from "../roles.ts";

export const reviews = new Hono<App>();

/**
 * A page holds what the caller may see of it: it can be shorter than asked for and not be the last.
 */
reviews.get(ROUTES.reviews.path, signedIn, async (c) => {
  const { state, limit, after } = readQuery(c, ROUTES.reviews.query);
  const filter = { state: state ?? null, limit: limit + 1, after: after ?? null };
  const rows = await deskStub(c.env).list(filter);
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  const everything = await holdsRole(c, "auditor", "admin");
  const seen = page.filter((review) => everything || concerns(c, review));
  return c.json({ items: seen.map(viewOf), next });
});

reviews.get(ROUTES.review.path, signedIn, async (c) => c.json(viewOf(await reviewFor(c))));

for (const verdict of ["approve", "reject"] as const) {
  reviews.post(ROUTES[verdict].path, signedIn, async (c) => {
    const review = await reviewFor(c);
    const { principal, groupsReadAt } = c.var.identity;
    if (principal.kind !== "person") throw new Refused("not_a_person", "Only people may vote.");
    await requireRole(c, "reviewer");
    if (c.var.now - groupsReadAt > groupsFreshSeconds * 1000) {
      throw new Refused("stale_groups", "Your groups were read too long ago: refresh and vote.");
    }
    const { comment } = await readBody(c, ROUTES[verdict].body);
    const ballot = { verdict, comment: comment ?? null };
    const outcome = await deskStub(c.env).vote(review.id, principal, ballot);
    if (outcome === null) throw unknownReview();
    if (outcome.is === "refused") throw new Refused(REFUSALS[outcome.code], outcome.message);
    const event = { actor: principal, action: `review.${verdict}`, outcome: "done" } as const;
    const detail = { session: review.session, digest: review.digest };
    await audit(c.var.db, { ...event, subject: review.id, detail }, c.var.now);
    return c.json(viewOf(outcome.review));
  });
}

const REFUSALS: Readonly<Record<Refusal["code"], ProblemCode>> = {
  settled: "already_settled",
  own_command: "own_command",
  not_a_person: "not_a_person",
  not_a_reviewer: "forbidden",
  voted_already: "already_voted",
};

const unknownReview = () => new Refused("unknown", "There is no such review for you.");

async function reviewFor(c: Context<App>): Promise<Review> {
  const review = await deskStub(c.env).get(c.req.param("id") ?? "");
  if (review === null) throw unknownReview();
  if (concerns(c, review) || (await holdsRole(c, "auditor", "admin"))) return review;
  throw unknownReview();
}

/** Who asked, for whom it is, and who may vote on it. */
function concerns(c: Context<App>, review: Review): boolean {
  const { id, name, groups } = c.var.identity.principal;
  const asker = review.principal.id === id;
  const behind = review.onBehalfOf === id || review.onBehalfOf === name;
  return asker || behind || groups.some((group) => review.reviewers.includes(group));
}

const viewOf = (review: Review): ReviewView => ({
  id: review.id as ReviewView["id"],
  state: review.state,
  session: review.session,
  resource: review.resource,
  principal: review.principal.name,
  onBehalfOf: review.onBehalfOf,
  shown: review.shown,
  operations: [...review.operations],
  objects: [...review.objects],
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
  digest: review.digest,
  holdsLocks: review.holdsLocks,
  askedAt: toInstant(review.askedAt),
  expiresAt: toInstant(review.expiresAt),
  settledAt: review.settledAt === null ? null : toInstant(review.settledAt),
});
