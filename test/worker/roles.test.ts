import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Applied } from "../../core/api/policy.ts";
import { problem } from "../../core/api/problem.ts";
import type { Caller } from "../../core/api/route.ts";
import { CONSOLE, LIVE_REVIEWS, ROUTES, type RouteName, STREAMS } from "../../core/api/routes.ts";
import { SCOPE_NAMES } from "../../core/api/scope.ts";
import type { Viewer } from "../../core/review/view.ts";
import type { Role } from "../../core/session.ts";
import { database } from "../../store/db.ts";
import { seen } from "../../store/principals.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { anApiToken, aReview, aSession, aSignIn, notes, ship } from "./things.ts";

const WHO = ["nobody", "ada", "rui", "ida", "max", "bot"] as const;
type Who = (typeof WHO)[number];

/** What each one gets, in the order of WHO. All things are `eve`'s, whom no row names. */
const TABLE: Record<RouteName, readonly number[]> = {
  me: [401, 200, 200, 200, 200, 200],
  resources: [401, 200, 200, 200, 200, 200],
  resource: [401, 200, 404, 404, 200, 200],
  catalog: [401, 403, 403, 403, 200, 403],
  targets: [401, 403, 403, 200, 200, 403],
  probe: [401, 403, 403, 403, 200, 403],
  policy: [401, 403, 403, 200, 200, 403],
  apply: [401, 403, 403, 403, 200, 403],
  policyVersions: [401, 403, 403, 200, 200, 403],
  policyAt: [401, 403, 403, 200, 200, 403],
  policySchema: [401, 403, 403, 200, 200, 403],
  check: [401, 403, 403, 403, 200, 403],
  test: [401, 403, 403, 403, 200, 403],
  rehearsal: [401, 403, 403, 403, 200, 403],
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
  overview: [401, 403, 403, 200, 200, 403],
  people: [401, 403, 403, 200, 200, 403],
  person: [401, 403, 403, 200, 200, 403],
  signIns: [401, 403, 403, 200, 200, 403],
  revokeSignIn: [401, 403, 403, 403, 200, 403],
  tokens: [401, 200, 200, 200, 200, 200],
  makeToken: [401, 201, 201, 201, 201, 403],
  revokeToken: [401, 404, 404, 403, 200, 404],
  keys: [200, 200, 200, 200, 200, 200],
  health: [200, 200, 200, 200, 200, 200],
  openapi: [200, 200, 200, 200, 200, 200],
};

const CASES = `
cases:
  - { as: ada, groups: [engineers], on: shop-db, sql: SELECT 1, expect: { verdict: allow } }
`;

const BODIES: Partial<Record<RouteName, object>> = {
  putSecret: { value: "hunter2" },
  exact: { reason: "an audit" },
  makeToken: { name: "nightly", scopes: ["audit:read"] },
  check: { source: POLICY },
  test: { source: POLICY, cases: CASES },
  rehearsal: {
    source: POLICY,
    from: "2026-11-25T00:00:00.000Z",
    to: "2026-11-26T00:00:00.000Z",
  },
};

const QUERIES: Partial<Record<RouteName, string>> = {
  overview: "?from=2026-11-25T00:00:00.000Z&to=2026-11-26T00:00:00.000Z",
};

const EVE = { id: "eve", name: "eve" };
let gate: Gateway;
let version: string;
const tokens = new Map<Who, string>();
/** API tokens of the people: for everything that one can be for, and for nothing. */
const wide = new Map<Who, string>();
const narrow = new Map<Who, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const who of ["ada", "rui", "ida", "max"] as const) {
    tokens.set(who, (await gate.signIn(who)).access_token);
    wide.set(who, (await anApiToken(gate, who, SCOPE_NAMES)).token);
    narrow.set(who, (await anApiToken(gate, who, [])).token);
  }
  tokens.set("bot", await gate.service("bot", ["bots"]));
  const applied = await gate.apply(POLICY, tokens.get("max") ?? "");
  expect(applied.status).toBe(200);
  version = (await applied.json<Applied>()).version;
  await gate.putSecret("shop-db-password", "hunter2", tokens.get("max") ?? "");
});
afterAll(() => gate.stop());

