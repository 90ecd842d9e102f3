import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EXPORT, LIVE_SESSION, ROUTES } from "../../core/api/routes.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { chunksIn } from "../../core/recording/reader.ts";
import { database } from "../../store/db.ts";
import { endSession } from "../../store/sessions.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { aSession, AT, notes, ship } from "./things.ts";

/* Watching and exporting: who may, what it leaves in the audit trail, what a file holds. */

const WHO = ["nobody", "ada", "rui", "ida", "max", "bot"] as const;
type Who = (typeof WHO)[number];

let gate: Gateway;
const tokens = new Map<Who, string>();
beforeAll(async () => {
  gate = await Gateway.start();
  for (const who of ["ada", "rui", "ida", "max"] as const) {
    tokens.set(who, (await gate.signIn(who)).access_token);
  }
  tokens.set("bot", await gate.service("bot", ["bots"]));
  await gate.apply(POLICY, tokens.get("max") ?? "");
});
afterAll(() => gate.stop());

let session: string;
beforeEach(async () => {
  const eve = { id: "eve", name: "eve", groups: ["engineers"], kind: "person" } as const;
  session = await aSession(gate, eve);
  gate.refusesWatch = null;
  gate.watch = null;
});

const at = (path: string, id = session) => path.replace(":id", id);
const cookie = (who: Who) => `__Host-sluice=${tokens.get(who) ?? ""}`;

function watch(who: Who, more: Record<string, string> = {}, id = session, query = "") {
  const own = tokens.has(who) ? { cookie: cookie(who), origin: PUBLIC_URL } : {};
  const headers = { upgrade: "websocket", ...own, ...more };
  return gate.request(`${at(LIVE_SESSION, id)}${query}`, { headers });
}

async function trail(action: string) {
  const { results } = await gate.env.DB.prepare(
    `select actor, subject, detail from audit_events where action = ? and subject = ?
     order by id`,
  )
    .bind(action, session)
    .all<{ actor: string; detail: string }>();
  return results.map(({ actor, detail }) => `${actor} ${detail}`);
}

const own = (name: "ada" | "rui") => ({
  id: name,
  name,
  groups: [],
  kind: "person" as const,
});

describe("watching a live session", () => {
  it.each<[Who, number]>([
    ["nobody", 401],
    ["ada", 404],
    ["rui", 404],
    ["ida", 200],
    ["max", 200],
    ["bot", 404],
  ])("of somebody else, as %s: %i", async (who, status) => {
    expect((await watch(who)).status).toBe(status);
    expect(await trail("recording.watch")).toEqual(status === 200 ? [`${who} {"from":1}`] : []);
  });

  it("is for its owner too, and the object hears who it is from the worker alone", async () => {
    const mine = await aSession(gate, own("ada"));
    const forged = { "sluice-watcher": JSON.stringify({ principal: "max" }) };
    const answer = await watch("ada", forged, mine, "?from=7");
    const { headers } = await answer.json<{ headers: Record<string, string> }>();
    const said = JSON.parse(headers["sluice-watcher"] ?? "") as Record<string, unknown>;
    expect(said).toEqual({ principal: "ada", from: 7, expiresAt: expect.any(Number) });
    expect(headers["cookie"]).toBeUndefined();
  });

  it.each([
    ["a page of another origin", { origin: "https://evil.example" }, 403],
    ["a page without an origin", { origin: "" }, 403],
    ["a request that is no WebSocket", { upgrade: "h2c" }, 426],
  ])("is not for %s", async (_, headers, status) => {
    expect((await watch("ida", headers)).status).toBe(status);
    expect(await trail("recording.watch")).toEqual([]);
  });

  it("is over when the session is, and refused when too many watch", async () => {
    for (const refusal of [404, 409]) {
      gate.refusesWatch = refusal;
      expect((await watch("ida")).status).toBe(409);
    }
    const ending = { code: "closed", message: "", commands: 0 };
    await endSession(database(gate.env), session, ending, AT);
    gate.refusesWatch = null;
    expect((await watch("ida")).status).toBe(409);
    expect((await watch("ida", {}, session, "?from=x")).status).toBe(400);
  });

  it("writes what is read through it down once, and everything else as before", async () => {
    await ship(gate, session, 1, notes("one", "two", "three"));
    gate.watch = { id: "w1", principal: "ida", from: 2 };
    const read = async (who: Who, query: string) => {
      const answer = await gate.get(`${at(ROUTES.records.path)}?${query}`, tokens.get(who) ?? "");
      return (await answer.json<{ items: object[] }>()).items.length;
    };
    expect(await read("ida", "from=2&watch=w1")).toBe(2);
    expect(await trail("recording.read")).toEqual([]);
    await read("ida", "from=1&watch=w1");
    await read("ida", "from=2&watch=another");
    await read("max", "from=2&watch=w1");
    await read("ida", "from=2");
    expect(await trail("recording.read")).toEqual([
      'ida {"from":1}',
      'ida {"from":2}',
      'max {"from":2}',
      'ida {"from":2}',
    ]);
    expect((await gate.get(`${at(ROUTES.records.path)}?watch=w1`, "")).status).toBe(401);
  });
});

