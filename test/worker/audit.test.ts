import { createHash, createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { verifyHours } from "../../core/recording/hours.ts";
import { chainHour } from "../../worker/hours.ts";
import { audit } from "../../store/audit.ts";
import { database } from "../../store/db.ts";
import { seen } from "../../store/principals.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, AT, notes, ship } from "./things.ts";

const EVE = { id: "eve", name: "eve", groups: [], kind: "person" } as const;
const HOUR = 3_600_000;

let gate: Gateway;
let ida: string;
beforeAll(async () => {
  gate = await Gateway.start();
  ida = (await gate.signIn("ida")).access_token;
  await gate.apply(POLICY, (await gate.signIn("max")).access_token);
});
afterAll(() => gate.stop());

describe("the heads over all sessions", () => {
  const entries = async (query = "") =>
    ROUTES.hours.answer.parse(await (await gate.get(`/api/audit/hours${query}`, ida)).json());

  async function verdict() {
    const keys = ROUTES.keys.answer.parse(
      await (await gate.request("/.well-known/sluice-keys")).json(),
    );
    const x = Buffer.from(keys.keys[0]?.key ?? "", "base64").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verifyHours((await entries()).items, {
      digest: (data) => createHash("sha256").update(data).digest(),
      verifies: (_, signature, message) => verify(null, message, key, signature),
    });
  }

  it("list each chunk once, an hour after the other, and what is young the next time", async () => {
    const [one, two] = [await aSession(gate, EVE), await aSession(gate, EVE)];
    await ship(gate, one, 1, notes("one"));
    await chainHour(gate.env, AT + 60_000);
    await chainHour(gate.env, AT + HOUR);
    await ship(gate, two, 1, notes("two"), AT + HOUR);
    await chainHour(gate.env, AT + 2 * HOUR);
    await chainHour(gate.env, AT + 2 * HOUR);
    const found = await verdict();
    if (found.is !== "whole") throw new Error(found.why);
    const listed = found.hours.map(({ chunks }) => chunks.map(({ session }) => session));
    expect(listed).toEqual([[], [one], [two]]);
  });

  it("come in pages, oldest first", async () => {
    const first = await entries("?limit=2");
    expect(first.items).toHaveLength(2);
    const rest = await entries(`?after=${first.next}`);
    expect([rest.items.length, rest.next]).toEqual([1, null]);
  });
});

it("the audit trail comes in pages, newest first, and each event once", async () => {
  const ids: string[] = [];
  let after = "";
  for (;;) {
    const answer = await gate.get(`/api/audit?limit=2${after}`, ida);
    const page = ROUTES.audit.answer.parse(await answer.json());
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
  const [newest] = ROUTES.audit.answer.parse(
    await (await gate.get("/api/audit", ida)).json(),
  ).items;
  expect(newest).toMatchObject({ action: "policy.apply", actor: { name: "max" }, outcome: "done" });
});

describe("the audit trail, asked for a part of it", () => {
  const trail = async (query: string) => {
    const answer = await gate.get(`/api/audit?${query}`, ida);
    return ROUTES.audit.answer.parse(await answer.json()).items;
  };
  const actionsOf = async (query: string) => (await trail(query)).map(({ action }) => action);

  it("has what one person did, by id or name", async () => {
    await gate.get("/api/audit", (await gate.signIn("eve")).access_token);
    expect((await actionsOf("actor=eve")).toSorted()).toEqual(["api.denied", "sign-in"]);
    await seen(database(gate.env), { ...EVE, id: "sub-7", name: "noor" }, Date.now());
    await audit(
      database(gate.env),
      { actor: { id: "sub-7", name: "noor" }, action: "secret.put", subject: "s", outcome: "done" },
      Date.now(),
    );
    expect(await actionsOf("actor=noor")).toEqual(["secret.put"]);
    expect(await actionsOf("actor=sub-7")).toEqual(["secret.put"]);
    expect(await trail("actor=nobody")).toEqual([]);
  });

  it("has an action, a subject, what was denied", async () => {
    expect(new Set(await actionsOf("action=sign-in"))).toEqual(new Set(["sign-in"]));
    const [apply] = await trail("action=policy.apply");
    expect(await trail(`subject=${apply?.subject}`)).toEqual([apply]);
    const denied = await trail("outcome=denied");
    expect(denied).toMatchObject([{ subject: "GET /api/audit", actor: { name: "eve" } }]);
    expect((await actionsOf("outcome=done")).includes("api.denied")).toBe(false);
    expect(await actionsOf("actor=eve&outcome=denied&action=sign-in")).toEqual([]);
  });

  it("has a stretch of time", async () => {
    const all = await trail("");
    const [newest, oldest] = [all[0], all.at(-1)];
    const to = newest?.at ?? "";
    expect(await trail(`from=${to}`)).toEqual(all.filter(({ at }) => at >= to));
    expect(await trail(`to=${to}`)).toEqual(all.filter(({ at }) => at < to));
    expect(await trail(`to=${oldest?.at}`)).toEqual([]);
  });

  it("refuses what is no filter", async () => {
    for (const query of ["outcome=maybe", "from=yesterday", "actor=", "limit=1000"]) {
      expect((await gate.get(`/api/audit?${query}`, ida)).status, query).toBe(400);
    }
  });

  it("is read by index, whatever is asked", async () => {
    const plans = [
      "select * from audit_events where actor in ('a', 'b') and id < 'x' order by id desc limit 9",
      "select * from audit_events where action = 'a' and id >= 'x' order by id desc limit 9",
      "select * from audit_events where outcome = 'denied' order by id desc limit 9",
    ];
    for (const plan of plans) {
      const { results } = await gate.env.DB.prepare(`explain query plan ${plan}`).all();
      expect(JSON.stringify(results)).toMatch(/USING (COVERING )?INDEX audit_/);
    }
  });
});

describe("a denial is in the trail also where the answer is that there is no such thing", () => {
  it.each(["/tunnel/ledger", "/api/sessions/ID", "/api/reviews/rev_1", "/api/resources/vault"])(
    "%s",
    async (path) => {
      const eve = (await gate.signIn("eve")).access_token;
      const filled = path.replace("ID", await aSession(gate, { ...EVE, id: "another" }));
      const headers = {
        authorization: `Bearer ${eve}`,
        upgrade: "websocket",
        "sec-websocket-protocol": "sluice.tunnel.1",
      };
      expect((await gate.request(filled, { headers })).status).toBe(404);
      const query = new URLSearchParams({ outcome: "denied", subject: `GET ${filled}` });
      const answer = await gate.get(`/api/audit?${query.toString()}`, ida);
      const { items } = ROUTES.audit.answer.parse(await answer.json());
      expect(items).toMatchObject([{ action: "api.denied", actor: { name: "eve" } }]);
    },
  );
});

it("what ends a sign-in or its sessions is in the trail, under whose it was", async () => {
  const { refresh_token: token } = await gate.signIn("eve");
  await gate.post("/oauth/revoke", { token: token ?? "" });
  await seen(database(gate.env), { ...EVE, groups: ["others"] }, Date.now());
  await gate.signIn("eve");
  const answer = await gate.get("/api/audit?limit=3&actor=eve", ida);
  const events = ROUTES.audit.answer.parse(await answer.json()).items;
  const actions = new Set(events.map(({ action }) => action));
  expect(actions).toEqual(new Set(["sign-in", "groups.changed", "sign-out"]));
});
