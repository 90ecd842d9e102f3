import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import { signIn } from "../../demo/sign-in.ts";
import { HttpGate } from "../support/http-gate.ts";
import { ask, type Got } from "../bypass/http-client.ts";
import { eventually, withBounds } from "./edge.ts";

/*
 * Requests while something is away, full or over: nothing reaches the service that is not recorded,
 * and the client is told so in a problem, or by a body that is cut.
 */

const policy = (url: string): string => `
resources:
  - { name: svc, type: http, url: "${url}", network: private, unreadable: pass }
grants:
  - { id: all, groups: [engineers], resources: [svc], access: [read, write] }
  - { id: short, groups: [leads], resources: [svc], access: [read], hours: 0.001 }
roles: { admin: [admins], auditor: [auditors] }
`;

let gate: HttpGate;
let ada: string;

beforeAll(async () => {
  const bounds = {
    exchangesMax: 3,
    exchangesBytesMax: 1_000,
    exchangesIdleSeconds: 1,
    pingSeconds: 0.5,
  };
  const entry = join(import.meta.dirname, "exchange/entry.ts");
  gate = await HttpGate.start({ policy, modules: await bundleWorker(entry, [withBounds(bounds)]) });
  ada = await gate.token("ada");
});
afterAll(() => gate?.stop());

const BROKEN = ["store", "journal", "d1"] as const;
const fails = (what: (typeof BROKEN)[number]) => fetch(`${gate.url}/api/break/${what}`);
const works = (what: (typeof BROKEN)[number]) => fetch(`${gate.url}/api/mend/${what}`);
afterEach(() => Promise.all(BROKEN.map(works)));

