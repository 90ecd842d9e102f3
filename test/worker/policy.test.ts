import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Applied, PolicyView } from "../../core/api/policy.ts";
import type { Problem } from "../../core/api/problem.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
let max: string;
beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
});
afterAll(() => gate.stop());
beforeEach(async () => {
  await gate.settled();
  gate.notices.length = 0;
});

const apply = async (source: string, headers: Record<string, string> = {}) => {
  const answer = await gate.apply(source, max, headers);
  return { ...((await answer.json()) as Applied & Problem), status: answer.status };
};
let count = 0;
/** Another text with the same meaning: each counts as a new version. */
const another = () => `${POLICY}# ${++count}\n`;

describe("the first policy", () => {
  it("is applied by ADMIN_GROUPS and by nobody else", async () => {
    const ada = (await gate.signIn("ada")).access_token;
    expect((await gate.apply(another(), ada)).status).toBe(403);
    expect((await gate.get("/api/policy", max)).status).toBe(404);
    expect(await apply(another())).toMatchObject({ status: 200, changed: true, resources: 2 });
  });

  it("takes the place of ADMIN_GROUPS", async () => {
    const moved = another().replace("admin: [admins]", "admin: [leads]");
    expect((await apply(moved)).status).toBe(200);
    expect(await apply(another())).toMatchObject({ status: 403, code: "forbidden" });
    const rui = (await gate.signIn("rui")).access_token;
    expect((await gate.apply(another(), rui)).status).toBe(200);
  });
});

describe("applying", () => {
  it("gives each text its version, and the same text none", async () => {
    const source = another();
    const first = await apply(source);
    expect(first.version).toMatch(/^pol_/);
    expect(await apply(source)).toMatchObject({ changed: false, version: first.version });
    const held = (await (await gate.get("/api/policy", max)).json()) as PolicyView;
    expect(held).toMatchObject({ source, version: first.version, author: "max" });
  });

  it("keeps the one that somebody else applied in between (If-Match)", async () => {
    const { etag } = await apply(another());
    expect((await apply(another(), { "if-match": etag })).status).toBe(200);
    expect(await apply(another(), { "if-match": etag })).toMatchObject({
      status: 412,
      code: "precondition_failed",
    });
  });

  it("lets one of two at once win", async () => {
    const both = await Promise.all([apply(another()), apply(another())]);
    const winners = both.filter(({ status }) => status === 200);
    expect(winners.length + both.filter(({ status }) => status === 409).length).toBe(2);
    expect(winners.length).toBeGreaterThanOrEqual(1);
  });

  it("tells every live session, with the text", async () => {
    const ada = (await gate.signIn("ada")).access_token;
    await gate.putSecret("shop-db-password", "hunter2", max);
    await gate.request("/tunnel/shop-db", {
      headers: {
        upgrade: "websocket",
        "sec-websocket-protocol": "sluice.tunnel.1",
        authorization: `Bearer ${ada}`,
      },
    });
    const source = another();
    const { version } = await apply(source);
    await gate.settled();
    const session = gate.prepared.at(-1)?.id;
    expect(gate.notices).toEqual([{ session, notice: { do: "policy", version, source } }]);
  });

  it("keeps a resource's id over versions", async () => {
    const idOf = async () => {
      const answer = await gate.get("/api/resources/shop-db", max);
      return (await answer.json<{ id: string }>()).id;
    };
    const before = await idOf();
    await apply(another());
    expect(await idOf()).toBe(before);
  });

  it("lists versions, newest first, page by page", async () => {
    type Page = { items: { version: string }[]; next: string | null };
    const newest = (await apply(another())).version;
    const first: Page = await (await gate.get("/api/policy/versions?limit=1", max)).json();
    expect(first.items[0]?.version).toBe(newest);
    const path = `/api/policy/versions?limit=200&after=${first.next}`;
    const rest: Page = await (await gate.get(path, max)).json();
    expect(rest.items.map(({ version }) => version)).not.toContain(newest);
    expect(rest.next).toBeNull();
  });

  const bad: [string, string, Partial<Problem> & { code: string }][] = [
    ["no YAML", "resources: [", { status: 422, code: "invalid_policy" }],
    ["an unknown key", `${POLICY}\nresource: []\n`, { status: 422, code: "invalid_policy" }],
    [
      "a condition that is no boolean",
      `${POLICY}\nguardrails: [{ id: x, when: "1 + 1", then: block }]\n`,
      { status: 422, code: "invalid_policy" },
    ],
    [
      "nobody as admin",
      POLICY.replace("admin: [admins]", "admin: []"),
      { status: 422, code: "nobody_admin" },
    ],
    [
      "a metadata address",
      POLICY.replace("db.example.com", "169.254.169.254"),
      { status: 422, code: "address_refused" },
    ],
    [
      "a private address that is not meant",
      POLICY.replace("db.example.com", "10.0.0.9"),
      { status: 422, code: "address_refused" },
    ],
    ["too long a text", `# ${"x".repeat(256 * 1024)}`, { status: 413, code: "too_large" }],
  ];
  it.each(bad)("refuses %s, and what is in force stays", async (_, source, wanted) => {
    const { version } = await apply(another());
    expect(await apply(source)).toMatchObject(wanted);
    const held = (await (await gate.get("/api/policy", max)).json()) as PolicyView;
    expect(held.version).toBe(version);
  });

  it("says line and column of each error", async () => {
    const { errors } = await apply("resources:\n  - name: BAD NAME\n    type: postgres\n");
    expect(errors?.[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
  });

  it("warns of secrets that are yet to be set", async () => {
    const source = another().replace("shop-db-password", "not-set");
    expect((await apply(source)).warnings).toEqual(["The secret not-set has not been set yet."]);
  });
});

describe("secrets", () => {
  it("are listed by name and author, and their values by nothing", async () => {
    const value = "canary-7c1f";
    expect((await gate.putSecret("ledger-password", value, max)).status).toBe(200);
    const listed = await (await gate.get("/api/secrets", max)).text();
    expect(listed).toContain("ledger-password");
    const { results } = await gate.env.DB.prepare("select * from secrets").all();
    const events = await gate.env.DB.prepare("select * from audit_events").all();
    expect(listed + JSON.stringify(results) + JSON.stringify(events.results)).not.toContain(value);
  });

  it.each(["../x", "UPPER", "a b", "x".repeat(64)])("refuse the name %j", async (name) => {
    const answer = await gate.putSecret(encodeURIComponent(name), "v", max);
    expect(answer.status).toBe(400);
  });
});
