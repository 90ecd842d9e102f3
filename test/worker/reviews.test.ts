import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueAccessToken, verifyAccessToken } from "../../worker/identity/tokens.ts";
import { settingsOf } from "../../worker/env.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aReview } from "./things.ts";

let gate: Gateway;
let rui: string;
beforeAll(async () => {
  gate = await Gateway.start();
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
  rui = (await gate.signIn("rui")).access_token;
});
afterAll(() => gate.stop());

const approve = async (id: string, token: string, json: unknown = {}) => {
  const answer = await gate.send("POST", `/api/reviews/${id}/approve`, token, json);
  const body = (await answer.json()) as { code?: string; state?: string; votes?: unknown[] };
  return { status: answer.status, ...body };
};
const ADA = { id: "ada", name: "ada" };

describe("voting", () => {
  it("counts a reviewer's vote, with the comment, and writes it down", async () => {
    const { id } = aReview(gate, ADA);
    const voted = await approve(id, rui, { comment: "looked at the plan" });
    expect(voted).toMatchObject({
      status: 200,
      state: "approved",
      votes: [{ by: "rui", verdict: "approve", comment: "looked at the plan" }],
    });
    const { results } = await gate.env.DB.prepare(
      "select actor from audit_events where action = 'review.approve' and subject = ?",
    )
      .bind(id)
      .all();
    expect(results).toEqual([{ actor: "rui" }]);
  });

  it("never counts the asker's, nor that of the person for whom the asker acts", async () => {
    const own = aReview(gate, { id: "rui", name: "rui" });
    expect(await approve(own.id, rui)).toMatchObject({ status: 403, code: "own_command" });
    const behind = aReview(gate, { id: "service:bot", name: "bot" }, { onBehalfOf: "rui" });
    expect(await approve(behind.id, rui)).toMatchObject({ status: 403, code: "own_command" });
  });

  it("never counts a service's, whatever its groups", async () => {
    const bot = await gate.service("lead-bot", ["leads"]);
    const { id } = aReview(gate, ADA);
    expect(await approve(id, bot)).toMatchObject({ status: 403, code: "not_a_person" });
  });

  it("asks for groups that were read within ten minutes", async () => {
    const settings = settingsOf(gate.env);
    const identity = await verifyAccessToken(settings, rui, Date.now());
    const stale = { ...identity, groupsReadAt: Date.now() - 601_000 };
    const token = await issueAccessToken(settings, stale, Date.now());
    const { id } = aReview(gate, ADA);
    expect(await approve(id, token)).toMatchObject({ status: 403, code: "stale_groups" });
  });

  it("takes one vote of each, and none once it is over", async () => {
    const two = aReview(gate, ADA, { approvalsNeeded: 2 });
    expect(await approve(two.id, rui)).toMatchObject({ status: 200, state: "pending" });
    expect(await approve(two.id, rui)).toMatchObject({ status: 409, code: "already_voted" });
    const over = aReview(gate, ADA);
    await gate.send("POST", `/api/reviews/${over.id}/reject`, rui, {});
    expect(await approve(over.id, rui)).toMatchObject({ status: 409, code: "already_settled" });
  });

  it("refuses a reviewer of another group", async () => {
    const { id } = aReview(gate, ADA, { reviewers: ["finance"] });
    expect((await approve(id, rui)).status).toBe(404);
  });

  it("pages from the newest on", async () => {
    gate.desk.reviews.clear();
    const made = [aReview(gate, ADA), aReview(gate, ADA), aReview(gate, ADA)].map(({ id }) => id);
    type Page = { items: { id: string }[]; next: string | null };
    const first: Page = await (await gate.get("/api/reviews?limit=2", rui)).json();
    const rest: Page = await (
      await gate.get(`/api/reviews?limit=2&after=${first.next}`, rui)
    ).json();
    const seen = [...first.items, ...rest.items].map(({ id }) => id);
    expect(seen).toEqual(made.toSorted().toReversed());
    expect(rest.next).toBeNull();
  });
});
