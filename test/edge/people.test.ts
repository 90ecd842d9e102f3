import { afterAll, beforeAll, expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { Tunnel } from "../../cli/tunnel/tunnel.ts";
import { signIn } from "../../demo/sign-in.ts";
import type { PersonName } from "../../demo/people.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { FakePostgres, READY, startup } from "./fake-postgres.ts";

const policy = (port: number): string => `
resources:
  - { name: shop-db, type: postgres, host: 127.0.0.1, port: ${port}, database: shop, user: sluice,
      tls: disable, network: private }
grants:
  - { id: all, groups: [engineers], resources: [shop-db], access: [read, write] }
roles: { admin: [admins], auditor: [auditors] }
`;

let target: FakePostgres;
let demo: TestDemo;
beforeAll(async () => {
  target = new FakePostgres(() => {});
  await target.listen();
  demo = await startTestDemo({ policy: policy(target.port), log: () => {} });
});
afterAll(async () => {
  await demo?.stop();
  await target.stop();
});

/** Logged in by that sign-in; `ended` settles with the code of its end. */
async function liveSession(token: string): Promise<{ ended: Promise<string> }> {
  const ready = Promise.withResolvers<void>();
  const over = Promise.withResolvers<string>();
  const tunnel = await Tunnel.open(demo.url, "shop-db", token, {
    data: (bytes) => Buffer.from(bytes).includes(READY) && ready.resolve(),
    end: () => {},
    credit: () => {},
    closed: ({ code }) => over.resolve(code),
  });
  tunnel.send(startup());
  await ready.promise;
  return { ended: over.promise };
}

async function send(who: PersonName, method: string, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${await demo.token(who)}` };
  const json = { ...headers, "content-type": "application/json" };
  return method === "GET"
    ? fetch(`${demo.url}${path}`, { headers })
    : fetch(`${demo.url}${path}`, { method, headers: json, body: "{}" });
}

it("a sign-in that is revoked ends what it opened, and nothing else of hers", async () => {
  const [lost, kept] = [await signIn(demo.url, "ada"), await signIn(demo.url, "ada")];
  const session = await liveSession(lost.access_token);
  const other = await liveSession(kept.access_token);
  const list = await send("max", "GET", "/api/people/ada/sign-ins");
  const { items } = ROUTES.signIns.answer.parse(await list.json());
  const live = items.filter((one) => one.live > 0).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  expect(live.map((one) => one.live)).toEqual([1, 1]);
  const path = `/api/people/ada/sign-ins/${live[0]?.id}/revoke`;
  expect((await send("max", "POST", path)).status).toBe(200);
  expect(await session.ended).toBe("sign-in-revoked");
  const me = (token: string) =>
    fetch(`${demo.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await me(lost.access_token)).status).toBe(401);
  expect((await me(kept.access_token)).status).toBe(200);
  expect(await Promise.race([other.ended, Promise.resolve("lives")])).toBe("lives");
  await expect(Tunnel.open(demo.url, "shop-db", lost.access_token, NOBODY)).rejects.toThrow();
});

const NOBODY = { data: () => {}, end: () => {}, credit: () => {}, closed: () => {} };

it("the overview has what was really recorded", async () => {
  const now = Date.now();
  const at = (ms: number) => new Date(ms).toISOString();
  const query = `from=${at(now - 3_600_000)}&to=${at(now + 3_600_000)}`;
  const overview = async () => {
    const answer = await send("ida", "GET", `/api/overview?${query}`);
    return ROUTES.overview.answer.parse(await answer.json());
  };
  await expect.poll(async () => (await overview()).total.sessions).toBe(1);
  const { resources, live, slowest } = await overview();
  expect(resources.map(({ resource }) => resource)).toEqual(["shop-db"]);
  expect([live, slowest]).toEqual([1, []]);
});

it("a check of a resource goes the whole way, and back with the reason", async () => {
  const check = async () =>
    ROUTES.probe.answer.parse(
      await (await send("max", "POST", "/api/resources/shop-db/check")).json(),
    );
  expect(await check()).toMatchObject({ reached: true, why: null });
  await target.stop();
  const failed = await check();
  expect(failed).toMatchObject({ reached: false, dialMs: null });
  expect(failed.why).toContain("refused the connection");
  const list = ROUTES.targets.answer.parse(await (await send("ida", "GET", "/api/targets")).json());
  expect(list.items[0]?.health).toMatchObject({ failedAt: failed.at, failure: failed.why });
  expect(list.items[0]?.health?.reachedAt).not.toBeNull();
});
