import type { SignInRule, UnixMs } from "../decision.ts";
import type { CommandId } from "../command.ts";
import type { PrincipalKind } from "../session.ts";
import type { ShownParameter } from "./bound.ts";
import type { Estimate } from "../sql/estimate.ts";

/*
 * A review's life, as a table. Only `pending` has a way out, so whatever comes after the end is
 * refused:
 *
 *   pending --(enough approve)--> approved --(consume, once, by digest)--> consumed
 *   pending --(one rejects)-----> rejected
 *   pending --(time is over)----> expired
 *   pending --(asker leaves)----> withdrawn
 */
export type ReviewState = "pending" | "approved" | "rejected" | "expired" | "withdrawn";

/**
 * What is asked: a command in its shown form, and whom it may be shown to. Plain data: it crosses
 * RPC.
 */
export type Question = {
  readonly session: string;
  readonly command: CommandId;
  readonly resource: string;
  readonly principal: { readonly id: string; readonly name: string };
  /** The person for whom the asker acts. */
  readonly onBehalfOf: string | null;
  readonly shown: string;
  readonly parameters: readonly ShownParameter[];
  readonly operations: readonly string[];
  readonly objects: readonly string[];
  /** Columns that it names and that are masked for who asks. */
  readonly masked: readonly string[];
  readonly unbounded: boolean;
  readonly risks: readonly string[];
  readonly rules: readonly string[];
  readonly message: string;
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Groups whose members may vote. */
  readonly reviewers: readonly string[];
  /** Distinct people needed. */
  readonly approvalsNeeded: number;
  /** What is asked of the voters' sign-ins; null: nothing. */
  readonly signIn: SignInRule | null;
  /** Hex of what an approval is bound to (CONTRACTS §3). */
  readonly digest: string;
  readonly holdsLocks: boolean;
  /** Asks for a grant, and not for a command; `session` is then empty. */
  readonly access: AccessAsked | null;
  readonly askedAt: UnixMs;
  readonly expiresAt: UnixMs;
};

/** A grant of the policy, for as long as that from the moment at which it is approved. */
export type AccessAsked = { readonly grant: string; readonly hours: number };

export type Vote = {
  readonly by: string;
  readonly name: string;
  readonly verdict: "approve" | "reject";
  readonly comment: string | null;
  readonly at: UnixMs;
};

export type Review = Question & {
  readonly id: string;
  readonly state: ReviewState;
  readonly votes: readonly Vote[];
  /** What the planner expects of a held statement; null: it has not said. */
  readonly estimate: Estimate | null;
  readonly settledAt: UnixMs | null;
  readonly consumedAt: UnixMs | null;
};

/** Who votes. The worker has checked that `groups` were read lately. */
export type Voter = {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly kind: PrincipalKind;
};

export type Refusal = {
  readonly is: "refused";
  readonly code: "settled" | "own_command" | "not_a_person" | "not_a_reviewer" | "voted_already";
  /** For the person who voted. */
  readonly message: string;
};
export type Outcome = { readonly is: "review"; readonly review: Review } | Refusal;

export const openReview = (id: string, question: Question): Review => ({
  ...question,
  id,
  state: "pending",
  votes: [],
  estimate: null,
  settledAt: null,
  consumedAt: null,
});

export type Ballot = Pick<Vote, "verdict" | "comment">;

export function vote(review: Review, voter: Voter, ballot: Ballot, now: UnixMs): Outcome {
  const refusal = refusalOf(expire(review, now), voter);
  if (refusal !== null) return refusal;
  const cast: Vote = { by: voter.id, name: voter.name, ...ballot, at: now };
  const voted = { ...review, votes: [...review.votes, cast] };
  if (ballot.verdict === "reject") return settled(voted, "rejected", now);
  const approvals = voted.votes.filter((one) => one.verdict === "approve").length;
  if (approvals < review.approvalsNeeded) return { is: "review", review: voted };
  return settled(voted, "approved", now);
}

/** Why that person may not vote; null: she may. */
export function refusalOf(review: Review, voter: Voter): Refusal | null {
  const { id, name, kind } = voter;
  if (kind !== "person") return refused("not_a_person", "Only people may vote.");
  if (id === review.principal.id) {
    return refused("own_command", "Nobody votes on a command of their own.");
  }
  if (review.onBehalfOf === id || review.onBehalfOf === name) {
    return refused("own_command", "Nobody votes on a command that is run for them.");
  }
  if (!voter.groups.some((group) => review.reviewers.includes(group))) {
    return refused("not_a_reviewer", "You are in no group that may vote on this.");
  }
  if (review.state !== "pending") {
    return refused("settled", `This review is over: ${review.state}.`);
  }
  if (review.votes.some((one) => one.by === id)) {
    return refused("voted_already", "You have voted on this already.");
  }
  return null;
}

/** Once, while people still decide; null: it stays as it is. */
export const estimated = (review: Review, estimate: Estimate): Review | null =>
  review.state === "pending" && review.estimate === null ? { ...review, estimate } : null;

/** The same review unless its time is over. */
export const expire = (review: Review, now: UnixMs): Review =>
  review.state === "pending" && now >= review.expiresAt
    ? { ...review, state: "expired", settledAt: now }
    : review;

/** Until when the access is given; null: it is not. */
export const accessEndsAt = ({ access, state, settledAt }: Review): UnixMs | null =>
  access === null || state !== "approved" || settledAt === null
    ? null
    : settledAt + access.hours * HOUR_MS;

const HOUR_MS = 3_600_000;

/** The asker no longer wants it; an approval that nobody has used yet is void as well. */
export const withdraw = (review: Review, now: UnixMs): Review =>
  review.state === "pending" || (review.state === "approved" && review.consumedAt === null)
    ? { ...review, state: "withdrawn", settledAt: now }
    : review;

/**
 * Uses an approval, once and for exactly the command that was approved. Null: it may not run.
 * Whoever stores the result must have read `review` in the same turn.
 */
export function consume(review: Review, digest: string, now: UnixMs): Review | null {
  const usable = review.state === "approved" && review.consumedAt === null;
  return usable && review.digest === digest ? { ...review, consumedAt: now } : null;
}

export const approvers = (review: Review): readonly string[] =>
  review.votes.filter((one) => one.verdict === "approve").map((one) => one.name);

const settled = (review: Review, state: ReviewState, now: UnixMs): Outcome => ({
  is: "review",
  review: { ...review, state, settledAt: now },
});

const refused = (code: Refusal["code"], message: string): Refusal => ({
  is: "refused",
  code,
  message,
});
