import { type Context, Hono } from "hono";
import type { ProblemCode } from "../../core/api/problem.ts";
import { LIVE_REVIEWS, ROUTES } from "../../core/api/routes.ts";
import type { SignInRule } from "../../core/decision.ts";
import { groupsFreshSeconds } from "../../core/limits.ts";
import { staleSignIn } from "../../core/review/fresh.ts";
import type { Refusal, Review } from "../../core/review/review.ts";
import { maySee, viewOf, type Viewer } from "../../core/review/view.ts";
import { audit } from "../../store/audit.ts";
import { liveSignIn } from "../../store/tokens.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Hidden, Refused } from "../problem.ts";
import { readBody, readQuery } from "../read.ts";
import { requireRole, viewerOf } from "../roles.ts";

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
  const viewer = await viewerOf(c);
  const seen = page.filter((review) => maySee(review, viewer));
  return c.json({ items: seen.map((review) => viewOf(review, viewer)), next });
});

/**
 * A WebSocket of what `reviews` answers: each review again whenever it is another. It ends with the
 * access token; the page comes again with a new one.
 */
reviews.get(LIVE_REVIEWS, signedIn, async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new Refused("upgrade_required", "The inbox is a WebSocket.");
  }
  const viewer = await viewerOf(c);
  const { expiresAt } = c.var.identity;
  const headers = { upgrade: "websocket", "sluice-viewer": JSON.stringify({ viewer, expiresAt }) };
  return deskStub(c.env).fetch(new Request("https://desk/live", { headers }));
});

reviews.get(ROUTES.review.path, signedIn, async (c) => {
  const viewer = await viewerOf(c);
  return c.json(viewOf(await reviewFor(c, viewer), viewer));
});

for (const verdict of ["approve", "reject"] as const) {
  reviews.post(ROUTES[verdict].path, signedIn, async (c) => {
    const viewer = await viewerOf(c);
    const review = await reviewFor(c, viewer);
    const { principal, groupsReadAt } = c.var.identity;
    if (principal.kind !== "person") throw new Refused("not_a_person", "Only people may vote.");
    await requireRole(c, "reviewer");
    if (c.var.now - groupsReadAt > groupsFreshSeconds * 1000) {
      throw new Refused("stale_groups", "Your groups were read too long ago: refresh and vote.");
    }
    if (review.signIn !== null) await requireFreshSignIn(c, review.signIn);
    const { comment } = await readBody(c, ROUTES[verdict].body);
    const ballot = { verdict, comment: comment ?? null };
    const outcome = await deskStub(c.env).vote(review.id, principal, ballot);
    if (outcome === null) throw unknownReview();
    if (outcome.is === "refused") throw new Refused(REFUSALS[outcome.code], outcome.message);
    const event = { actor: principal, action: `review.${verdict}`, outcome: "done" } as const;
    const detail = { session: review.session, digest: review.digest };
    await audit(c.var.db, { ...event, subject: review.id, detail }, c.var.now);
    return c.json(viewOf(outcome.review, viewer));
  });
}

/** By what is written down of the sign-in: a token says when it was renewed, and not more. */
async function requireFreshSignIn(c: Context<App>, rule: SignInRule): Promise<void> {
  const { db, now, identity } = c.var;
  const was = await liveSignIn(db, identity.signIn, now);
  const stale = staleSignIn(rule, was ?? { authenticatedAt: null, acr: null }, now);
  if (stale !== null) throw new Refused("stale_sign_in", stale);
}

const REFUSALS: Readonly<Record<Refusal["code"], ProblemCode>> = {
  settled: "already_settled",
  own_command: "own_command",
  not_a_person: "not_a_person",
  not_a_reviewer: "forbidden",
  voted_already: "already_voted",
};

const unknownReview = () => new Hidden("There is no such review for you.");

async function reviewFor(c: Context<App>, viewer: Viewer): Promise<Review> {
  const review = await deskStub(c.env).get(c.req.param("id") ?? "");
  if (review === null || !maySee(review, viewer)) throw unknownReview();
  return review;
}
