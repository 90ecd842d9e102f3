import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../core/api/problem.ts";
import { CONSOLE, LIVE_REVIEWS, ROUTES, type RouteName } from "../../core/api/routes.ts";
import type { Viewer } from "../../core/review/view.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aReview, aSession, notes, ship } from "./things.ts";

const WHO = ["nobody", "ada", "rui", "ida", "max", "bot"] as const;
type Who = (typeof WHO)[number];

/** What each one gets, in the order of WHO. All things are `eve`'s, whom no row names. */
const TABLE: Record<RouteName, readonly number[]> = {
  me: [401, 200, 200, 200, 200, 200],
  resources: [401, 200, 200, 200, 200, 200],
  resource: [401, 200, 404, 404, 200, 200],
  catalog: [401, 403, 403, 403, 200, 403],
  policy: [401, 403, 403, 200, 200, 403],
  apply: [401, 403, 403, 403, 200, 403],
  policyVersions: [401, 403, 403, 200, 200, 403],
  secrets: [401, 403, 403, 403, 200, 403],
  putSecret: [401, 403, 403, 403, 200, 403],
  reviews: [401, 200, 200, 200, 200, 200],
  review: [401, 404, 200, 200, 200, 404],
  request: [401, 404, 404, 404, 404, 404],
  withdraw: [401, 404, 409, 409, 409, 404],
  approve: [401, 404, 200, 403, 403, 404],
  reject: [401, 404, 200, 403, 403, 404],
  sessions: [401, 200, 200, 200, 200, 200],
  session: [401, 404, 404, 200, 200, 404],
  records: [401, 404, 404, 200, 200, 404],
  manifest: [401, 404, 404, 200, 200, 404],
  exact: [401, 404, 404, 200, 403, 404],
  kill: [401, 404, 404, 403, 200, 404],
  audit: [401, 403, 403, 200, 200, 403],
  hours: [401, 403, 403, 200, 200, 403],
  keys: [200, 200, 200, 200, 200, 200],
};

const BODIES: Partial<Record<RouteName, object>> = {
  putSecret: { value: "hunter2" },
  exact: { reason: "an audit" },
};

const EVE = { id: "eve", name: "eve" };
let gate: Gateway;
const tokens = new Map<Who, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const who of ["ada", "rui", "ida", "max"] as const) {
    tokens.set(who, (await gate.signIn(who)).access_token);
  }
  tokens.set("bot", await gate.service("bot", ["bots"]));
  expect((await gate.apply(POLICY, tokens.get("max") ?? "")).status).toBe(200);
  await gate.putSecret("shop-db-password", "hunter2", tokens.get("max") ?? "");
});
afterAll(() => gate.stop());

/** Fresh things for each call, so that none finds them used up. */
async function call(route: RouteName, who: Who, by: "header" | "cookie"): Promise<Response> {
  const token = tokens.get(who) ?? null;
  if (route === "apply") {
    const own = { cookie: `__Host-sluice=${token}`, origin: PUBLIC_URL };
    return gate.apply(POLICY, token ?? "", by === "cookie" ? own : {});
  }
  const session = await aSession(gate, { ...EVE, groups: ["engineers"], kind: "person" });
  await ship(gate, session, 1, notes("one"));
  const ids = { name: "shop-db", id: /review|approve|reject|withdraw/.test(route) ? "" : session };
  if (ids.id === "") ids.id = aReview(gate, EVE).id;
  const { method, path } = ROUTES[route];
  const filled = path.replace(/:(\w+)/g, (_, part: "name" | "id") => ids[part]);
  const json = BODIES[route] ?? {};
  return gate.send(method, filled, token, method === "GET" ? undefined : json, by);
}

