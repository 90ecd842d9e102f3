import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SignInRule } from "../../core/decision.ts";
import { staleSignIn } from "../../core/review/fresh.ts";
import { cookieOf, Gateway, PUBLIC_URL } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aReview } from "./things.ts";

/* Votes that ask for a sign-in of a moment ago, and the way to one. */

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
});
afterAll(() => gate.stop());
const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;
beforeEach(() => {
  gate.issuer.authTime = secondsAgo(3_600);
  gate.issuer.asksAgain = true;
});

const ADA = { id: "ada", name: "ada" };
const rule = (more: Partial<SignInRule> = {}) => ({ signIn: { minutes: 5, acr: null, ...more } });

async function approve(id: string, token: string) {
  const answer = await gate.send("POST", `/api/reviews/${id}/approve`, token, {});
  return {
    status: answer.status,
    ...((await answer.json()) as { code?: string; detail?: string }),
  };
}

/** By the pages: what the issuer was asked, and what came of it. */
async function again(query = "&fresh=1") {
  const begun = await gate.request(`/auth/login?to=/reviews/rev_1${query}`);
  const sent = new URL(begun.headers.get("location") ?? "");
  const callback = gate.issuer.signIn(sent, "rui");
  const done = await gate.request(callback.href, { headers: { cookie: cookieOf(begun) } });
  const jar = done.headers.getSetCookie().map((each) => each.split(";")[0] ?? "");
  const token = jar.find((each) => each.startsWith("__Host-sluice="))?.split("=")[1] ?? "";
  const refresh = jar.find((each) => each.startsWith("__Secure-sluice-refresh=")) ?? "";
  return { asked: sent.searchParams, done, token, refresh };
}

describe("a vote that asks for a fresh sign-in", () => {
  it("is refused after an old one, and counted after a new one", async () => {
    const { id } = aReview(gate, ADA, rule());
    const old = (await gate.signIn("rui")).access_token;
    const refused = await approve(id, old);
    expect(refused).toMatchObject({ status: 403, code: "stale_sign_in" });
    expect(refused.detail).toContain("within the last 5 minutes");
    const { asked, done, token } = await again();
    expect([asked.get("prompt"), asked.get("max_age")]).toEqual(["login", "0"]);
    expect(await done.text()).toContain("url=/reviews/rev_1");
    expect(await approve(id, token)).toMatchObject({ status: 200, state: "approved" });
  });

  it("is not helped by a renewal: that asks nobody anything", async () => {
    gate.issuer.authTime = secondsAgo(400);
    const { refresh } = await again("");
    gate.issuer.authTime = secondsAgo(0);
    const headers = { cookie: refresh, origin: PUBLIC_URL };
    const renewed = await gate.request("/auth/refresh", { method: "POST", headers });
    const [cookie = ""] = renewed.headers.getSetCookie().map((each) => each.split(";")[0]);
    const token = cookie.replace("__Host-sluice=", "");
    const { id } = aReview(gate, ADA, rule());
    expect(await approve(id, token)).toMatchObject({ code: "stale_sign_in" });
    expect(await approve(aReview(gate, ADA, rule({ minutes: 10 })).id, token)).toMatchObject({
      status: 200,
    });
  });

  it("is refused where the issuer does not say when it asked", async () => {
    gate.issuer.authTime = null;
    const { id } = aReview(gate, ADA, rule());
    const { access_token: token } = await gate.signIn("rui");
    expect(await approve(id, token)).toMatchObject({ code: "stale_sign_in" });
    expect((await approve(aReview(gate, ADA).id, token)).status).toBe(200);
  });

  it("is refused by a sign-in of other means, and counted by those of the rule", async () => {
    const { id } = aReview(gate, ADA, rule({ acr: "phr" }));
    const other = await again();
    expect(other.asked.has("acr_values")).toBe(false);
    expect(await approve(id, other.token)).toMatchObject({ code: "stale_sign_in" });
    const passkey = await again("&fresh=1&acr=phr");
    expect(passkey.asked.get("acr_values")).toBe("phr");
    expect(await approve(id, passkey.token)).toMatchObject({ status: 200 });
  });
});

describe("a sign-in that has to be fresh", () => {
  it("fails where the issuer says what it knew instead of asking", async () => {
    gate.issuer.asksAgain = false;
    const { done, token } = await again();
    expect([done.status, token]).toEqual([403, ""]);
    gate.issuer.authTime = null;
    expect((await again()).done.status).toBe(403);
  });

  it("asks for nothing where it need not be, and for no means that are no word", async () => {
    const { asked } = await again("");
    expect([asked.has("prompt"), asked.has("max_age")]).toEqual([false, false]);
    expect((await again("&fresh=1&acr=a%20b")).asked.has("acr_values")).toBe(false);
  });
});

it("ends to the millisecond, and says why", () => {
  const at = 1_000_000;
  const five = { minutes: 5, acr: null };
  const was = { authenticatedAt: at, acr: null };
  expect(staleSignIn(five, was, at + 300_000)).toBeNull();
  expect(staleSignIn(five, was, at + 300_001)).toContain("sign in again");
  expect(staleSignIn({ minutes: 1, acr: "phr" }, { ...was, acr: "pwd" }, at)).toBe(
    "The rule asks for a sign-in by phr, and yours was by pwd: sign in again.",
  );
});