const call = (path: string, token = ada, method = "GET", body = ""): Promise<Got> =>
  ask(`${gate.url}/http/svc${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== "" && { body }),
  });

/** Paths that the service has seen. */
const seen = (path: string): number =>
  gate.upstream.seen.filter(({ url }) => url.startsWith(path)).length;

/** Until the service has it. */
const arrived = (path: string) => eventually(async () => seen(path) > 0 && true);

const problemOf = ({ body, headers }: Got): { code: string; detail: string } => {
  expect(headers["content-type"]).toBe("application/problem+json");
  return JSON.parse(body.toString()) as { code: string; detail: string };
};

const sessionOf = ({ headers }: Got): string => headers["sluice-session"] ?? "";

async function endOf(session: string): Promise<string> {
  const db = await gate.gateway.miniflare.getD1Database("DB");
  const query = "select end_code from sessions where id = ? and ended_at is not null";
  const find = () => db.prepare(query).bind(session).first<{ end_code: string }>();
  return (await eventually(find)).end_code;
}

describe("what records is away", () => {
  it("a full journal: 503, and nothing reaches the service, in a new session either", async () => {
    const before = await call("/json");
    expect(before.status).toBe(200);
    await fails("journal");
    const got = await call("/json?full", ada, "POST", "{}");
    expect(got.status).toBe(503);
    expect(problemOf(got).detail).toContain("cannot record");
    const again = await call("/json?full", ada, "POST", "{}");
    expect(again.status).toBeGreaterThanOrEqual(500);
    expect(problemOf(again).detail).toContain("let through");
    expect(seen("/json?full")).toBe(0);
    await works("journal");
    expect((await call("/json?after", ada, "POST", "{}")).status).toBe(200);
    expect(await endOf(sessionOf(before))).toBe("journal_full");
  });

  it("a journal that fills while an answer streams: the answer is cut", async () => {
    const coming = call("/slow?after=head&ms=1500");
    await arrived("/slow?after=head&ms=1500");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fails("journal");
    const got = await coming;
    expect(got.status === 200 ? got.cut : got.status).toBe(got.status === 200 ? true : 503);
    expect(got.body.length).toBeLessThan(2_500);
  });

  it("the store away: requests go on, and everything is shipped when it is back", async () => {
    await fails("store");
    const got = await call("/json?n=1");
    expect(got.status).toBe(200);
    await works("store");
    const session = sessionOf(got);
    expect(await endOf(session)).toBe("idle");
    const kinds = (await gate.records(session)).map(({ kind }) => kind);
    expect(kinds).toContain("response");
    expect(kinds.at(-1)).toBe("end");
  });

  it("D1 away: a token that is not known opens nothing", async () => {
    const fresh = await gate.token("ada");
    await fails("d1");
    const got = await call("/json?d1", fresh, "POST", "{}");
    expect(got.status).toBe(500);
    expect(problemOf(got).detail).toContain("Nothing was let through");
    expect(seen("/json?d1")).toBe(0);
    await works("d1");
    expect((await call("/json?d1", fresh, "POST", "{}")).status).toBe(200);
  });

  it("D1 away for long: a session that nobody can confirm ends", async () => {
    const coming = call("/slow?ms=20000&unconfirmed");
    await arrived("/slow?ms=20000&unconfirmed");
    await fails("d1");
    const got = await coming;
    expect(got.status).toBe(403);
    expect(problemOf(got).detail).toContain("could not confirm");
  });
});

describe("bounds", () => {
  it("no more requests at once than are allowed; one that waited goes later", async () => {
    const running = [1, 2, 3].map((n) => call(`/slow?ms=1500&n=${n}`));
    await Promise.all([1, 2, 3].map((n) => arrived(`/slow?ms=1500&n=${n}`)));
    const got = await call("/json?fourth");
    expect(got.status).toBe(503);
    expect(problemOf(got).detail).toContain("Too many requests");
    expect(seen("/json?fourth")).toBe(0);
    for (const each of await Promise.all(running)) expect(each.status).toBe(200);
    expect((await call("/json?fourth")).status).toBe(200);
  });

  it("no more bytes of bodies at once than are allowed; they are given back", async () => {
    const body = "x".repeat(600);
    const running = call("/slow?ms=1000&body", ada, "POST", body);
    await arrived("/slow?ms=1000&body");
    const got = await call("/echo?second", ada, "POST", body);
    expect([got.status, problemOf(got).detail]).toMatchObject([
      503,
      "Too much of this session is under way.",
    ]);
    expect(seen("/echo?second")).toBe(0);
    expect((await running).status).toBe(200);
    expect((await call("/echo?second", ada, "POST", body)).status).toBe(200);
  });

  it("a session that was idle is over; the next request opens another", async () => {
    const first = await call("/echo", ada, "POST", "one");
    expect(await endOf(sessionOf(first))).toBe("idle");
    const next = await call("/echo", ada, "POST", "two, kept");
    expect(next.status).toBe(200);
    const { body } = JSON.parse(next.body.toString()) as { body: string };
    expect(Buffer.from(body, "base64").toString()).toBe("two, kept");
    expect(sessionOf(next)).not.toBe(sessionOf(first));
  });
});

describe("access that ends under a request", () => {
  const kill = async (session: string) => {
    const headers = {
      authorization: `Bearer ${await gate.token("max")}`,
      "content-type": "application/json",
    };
    const path = ROUTES.kill.path.replace(":id", session);
    const body = JSON.stringify({ reason: "Enough." });
    const answer = await fetch(`${gate.url}${path}`, { method: "POST", headers, body });
    expect(answer.status).toBe(200);
  };

  it("a session that is killed before its answer begins: 403", async () => {
    const session = sessionOf(await call("/json"));
    const coming = call("/slow?ms=20000&killed");
    await arrived("/slow?ms=20000&killed");
    await kill(session);
    const got = await coming;
    expect(got.status).toBe(403);
    expect(problemOf(got)).toMatchObject({ code: "ended" });
    const next = await call("/json");
    expect(next.status).toBe(200);
    expect(sessionOf(next)).not.toBe(session);
  });

  it("a session that is killed in an answer: what has come is cut", async () => {
    const coming = call("/slow?after=head&ms=20000&cut");
    await arrived("/slow?after=head&ms=20000&cut");
    const db = await gate.gateway.miniflare.getD1Database("DB");
    const newest = "select id from sessions where ended_at is null order by opened_at desc limit 1";
    const row = await db.prepare(newest).first<{ id: string }>();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await kill(row?.id ?? "");
    const got = await coming;
    expect(got).toMatchObject({ status: 200, cut: true });
    expect(await endOf(row?.id ?? "")).not.toBe("idle");
  });

  it("a grant that is over: 403 at that instant", async () => {
    const coming = call("/slow?ms=20000&grant", await gate.token("rui"));
    const got = await coming;
    expect(got.status).toBe(403);
    expect(problemOf(got).detail).toContain("Your access has ended");
    expect(seen("/slow?ms=20000&grant")).toBe(1);
  });

  it("a sign-out: 403 for what is under way, and 401 from then on", async () => {
    const { access_token: token, refresh_token } = await signIn(gate.url, "ada");
    const coming = call("/slow?ms=20000&out", token);
    await arrived("/slow?ms=20000&out");
    const body = new URLSearchParams({ token: refresh_token ?? "" });
    await fetch(`${gate.url}/oauth/revoke`, { method: "POST", body });
    const got = await coming;
    expect(got.status).toBe(403);
    expect(problemOf(got).code).toBe("ended");
    expect((await call("/json?signed-out", token)).status).toBe(401);
    expect(seen("/json?signed-out")).toBe(0);
  });

  it("groups that are taken away end what is under way", async () => {
    const { access_token: token, refresh_token = "" } = await signIn(gate.url, "ada");
    const coming = call("/slow?ms=20000&groups", token);
    await arrived("/slow?ms=20000&groups");
    gate.issuer.groups.set("ada", ["nobody"]);
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "sluice-cli",
      refresh_token,
    });
    const renewed = await fetch(`${gate.url}/oauth/token`, { method: "POST", body });
    const { access_token: next } = (await renewed.json()) as { access_token: string };
    const got = await coming;
    gate.issuer.groups.set("ada", ["engineers"]);
    expect(got.status).toBe(403);
    expect(problemOf(got).code).toBe("ended");
    expect((await call("/json?groups", next)).status).toBe(404);
    expect(seen("/json?groups")).toBe(0);
  });
});