describe("who may do what", () => {
  const rows = Object.keys(ROUTES).flatMap((route) =>
    WHO.map((who, i) => [route as RouteName, who, TABLE[route as RouteName][i] as number] as const),
  );
  it.each(rows)("%s as %s: %i", async (route, who, status) => {
    for (const by of ["header", "cookie"] as const) {
      const answer = await call(route, who, by);
      expect(answer.status, by).toBe(status);
      const body: unknown = await answer.json();
      if (status === 200) ROUTES[route].answer.parse(body);
      else expect(problem.parse(body).status).toBe(status);
    }
  });

  it.each(WHO)("the inbox of %s is for her eyes", async (who) => {
    const token = tokens.get(who) ?? null;
    const headers = { upgrade: "websocket", cookie: `__Host-sluice=${token}`, origin: PUBLIC_URL };
    const forged = { "sluice-viewer": JSON.stringify({ viewer: { roles: ["admin"] } }) };
    const answer = await gate.request(LIVE_REVIEWS, { headers: { ...headers, ...forged } });
    expect(answer.status).toBe(token === null ? 401 : 200);
    if (token === null) return;
    const { viewer } = JSON.parse(await answer.json()) as { viewer: Viewer };
    expect(viewer.name).toBe(who);
    const roles = { ada: [], rui: ["reviewer"], ida: ["auditor"], max: ["admin"], bot: [] };
    expect(viewer.roles).toEqual(roles[who as keyof typeof roles]);
  });

  it.each([
    ["nobody", 401],
    ["ada", 200],
    ["rui", 404],
    ["ida", 404],
    ["max", 404],
    ["bot", 200],
  ] as const)("a console of %s is opened where a tunnel is: %i", async (who, status) => {
    const path = CONSOLE.replace(":name", "shop-db");
    const token = tokens.get(who) ?? null;
    const upgrade = { upgrade: "websocket" };
    const byCookie = { cookie: `__Host-sluice=${token}`, origin: PUBLIC_URL };
    const byHeader = { authorization: `Bearer ${token}` };
    for (const headers of [byCookie, token === null ? {} : byHeader]) {
      const before = gate.consoles.prepared.length;
      const forged = { "sluice-principal": "max" };
      const answer = await gate.request(path, { headers: { ...headers, ...upgrade, ...forged } });
      expect(answer.status).toBe(status);
      const made = gate.consoles.prepared.slice(before);
      expect(made.map(({ principal }) => principal.name)).toEqual(status === 200 ? [who] : []);
      const refused = status === 200 ? 426 : status;
      expect((await gate.request(path, { headers })).status).toBe(refused);
      expect(gate.consoles.prepared).toHaveLength(before + made.length);
    }
    const foreign = { ...byHeader, ...upgrade, origin: "https://evil.example" };
    const elsewhere = await gate.request(path, { headers: foreign });
    expect(elsewhere.status).toBe(token === null ? 401 : 403);
  });

  it("says why a console was opened, for the record", async () => {
    const query = "?reason=order%2017&ticket=OPS-1";
    const headers = { upgrade: "websocket", authorization: `Bearer ${tokens.get("ada")}` };
    const path = CONSOLE.replace(":name", "shop-db");
    const { person, url } = await (
      await gate.request(path + query, { headers })
    ).json<{
      person: string;
      url: string;
    }>();
    const spec = gate.consoles.prepared.at(-1);
    expect(spec).toMatchObject({ reason: "order 17", ticket: "OPS-1" });
    expect([person, url]).toEqual(["ada", `https://console/${spec?.id}`]);
    const row = await gate.env.DB.prepare("select * from openings where session = ?")
      .bind(spec?.id)
      .first();
    expect(row).toMatchObject({ principal: "ada" });
  });

  it("shows people their own sessions and reviews, and nobody else's", async () => {
    const ada = { id: "ada", name: "ada" };
    const own = await aSession(gate, { ...ada, groups: ["engineers"], kind: "person" });
    const namesake = { ...ada, id: "another", groups: [], kind: "person" } as const;
    await aSession(gate, namesake);
    const review = aReview(gate, ada);
    aReview(gate, EVE);
    const token = tokens.get("ada") ?? "";
    const idsAt = async (path: string) => {
      const page = (await (await gate.get(path, token)).json()) as { items: { id: string }[] };
      return page.items.map(({ id }) => id);
    };
    expect(await idsAt("/api/sessions")).toEqual([own]);
    expect(await idsAt("/api/sessions?limit=1")).toEqual([own]);
    expect(await idsAt("/api/reviews")).toEqual([review.id]);
    expect((await gate.get(`/api/sessions/${own}/records`, token)).status).toBe(200);
    expect((await gate.send("POST", `/api/sessions/${own}/kill`, token, {})).status).toBe(200);
  });

  it("writes down who was told no", async () => {
    await gate.get("/api/policy", tokens.get("ada") ?? "");
    const { results } = await gate.env.DB.prepare(
      `select actor, subject, outcome, detail from audit_events
       where action = 'api.denied' order by id desc limit 1`,
    ).all();
    expect(results).toEqual([
      {
        actor: "ada",
        subject: "GET /api/policy",
        outcome: "denied",
        detail: '{"code":"forbidden"}',
      },
    ]);
  });
});
