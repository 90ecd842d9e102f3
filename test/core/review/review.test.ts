import { describe, expect, it } from "vitest";
import {
  consume,
  estimated,
  expire,
  openReview,
  type Question,
  type Review,
  vote,
  type Voter,
  withdraw,
} from "../../../core/review/review.ts";
import { viewOf, type Viewer } from "../../../core/review/view.ts";

const question: Question = {
  session: "ses_1",
  command: 1,
  resource: "shop-db",
  principal: { id: "u-ada", name: "ada" },
  onBehalfOf: "u-boss",
  shown: "delete from orders",
  operations: ["delete"],
  objects: ["public.orders"],
  masked: [],
  parameters: [],
  unbounded: true,
  risks: [],
  rules: ["careful"],
  message: "Deletes wait for a lead.",
  reason: null,
  ticket: null,
  reviewers: ["leads"],
  approvalsNeeded: 2,
  signIn: null,
  digest: "d1",
  holdsLocks: false,
  access: null,
  askedAt: 1_000,
  expiresAt: 9_000,
};
const asked = openReview("rev_1", question);
const voter = (id: string, over: Partial<Voter> = {}): Voter => ({
  id,
  name: id,
  groups: ["leads"],
  kind: "person",
  ...over,
});
const approve = { verdict: "approve", comment: null } as const;
const reject = { verdict: "reject", comment: "no" } as const;

const cast = (review: Review, id: string, ballot: typeof approve | typeof reject, now = 2_000) => {
  const outcome = vote(review, voter(id), ballot, now);
  if (outcome.is === "refused") throw new Error(outcome.code);
  return outcome.review;
};
const approved = cast(cast(asked, "bob", approve), "eve", approve);

describe("a review", () => {
  it("is approved by as many distinct people as it needs", () => {
    expect(cast(asked, "bob", approve).state).toBe("pending");
    expect(approved).toMatchObject({ state: "approved", settledAt: 2_000 });
  });

  it("is rejected by one", () => {
    expect(cast(cast(asked, "bob", approve), "eve", reject).state).toBe("rejected");
  });

  it.each([
    ["the asker", asked, voter("u-ada"), "own_command"],
    ["the person for whom the asker acts", asked, voter("u-boss"), "own_command"],
    ["the same by name", asked, voter("x", { name: "u-boss" }), "own_command"],
    ["a service", asked, voter("bot", { kind: "service" }), "not_a_person"],
    ["the gateway", asked, voter("sluice", { kind: "sluice" }), "not_a_person"],
    ["somebody in no such group", asked, voter("bob", { groups: ["devs"] }), "not_a_reviewer"],
    ["one who voted already", cast(asked, "bob", approve), voter("bob"), "voted_already"],
    ["anybody after the approval", approved, voter("zoe"), "settled"],
    ["anybody after a withdrawal", withdraw(asked, 2_000), voter("zoe"), "settled"],
  ])("refuses the vote of %s", (_, review, who, code) => {
    expect(vote(review, who, approve, 2_000)).toMatchObject({ is: "refused", code });
  });

  it("expires at its instant, whether or not a timer came first", () => {
    expect(expire(asked, 8_999).state).toBe("pending");
    expect(expire(asked, 9_000)).toMatchObject({ state: "expired", settledAt: 9_000 });
    expect(vote(asked, voter("bob"), approve, 9_000)).toMatchObject({ code: "settled" });
    expect(expire(approved, 9_000)).toBe(approved);
  });

  it("is used once, and for the command that was approved", () => {
    expect(consume(approved, "d2", 3_000)).toBeNull();
    const used = consume(approved, "d1", 3_000);
    expect(used?.consumedAt).toBe(3_000);
    expect(consume(used as Review, "d1", 3_001)).toBeNull();
  });

  it.each([
    ["pending", asked],
    ["rejected", cast(asked, "bob", reject)],
    ["expired", expire(asked, 9_000)],
    ["withdrawn after its approval", withdraw(approved, 2_500)],
  ])("lets nothing run while it is %s", (_, review) => {
    expect(consume(review, "d1", 3_000)).toBeNull();
  });
});

describe("an estimate", () => {
  const estimate = { rows: 48_210, cost: 812.5, scans: ["Seq Scan on orders"] };
  const known = estimated(asked, estimate) as Review;
  const seenBy = (who: Voter, roles: Viewer["roles"] = []) =>
    viewOf(known, { ...who, roles }).estimate;

  it("is said once, and while people still decide", () => {
    expect(known.estimate).toEqual(estimate);
    expect(estimated(known, { none: "late" })).toBeNull();
    expect(estimated(approved, estimate)).toBeNull();
    expect(estimated(expire(asked, 9_000), estimate)).toBeNull();
  });

  it("is for those who decide, and never for whom it would answer, whatever her roles", () => {
    expect(seenBy(voter("bob"), ["reviewer"])).toEqual(estimate);
    expect(seenBy(voter("ida", { groups: [] }), ["auditor"])).toEqual(estimate);
    const none = { none: "Only those who decide see it." };
    expect(seenBy(voter("u-ada"), ["reviewer", "admin"])).toEqual(none);
    expect(seenBy(voter("u-boss"), ["auditor"])).toEqual(none);
    expect(seenBy(voter("x", { name: "u-boss" }), ["auditor"])).toEqual(none);
  });
});