/** Fresh things for each call, so that none finds them used up. */
async function call(
  route: RouteName,
  who: Who,
  by: "header" | "cookie",
  token = tokens.get(who) ?? null,
): Promise<Response> {
  if (route === "apply") {
    const own = { cookie: `__Host-sluice=${token}`, origin: PUBLIC_URL };
    return gate.apply(POLICY, token ?? "", by === "cookie" ? own : {});
  }
  const session = await aSession(gate, { ...EVE, groups: ["engineers"], kind: "person" });
  await ship(gate, session, 1, notes("one"));
  const ids: Record<"name" | "version" | "id" | "signIn", string> = {
    name: "shop-db",
    version,
    id: session,
    signIn: "",
  };
  if (/review|approve|reject|withdraw/.test(route)) ids.id = aReview(gate, EVE).id;
  if (/person|signIn/i.test(route)) {
    await seen(database(gate.env), { ...EVE, groups: ["engineers"], kind: "person" }, Date.now());
    ids.id = EVE.id;
    ids.signIn = await aSignIn(gate, EVE.id);
  }
  if (route === "revokeToken") ids.id = (await anApiToken(gate, "eve", [])).id;
  const { method, path } = ROUTES[route];
  const filled =
    path.replace(/:(\w+)/g, (_, part: keyof typeof ids) => ids[part]) + (QUERIES[route] ?? "");
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
      if (status < 300) ROUTES[route].answer.parse(body);
      else expect(problem.parse(body).status).toBe(status);
    }
  });

  const people = rows.filter(([, who]) => who !== "nobody" && who !== "bot");
  it.each(people)("%s by an API token of %s: never more than she may", async (route, who, may) => {
    const { scope } = ROUTES[route];
    const refused = (token: Map<Who, string>) =>
      token === narrow ? scope !== "any" : scope === "person";
    for (const token of [wide, narrow]) {
      const answer = await call(route, who, "header", token.get(who));
      expect(answer.status).toBe(refused(token) ? 403 : may);
      if (!refused(token)) continue;
      expect(problem.parse(await answer.json()).code).toBe("insufficient_scope");
      const asked = scope === "person" ? "" : `, scope="${scope}"`;
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer realm="sluice", error="insufficient_scope"${asked}`,
      );
      const cookie = await call(route, who, "cookie", token.get(who));
      expect(cookie.status, "an API token is no cookie").toBe(401);
    }
  });

  const streams = Object.values(STREAMS).filter(({ path }) => !path.startsWith("/auth/"));
  it.each(streams)("$path by an API token is as its scope says", async (stream) => {
    const path = stream.path.replace(":resource", "shop-db").replace(/:\w+/g, "1");
    const upgrade = { upgrade: "websocket", "sec-websocket-protocol": "sluice.tunnel.1" };
    const ask = (token = "") =>
      gate.request(path, { headers: { ...upgrade, authorization: `Bearer ${token}` } });
    const codeOf = async (answer: Response) => problem.parse(await answer.json()).code;
    expect(await codeOf(await ask(narrow.get("max")))).toBe("insufficient_scope");
    const expected = (stream.scope as string) === "person" ? "insufficient_scope" : "unknown";
    expect(await codeOf(await ask(wide.get("max")))).toBe(expected);
  });

  it("says of each route who may call it, as it is", () => {
    const named: Partial<Record<Who, Role>> = { rui: "reviewer", ida: "auditor", max: "admin" };
    for (const [route, who, status] of rows) {
      if (status >= 300) continue;
      const roles: readonly Caller[] = ROUTES[route].roles;
      const fits = (caller: Caller) =>
        caller === "anyone" ||
        (caller === "signed-in" && who !== "nobody") ||
        caller === named[who];
      expect(roles.some(fits), `${route} as ${who}`).toBe(true);
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
