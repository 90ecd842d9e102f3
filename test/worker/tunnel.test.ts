import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Gateway, PUBLIC_URL } from "./gateway.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
let ada: string;
beforeAll(async () => {
  gate = await Gateway.start();
  ada = (await gate.signIn("ada")).access_token;
  const max = (await gate.signIn("max")).access_token;
  expect((await gate.apply(POLICY, max)).status).toBe(200);
  await gate.putSecret("shop-db-password", "hunter2", max);
});
afterAll(() => gate.stop());
beforeEach(() => {
  gate.prepared.length = 0;
  gate.notices.length = 0;
});

const open = (name: string, headers: Record<string, string> = {}) =>
  gate.request(`/tunnel/${name}`, {
    headers: {
      upgrade: "websocket",
      connection: "upgrade",
      "sec-websocket-protocol": "sluice.tunnel.1",
      authorization: `Bearer ${ada}`,
      ...headers,
    },
  });

const codeOf = async (answer: Response) => (await answer.json<{ code: string }>()).code;

describe("opening a tunnel", () => {
  it("prepares one session with all that it needs, the credential sealed", async () => {
    const before = Date.now();
    const reason = { "sluice-reason": "order 17", "sluice-ticket": "OPS-1" };
    expect((await open("shop-db", reason)).status).toBe(200);
    const [spec] = gate.prepared;
    expect(spec).toMatchObject({
      principal: { id: "ada", name: "ada", groups: ["engineers"], kind: "person" },
      resource: { name: "shop-db", host: "db.example.com", port: 5432, tls: "verify-full" },
      reason: "order 17",
      ticket: "OPS-1",
      literalTexts: null,
      recording: "full",
      publicUrl: PUBLIC_URL,
    });
    expect(spec?.id).toMatch(/^ses_[0-9a-v]{26}$/);
    expect(spec?.resource.id).toMatch(/^res_[0-9a-v]{26}$/);
    expect(spec?.policy.source).toBe(POLICY);
    expect(spec?.endsAt).toBeGreaterThanOrEqual(before + 8 * 3_600_000);
    expect(JSON.stringify(spec)).not.toContain("hunter2");
    expect(JSON.stringify(spec)).not.toContain(ada);
  });

  it("gives each opening its own session, and the resource one id", async () => {
    await open("shop-db");
    await open("shop-db");
    const [one, two] = gate.prepared;
    expect(one?.id).not.toBe(two?.id);
    expect(one?.resource.id).toBe(two?.resource.id);
  });

  it("hands the object the upgrade without token, cookies or sluice-* headers", async () => {
    const answer = await open("shop-db", {
      "sluice-principal": "max",
      "Sluice-Session": "ses_mine",
      cookie: "a=b",
    });
    const { headers } = (await answer.json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ "sec-websocket-protocol": "sluice.tunnel.1" });
    const names = Object.keys(headers).filter((name) => /^sluice|authorization|cookie/.test(name));
    expect(names).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ["another version", { "sec-websocket-protocol": "sluice.tunnel.2" }],
    ["no subprotocol", { "sec-websocket-protocol": "" }],
    ["no upgrade", { upgrade: "" }],
  ])("answers 426 with the versions served to %s", async (_, headers) => {
    const answer = await open("shop-db", headers);
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({
      code: "upgrade_required",
      versions: ["sluice.tunnel.1"],
    });
  });

  it("takes our version among several", async () => {
    const offered = { "sec-websocket-protocol": "sluice.tunnel.2, sluice.tunnel.1" };
    expect((await open("shop-db", offered)).status).toBe(200);
  });

  it("refuses a page of another origin, and lets our own in", async () => {
    const foreign = await open("shop-db", { origin: "https://evil.test" });
    expect([foreign.status, await codeOf(foreign)]).toEqual([403, "foreign_origin"]);
    expect((await open("shop-db", { origin: "null" })).status).toBe(403);
    expect((await open("shop-db", { origin: PUBLIC_URL })).status).toBe(200);
  });

  it("asks for a token, and takes none from a cookie or the address", async () => {
    expect((await open("shop-db", { authorization: "" })).status).toBe(401);
    const inCookie = { authorization: "", cookie: `token=${ada}` };
    expect((await open("shop-db", inCookie)).status).toBe(401);
    expect((await open(`shop-db?token=${ada}`, { authorization: "" })).status).toBe(401);
  });

  it("says 403 to who may ask, and one 404 to who may not and of what is not", async () => {
    const asked = await open("ledger");
    expect([asked.status, await codeOf(asked)]).toEqual([403, "no_grant"]);
    const rui = (await gate.signIn("rui")).access_token;
    const hidden = await open("shop-db", { authorization: `Bearer ${rui}` });
    expect([hidden.status, await codeOf(hidden)]).toEqual([404, "unknown"]);
    const missing = await open("no-such-db");
    expect([missing.status, await codeOf(missing)]).toEqual([404, "unknown"]);
    expect(gate.prepared).toEqual([]);
  });
});

