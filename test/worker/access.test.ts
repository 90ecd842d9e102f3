import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceView } from "../../core/api/resource.ts";
import type { ReviewView } from "../../core/api/review.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";

/* Access just in time. `ada` may ask for `ledger`, leads decide, for an hour at most. */

const REASONED = POLICY.replace("hours: 1 }", "hours: 1, reason: required }");

let gate: Gateway;
let tokens: Readonly<Record<"ada" | "rui" | "max" | "ida", string>>;
beforeAll(async () => {
  gate = await Gateway.start();
  const token = async (who: string) => (await gate.signIn(who)).access_token;
  tokens = {
    ada: await token("ada"),
    rui: await token("rui"),
    max: await token("max"),
    ida: await token("ida"),
  };
  expect((await gate.apply(REASONED, tokens.max)).status).toBe(200);
});
afterAll(() => gate.stop());

const REASON = { reason: "Invoice 4711 is wrong.", ticket: "OPS-12" };
const ask = (json: object, who: keyof typeof tokens = "ada", name = "ledger") =>
  gate.send("POST", `/api/resources/${name}/requests`, tokens[who], json);
const on = (review: ReviewView, verb: string, who: keyof typeof tokens) =>
  gate.send("POST", `/api/reviews/${review.id}/${verb}`, tokens[who], {});
const asked = async (more = {}): Promise<ReviewView> =>
  (await (await ask({ ...REASON, ...more })).json()) as ReviewView;
const ledger = async (): Promise<ResourceView> =>
  (await (await gate.get("/api/resources/ledger", tokens.ada)).json()) as ResourceView;
const opens = async (): Promise<number> => {
  const headers = {
    authorization: `Bearer ${tokens.ada}`,
    upgrade: "websocket",
    "sec-websocket-protocol": "sluice.tunnel.1",
  };
  return (await gate.request("/tunnel/ledger", { headers })).status;
};

describe("asking for access", () => {
  it("is a review of its own kind, for those whom the grant names", async () => {
    const review = await asked();
    expect(review).toMatchObject({
      state: "pending",
      principal: "ada",
      resource: "ledger",
      shown: "open ledger for 1 hour: read",
      rules: ["on-call"],
      reviewers: ["leads"],
      ...REASON,
      mayVote: false,
      access: { grant: "on-call", hours: 1, endsAt: null },
    });
    expect(await ledger()).toMatchObject({ state: "request", grants: ["on-call"] });
    expect(await opens()).toBe(403);
  });

  it.each<[string, object, number]>([
    ["no reason where one is required", {}, 400],
    ["longer than the grant is for", { ...REASON, hours: 2 }, 400],
    ["no time", { ...REASON, hours: 0 }, 400],
    ["a grant that is not hers", { ...REASON, grant: "engineers" }, 404],
  ])("%s is refused", async (_, json, status) => {
    expect((await ask(json)).status).toBe(status);
  });

  it("says nothing of resources that nobody may ask for", async () => {
    expect((await ask(REASON, "ida")).status).toBe(404);
    expect((await ask(REASON, "ada", "shop-db")).status).toBe(404);
    expect((await ask(REASON, "ada", "nowhere")).status).toBe(404);
  });
});

describe("access that was given", () => {
  it("opens the resource until its end, and no longer", async () => {
    const review = await asked({ hours: 0.5 });
    expect((await on(review, "approve", "ada")).status).toBe(403);
    const before = Date.now();
    const answer = (await (await on(review, "approve", "rui")).json()) as ReviewView;
    const endsAt = Date.parse(answer.access?.endsAt ?? "");
    expect(endsAt - before).toBeGreaterThanOrEqual(1_800_000);
    expect(endsAt - before).toBeLessThan(1_810_000);
    expect(await ledger()).toMatchObject({ state: "open", access: ["read"] });
    expect(await opens()).toBe(200);
    const spec = gate.prepared.at(-1);
    expect(spec).toMatchObject({ endsAt, granted: [{ grant: "on-call", endsAt }] });
  });

  it("ends when it is withdrawn, with the sessions that it opened", async () => {
    gate.desk.reviews.clear();
    const review = await asked();
    await on(review, "approve", "rui");
    await opens();
    const { id } = gate.prepared.at(-1) ?? { id: "" };
    expect((await on(review, "withdraw", "ida")).status).toBe(403);
    expect((await on(review, "withdraw", "rui")).status).toBe(200);
    expect(gate.notices.map(({ session, notice }) => [session, notice])).toContainEqual([
      id,
      expect.objectContaining({ do: "revoke", code: "grant-withdrawn" }),
    ]);
    expect(await ledger()).toMatchObject({ state: "request" });
    expect(await opens()).toBe(403);
    expect((await on(review, "withdraw", "ada")).status).toBe(409);
  });

  it("is taken back by who asked, while it waits", async () => {
    const review = await asked();
    expect((await on(review, "withdraw", "ada")).status).toBe(200);
    expect((await on(review, "approve", "rui")).status).toBe(409);
  });

  it("stands in the audit trail", async () => {
    const { results } = await gate.env.DB.prepare(
      "select distinct action from audit_events where action like 'access.%' order by 1",
    ).all();
    expect(results).toEqual([{ action: "access.request" }, { action: "access.withdraw" }]);
  });
});