describe("an export", () => {
  const file = (who: Who, query = "") =>
    gate.get(`${at(EXPORT)}${query}`, tokens.get(who) ?? "nobody");

  it.each<[Who, number]>([
    ["nobody", 401],
    ["ada", 404],
    ["rui", 404],
    ["ida", 200],
    ["max", 200],
    ["bot", 404],
  ])("of somebody else's session, as %s: %i", async (who, status) => {
    await ship(gate, session, 1, notes("one"));
    for (const query of ["", "?format=raw"]) expect((await file(who, query)).status).toBe(status);
    const rows = [`${who} {"format":"jsonl"}`, `${who} {"format":"raw"}`];
    expect(await trail("recording.export")).toEqual(status === 200 ? rows : []);
  });

  it("is for a page of ours: no other site's link fetches it", async () => {
    const headers = { cookie: cookie("ida"), "sec-fetch-site": "cross-site" };
    expect((await gate.request(at(EXPORT), { headers })).status).toBe(403);
    expect((await file("ida", "?format=html")).status).toBe(400);
  });

  it("is a line of JSON for each record, over chunks and object, that steers nothing", async () => {
    const hostile = "<script>alert(1)</script>\u202e\u001b[2J\u2028";
    await ship(gate, session, 1, notes("one", hostile));
    const secret = { text: "select 'canary'", parameters: [] };
    const command = encodeEvent(
      {
        at: AT,
        command: 1,
        fact: {
          kind: "command",
          shown: "select '…'",
          operations: [],
          objects: [],
          unbounded: false,
          digest: "",
          secret,
        },
      },
      (plain) => plain,
    );
    gate.unshipped.splice(0, gate.unshipped.length, command, ...notes("four"));
    gate.unshippedFrom = 3;
    const answer = await file("ida");
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="${session}.jsonl"`,
    );
    expect(answer.headers.get("content-type")).toBe("application/jsonl");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const text = await answer.text();
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).not.toMatch(/canary|Y2FuYXJ5/);
    const records = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number; fact: { message?: string } });
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(records[1]?.fact.message).toBe(hostile);
    gate.unshipped.length = 0;
  });

  it("of the raw recording is the header and the chunks to the byte", async () => {
    await ship(gate, session, 1, notes("one"));
    await ship(gate, session, 2, notes("two"));
    const answer = await file("ida", "?format=raw");
    const raw = new Uint8Array(await answer.arrayBuffer());
    expect([...chunksIn(raw)].map(({ head }) => [head.first, head.last])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(answer.headers.get("content-disposition")).toContain(`${session}.sluice`);
  });

  it("whose recording cannot be read is cut off, and never looks whole", async () => {
    await ship(gate, session, 1, notes("one"));
    await ship(gate, session, 2, notes("two"));
    gate.store.delete(`recordings/${session}/000000000002`);
    for (const query of ["", "?format=raw"]) {
      const answer = await file("ida", query);
      await expect(answer.text()).rejects.toThrow();
    }
  });
});