describe("a name's addresses, asked over HTTPS", () => {
  const openAt = async (host: string, address = "93.184.216.34") => {
    const max = (await gate.signIn("max")).access_token;
    await gate.apply(POLICY.replace("db.example.com", host), max);
    gate.issuer.addresses.set(host, address);
    const answer = await open("shop-db");
    return answer.status === 200 ? "opened" : codeOf(answer);
  };

  it.each([
    ["moved.example.com", "10.0.0.7", "address_refused"],
    ["metadata.example.com", "169.254.169.254", "address_refused"],
    ["public.example.com", "93.184.216.34", "opened"],
    ["slow.example.com", "never", "opened"],
  ])("%s at %s: %s", async (host, address, outcome) => {
    expect(await openAt(host, address)).toBe(outcome);
  });

  it("are remembered for a minute", async () => {
    await openAt("often.example.com");
    gate.issuer.asked.length = 0;
    await open("shop-db");
    expect(gate.issuer.asked).toEqual([]);
    await gate.apply(POLICY, (await gate.signIn("max")).access_token);
  });
});

describe("what ends a live session", () => {
  const revoked = (code: string) =>
    gate.notices.filter(({ notice }) => notice.do === "revoke" && notice.code === code);

  it("signing out, for the sessions of that sign-in alone", async () => {
    const [one, two] = [await gate.signIn("ada"), await gate.signIn("ada")];
    await open("shop-db", { authorization: `Bearer ${one.access_token}` });
    await open("shop-db", { authorization: `Bearer ${two.access_token}` });
    const [mine] = gate.prepared;
    await gate.post("/oauth/revoke", { token: one.refresh_token ?? "" });
    expect(revoked("signed-out").map(({ session }) => session)).toEqual([mine?.id]);
  });

  it("the issuer's no at a refresh", async () => {
    const tokens = await gate.signIn("ada");
    await open("shop-db", { authorization: `Bearer ${tokens.access_token}` });
    gate.issuer.people.set("ada", { groups: ["engineers"], active: false });
    await gate.refresh(tokens.refresh_token);
    gate.issuer.people.set("ada", { groups: ["engineers"], active: true });
    expect(revoked("issuer-refused")).toHaveLength(1);
  });

  it("other groups than those it was opened with", async () => {
    const tokens = await gate.signIn("ada");
    await open("shop-db", { authorization: `Bearer ${tokens.access_token}` });
    gate.issuer.people.set("ada", { groups: [], active: true });
    await gate.refresh(tokens.refresh_token);
    gate.issuer.people.set("ada", { groups: ["engineers"], active: true });
    const ended = revoked("groups-changed").map(({ session }) => session);
    expect(ended).toContain(gate.prepared[0]?.id);
  });

  it("other groups that another sign-in brings to light", async () => {
    const tokens = await gate.signIn("ada");
    await open("shop-db", { authorization: `Bearer ${tokens.access_token}` });
    gate.issuer.people.set("ada", { groups: ["leads"], active: true });
    await gate.signIn("ada");
    gate.issuer.people.set("ada", { groups: ["engineers"], active: true });
    const ended = revoked("groups-changed").map(({ session }) => session);
    expect(ended).toContain(gate.prepared[0]?.id);
    const opening = gate.env.DB.prepare("select closed_at from openings where session = ?");
    const row = await opening.bind(gate.prepared[0]?.id).first<{ closed_at: number }>();
    expect(row?.closed_at).toBeGreaterThan(0);
  });
});
