import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { database } from "../../store/db.ts";
import { addOpening } from "../../store/openings.ts";
import { seen } from "../../store/principals.ts";
import { Gateway } from "./gateway.ts";
import { aReview, aSession, aSignIn } from "./things.ts";

const POLICY = `
resources:
  - { name: shop-db, type: postgres, host: db.example.com, database: shop, user: sluice }
  - { name: ledger, type: postgres, host: db.example.com, database: ledger, user: sluice }
  - { name: vault, type: postgres, host: db.example.com, database: vault, user: sluice }
grants:
  - { id: engineers, groups: [engineers], resources: [shop-db], hours: 8, access: [read, write] }
  - { id: on-call, groups: [engineers], resources: [ledger], access: [admin],
      request: { reviewers: [leads], hours: 1 } }
guardrails:
  - { id: careful, when: command.unbounded, then: review, reviewers: [leads] }
  - { id: trusted, except: [engineers], then: block }
masking:
  - { id: pii, columns: ["*.ssn"], technique: { partial: { last: 4 } } }
  - { id: pay, resources: [shop-db], columns: ["*.salary"], except: [engineers] }
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
`;

let gate: Gateway;
let max: string;
let ida: string;
let ada: string;
beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
  ida = (await gate.signIn("ida")).access_token;
  ada = (await gate.signIn("ada")).access_token;
  expect((await gate.apply(POLICY, max)).status).toBe(200);
});
afterAll(() => gate.stop());

const person = (id: string, name = id) =>
  ({ id, name, groups: ["engineers"], kind: "person" }) as const;
const vouchFor = (id: string, name = id) => seen(database(gate.env), person(id, name), Date.now());
const pathOf = (id: string, more = "") => `/api/people/${encodeURIComponent(id)}${more}`;

const lastAudit = (action: string) =>
  gate.env.DB.prepare(
    "select actor, subject, outcome, detail from audit_events where action = ? order by rowid desc",
  )
    .bind(action)
    .first();

describe("the list of people", () => {
  it("is in the order of names, in pages, and by how a name begins", async () => {
    for (const [id, name] of [
      ["u2", "zoe"],
      ["u1", "zoe"],
      ["u3", "zed"],
    ] as const) {
      await vouchFor(id, name);
    }
    const pageAt = async (query: string) =>
      ROUTES.people.answer.parse(await (await gate.get(`/api/people${query}`, ida)).json());
    const first = await pageAt("?name=z&limit=2");
    expect(first.items.map(({ id }) => id)).toEqual(["u3", "u1"]);
    const rest = await pageAt(`?name=z&limit=2&after=${first.next}`);
    expect([rest.items.map(({ id }) => id), rest.next]).toEqual([["u2"], null]);
    expect((await pageAt("?name=%25")).items).toEqual([]);
    const all = await pageAt("");
    expect(all.items.find(({ id }) => id === "ida")).toMatchObject({ roles: ["auditor"] });
    expect((await gate.get("/api/people?limit=0", ida)).status).toBe(400);
    expect(await lastAudit("people.read")).toMatchObject({ actor: "ida", subject: "everybody" });
  });
});

describe("what a person can do", () => {
  const about = async (id: string, token: string) =>
    ROUTES.person.answer.parse(await (await gate.get(pathOf(id), token)).json());

  it("is said for each resource, with its rules", async () => {
    await aSession(gate, person("ada"));
    const found = await about("ada", ida);
    expect([found.live, found.roles, found.why]).toEqual([1, [], []]);
    const [shop, ledger, vault] = found.standings;
    expect(shop).toMatchObject({
      state: "open",
      access: ["read", "write"],
      why: "ada may open shop-db (read, write) for 8 hours at a time by the grant engineers.",
    });
    expect(shop?.masking.map(({ id, applies }) => [id, applies])).toEqual([
      ["pii", true],
      ["pay", false],
    ]);
    expect(shop?.masking[0]?.technique).toBe("partial, keeps the last 4");
    expect(shop?.guardrails.map(({ id }) => id)).toEqual(["careful"]);
    expect(ledger).toMatchObject({ state: "request", grants: ["on-call"], given: [] });
    expect(ledger?.masking.map(({ id }) => id)).toEqual(["pii"]);
    expect(vault).toMatchObject({ state: "closed", why: "No grant lets ada open vault." });
    const reading = { actor: "ida", subject: "ada", detail: '{"reads":"access"}' };
    expect(await lastAudit("people.read")).toMatchObject(reading);
    const roles = await about("max", max);
    expect(roles.why).toEqual([{ role: "admin", groups: ["admins"] }]);
  });

  it("has what was given just in time", async () => {
    const access = { grant: "on-call", hours: 1 };
    const settledAt = Date.now();
    const given = { resource: "ledger", access, state: "approved", settledAt } as const;
    const review = aReview(gate, { id: "ada", name: "ada" });
    gate.desk.reviews.set(review.id, { ...review, ...given });
    const ledger = (await about("ada", ida)).standings[1];
    const endsAt = new Date(settledAt + 3_600_000).toISOString();
    expect(ledger).toMatchObject({ state: "open", given: [{ grant: "on-call", endsAt }], endsAt });
    expect(ledger?.why).toBe("ada may open ledger (admin) by the grant on-call.");
  });

  it("is for her own eyes too, and then nobody writes it down", async () => {
    const before = await lastAudit("people.read");
    expect((await about("ada", ada)).id).toBe("ada");
    expect(await lastAudit("people.read")).toEqual(before);
    expect((await gate.get(pathOf("max"), ada)).status).toBe(403);
    expect((await gate.get(pathOf("nobody"), ada)).status).toBe(403);
    expect((await gate.get(pathOf("nobody"), ida)).status).toBe(404);
  });

  it.each(["auth0|12", "https://id.example/u/7?x=1#y", "a%2Fb", "ü 日", "o'n"])(
    "is found where the provider calls her %s",
    async (id) => {
      await vouchFor(id);
      expect((await about(id, ida)).id).toBe(id);
      const signIn = await aSignIn(gate, id);
      const path = pathOf(id, `/sign-ins/${signIn}/revoke`);
      expect((await gate.send("POST", path, max, {})).status).toBe(200);
    },
  );
});

