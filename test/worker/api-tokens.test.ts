import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ApiTokenView } from "../../core/api/token.ts";
import { SCOPE_NAMES } from "../../core/api/scope.ts";
import { apiTokenShownSeconds, apiTokensMax } from "../../core/limits.ts";
import { forgetOldApiTokens } from "../../store/api-tokens.ts";
import { database } from "../../store/db.ts";
import { settingsOf } from "../../worker/env.ts";
import { issueAccessToken, verifyAccessToken } from "../../worker/identity/tokens.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { anApiToken, aReview } from "./things.ts";

type Made = ApiTokenView & { readonly token: string };

const DAY = 86_400_000;
let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
  const max = (await gate.signIn("max")).access_token;
  expect((await gate.apply(POLICY, max)).status).toBe(200);
});
afterAll(() => gate.stop());
afterEach(() => void vi.useRealTimers());

const later = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

/** Somebody signed in afresh, and a token that she made. */
async function maker(person: string, json: object = {}) {
  const signIn = await gate.signIn(person);
  const body = { name: "nightly", scopes: ["sessions:read"], ...json };
  const answer = await gate.send("POST", "/api/tokens", signIn.access_token, body);
  return { signIn, answer, made: (await answer.clone().json()) as Made };
}

const me = (token: string) => gate.get("/api/me", token);
const whyNot = async (token: string) => {
  const answer = await me(token);
  const { code, detail } = await answer.json<{ code: string; detail: string }>();
  return `${answer.status} ${code}: ${detail}`;
};

describe("an API token", () => {
  it("acts as whoever made it, and says so wherever it acts", async () => {
    const { made } = await maker("ada");
    expect(made.token).toMatch(/^slt_[0-9a-v]{85}$/);
    expect(made.token.startsWith(made.id)).toBe(true);
    const answer = await (await me(made.token)).json<object>();
    expect(answer).toMatchObject({ id: "ada", name: "ada by token nightly", kind: "person" });
    expect(answer).toMatchObject({ groups: ["engineers"], expiresAt: made.expiresAt });
  });

  it("is in D1 as a hash, and in no list", async () => {
    const { made, signIn } = await maker("ada");
    const { results } = await gate.env.DB.prepare("select * from api_tokens").all();
    const secret = made.token.slice(made.id.length);
    expect(JSON.stringify(results)).not.toContain(secret);
    const list = await (await gate.get("/api/tokens", signIn.access_token)).text();
    expect(list).toContain(made.id);
    expect(list).not.toContain(secret);
  });

  it("stands in the audit trail when it is made, used beyond its scopes, and revoked", async () => {
    const { made, signIn } = await maker("ada", { scopes: ["reviews:read", "reviews:read"] });
    expect(made.scopes).toEqual(["reviews:read"]);
    expect((await gate.get("/api/sessions", made.token)).status).toBe(403);
    await gate.send("POST", `/api/tokens/${made.id}/revoke`, signIn.access_token);
    const { results } = await gate.env.DB.prepare(
      "select actor_name, action, subject, detail from audit_events order by id desc limit 3",
    ).all();
    const detail = { name: "nightly", scopes: "reviews:read", days: 30 };
    expect(results).toEqual([
      {
        actor_name: "ada",
        action: "api-token.revoke",
        subject: made.id,
        detail: '{"name":"nightly"}',
      },
      {
        actor_name: "ada by token nightly",
        action: "api.denied",
        subject: "GET /api/sessions",
        detail: '{"code":"insufficient_scope"}',
      },
      {
        actor_name: "ada",
        action: "api-token.make",
        subject: made.id,
        detail: JSON.stringify(detail),
      },
    ]);
  });

  it("shows when it was last used, to a minute", async () => {
    const { made, signIn } = await maker("ada");
    const used = async () => {
      await gate.settled();
      const page = await (await gate.get("/api/tokens?limit=1", signIn.access_token)).json();
      return (page as { items: ApiTokenView[] }).items[0]?.lastUsedAt;
    };
    expect(await used()).toBeNull();
    await me(made.token);
    const first = await used();
    expect(first).not.toBeNull();
    later(30_000);
    await me(made.token);
    expect(await used()).toBe(first);
    later(31_000);
    await me(made.token);
    expect(await used()).not.toBe(first);
  });

  it("has the roles that the policy gives its owner's groups now", async () => {
    const { made } = await maker("max", { scopes: ["policy:read"] });
    expect((await gate.get("/api/policy", made.token)).status).toBe(200);
    gate.issuer.people.set("max", { groups: [], active: true });
    await gate.signIn("max");
    expect((await gate.get("/api/policy", made.token)).status).toBe(403);
    gate.issuer.people.set("max", { groups: ["admins"], active: true });
    await gate.signIn("max");
  });

  it("takes back what its owner asked for, and ends nobody else's access", async () => {
    const { made } = await maker("max", { scopes: ["access:request"] });
    const ask = { access: { grant: "on-call", hours: 1 } };
    const [own, other] = ["max", "ada"].map((id) => aReview(gate, { id, name: id }, ask));
    const withdraw = (id = "") => gate.send("POST", `/api/reviews/${id}/withdraw`, made.token, {});
    expect((await withdraw(own?.id)).status).toBe(200);
    expect((await withdraw(other?.id)).status).toBe(403);
  });
});

describe("an API token is over", () => {
  it("at once when it is revoked, also twice", async () => {
    const { made, signIn } = await maker("ada");
    const revoke = () => gate.send("POST", `/api/tokens/${made.id}/revoke`, signIn.access_token);
    const first = (await (await revoke()).json()) as ApiTokenView;
    expect(first.revokedAt).not.toBeNull();
    expect(await whyNot(made.token)).toBe("401 unauthenticated: This API token was revoked.");
    expect(await (await revoke()).json()).toEqual(first);
  });

  it("after its days, and leaves the list a month later", async () => {
    const { made } = await maker("ada", { days: 1 });
    later(DAY - 1000);
    expect((await me(made.token)).status).toBe(200);
    later(1000);
    expect(await whyNot(made.token)).toMatch(/^401 unauthenticated: .* has expired/);
    const rows = async (at: number) => {
      await forgetOldApiTokens(database(gate.env), at - apiTokenShownSeconds * 1000);
      const question = `select id from api_tokens where id = '${made.id}'`;
      return (await gate.env.DB.prepare(question).all()).results.length;
    };
    expect(await rows(Date.now() + 30 * DAY - 1000)).toBe(1);
    expect(await rows(Date.now() + 30 * DAY)).toBe(0);
  });

  it("while its owner is signed in nowhere", async () => {
    const { made, signIn } = await maker("rui");
    const out = { token: signIn.refresh_token ?? "", client_id: "sluice-cli" };
    expect((await gate.post("/oauth/revoke", out)).status).toBe(200);
    expect(await whyNot(made.token)).toMatch(/^401 unauthenticated: .* is signed out/);
    await gate.signIn("rui");
    expect((await me(made.token)).status).toBe(200);
  });

  it("while the issuer's last word on its owner was no, whoever else is signed in", async () => {
    const { made, signIn } = await maker("rui");
    await gate.signIn("rui");
    later(1000);
    gate.issuer.people.set("rui", { groups: ["leads"], active: false });
    expect((await gate.refresh(signIn.refresh_token)).status).toBe(400);
    expect(await whyNot(made.token)).toMatch(/^401 unauthenticated: .* no longer vouches/);
    gate.issuer.people.set("rui", { groups: ["leads"], active: true });
    later(1000);
    await gate.signIn("rui");
    expect((await me(made.token)).status).toBe(200);
  });

  it("when the issuer has not vouched for its owner for a week", async () => {
    const { made } = await maker("ida");
    later(7 * DAY - 1000);
    expect((await me(made.token)).status).toBe(200);
    later(2000);
    expect(await whyNot(made.token)).toMatch(/^401 unauthenticated: .* too long/);
  });

  it("for good when the sign-in that made it was stolen", async () => {
    const { made, signIn } = await maker("ada");
    const { made: another } = await maker("ada");
    expect((await gate.refresh(signIn.refresh_token)).status).toBe(200);
    expect((await gate.refresh(signIn.refresh_token)).status).toBe(400);
    expect(await whyNot(made.token)).toMatch(/was revoked/);
    expect((await me(another.token)).status).toBe(200);
  });
});

describe("nobody gets in by", () => {
  const forgeries: [string, (token: string, other: string) => string][] = [
    ["another token's secret", (token, other) => token.slice(0, 30) + other.slice(30)],
    ["a changed character", (token) => token.slice(0, 40) + flipped(token[40]) + token.slice(41)],
    ["a changed checksum", (token) => token.slice(0, -1) + flipped(token.at(-1))],
    ["a token cut short", (token) => token.slice(0, -1)],
    ["capital letters", (token) => token.toUpperCase().replace("SLT_", "slt_")],
    ["the id alone", (token) => token.slice(0, 30)],
    ["two of them", (token) => token + token],
  ];
  const flipped = (character = "") => (character === "0" ? "1" : "0");

  it.each(forgeries)("%s", async (_, forge) => {
    const { token } = await anApiToken(gate, "ada", SCOPE_NAMES);
    const { token: other } = await anApiToken(gate, "max", SCOPE_NAMES);
    expect((await me(token)).status).toBe(200);
    const why = await whyNot(forge(token, other));
    expect(why).toBe("401 unauthenticated: The API token is not valid here.");
  });

  it("a well-formed token whose hash is another's", async () => {
    const { id, token } = await anApiToken(gate, "ada", SCOPE_NAMES);
    await gate.env.DB.prepare(`update api_tokens set hash = 'ab' where id = '${id}'`).run();
    expect(await whyNot(token)).toMatch(/not valid here/);
  });
});

describe("making one", () => {
  it.each([
    ["no scope", { scopes: [] }],
    ["a scope that is none", { scopes: ["reviews:vote"] }],
    ["more days than there are", { days: 91 }],
    ["no day", { days: 0 }],
    ["a name that could pass for somebody's", { name: "rui (admin)" }],
  ])("is refused with %s", async (_, json) => {
    expect((await maker("ada", json)).answer.status).toBe(400);
  });

  it("takes groups that were read a moment ago", async () => {
    const settings = settingsOf(gate.env);
    const { access_token: fresh } = await gate.signIn("ada");
    const identity = await verifyAccessToken(settings, fresh, Date.now());
    const stale = { ...identity, groupsReadAt: Date.now() - 601_000 };
    const token = await issueAccessToken(settings, stale, Date.now());
    const body = { name: "nightly", scopes: ["audit:read"] };
    const answer = await gate.send("POST", "/api/tokens", token, body);
    expect((await answer.json<{ code: string }>()).code).toBe("stale_groups");
    expect((await gate.send("POST", "/api/tokens", fresh, body)).status).toBe(201);
  });

  it("has a bound for each person", async () => {
    for (let made = 0; made < apiTokensMax; made++) await anApiToken(gate, "lea", []);
    const { answer } = await maker("lea");
    expect(answer.status).toBe(409);
    expect((await maker("ida")).answer.status).toBe(201);
  });
});