describe("sign-ins", () => {
  const signInsOf = async (id: string, token: string, query = "") =>
    ROUTES.signIns.answer.parse(
      await (await gate.get(pathOf(id, `/sign-ins${query}`), token)).json(),
    );

  it("are listed, the latest first, with the one that asks", async () => {
    await aSignIn(gate, "ada");
    const page = await signInsOf("ada", ada);
    expect(page.items.map(({ current }) => current)).toEqual([false, true]);
    expect(page.items[1]).toMatchObject({ way: "browser", endedAt: null, live: 0 });
    const first = await signInsOf("ada", ada, "?limit=1");
    const rest = await signInsOf("ada", ada, `?limit=1&after=${first.next}`);
    expect([...first.items, ...rest.items]).toEqual(page.items);
    expect(JSON.stringify(page)).not.toMatch(/issuer_?token|sealed|hash/i);
  });

  it("are revoked by an admin: sessions and tokens end, and it is written down", async () => {
    const { access_token: token, refresh_token: refresh } = await gate.signIn("bob");
    const [signIn] = (await signInsOf("bob", token)).items;
    const session = await aSession(gate, person("bob"));
    const id = signIn?.id ?? "";
    const opening = { session, signIn: id, principal: "bob", openedAt: Date.now() };
    await addOpening(database(gate.env), opening);
    expect((await signInsOf("bob", max)).items[0]?.live).toBe(1);
    const path = pathOf("bob", `/sign-ins/${id}/revoke`);
    expect((await gate.send("POST", path, ida, {})).status).toBe(403);
    expect((await gate.send("POST", path, ada, {})).status).toBe(403);
    const answer = await gate.send("POST", path, max, {});
    const { endedAt, endReason } = ROUTES.revokeSignIn.answer.parse(await answer.json());
    expect([endedAt === null, endReason]).toEqual([false, "sign-in-revoked"]);
    expect(gate.notices.at(-1)).toMatchObject({
      session,
      notice: { do: "revoke", code: "sign-in-revoked" },
    });
    expect((await gate.get("/api/me", token)).status).toBe(401);
    expect((await gate.refresh(refresh)).status).toBe(400);
    const detail = '{"principal":"bob","name":"bob"}';
    const by = { actor: "max", subject: id, outcome: "done", detail };
    expect(await lastAudit("sign-in.revoke")).toEqual(by);
    expect(await lastAudit("sign-in.ended")).toMatchObject({ actor: "bob", subject: id });
    expect((await gate.send("POST", path, max, {})).status).toBe(409);
  });

  it("are revoked by herself, hers alone, and not under another's name", async () => {
    const { access_token: token } = await gate.signIn("ada");
    const own = (await signInsOf("ada", token)).items.find(({ current }) => !current)?.id ?? "";
    const others = await aSignIn(gate, "max");
    const revoke = (id: string, signIn: string) =>
      gate.send("POST", pathOf(id, `/sign-ins/${signIn}/revoke`), token, {});
    expect((await revoke("ada", others)).status).toBe(404);
    expect((await revoke("max", others)).status).toBe(403);
    expect((await revoke("ada", own)).status).toBe(200);
  });
});
