import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "../../worker/app.ts";
import { Gateway, key } from "./gateway.ts";
import { aSession, notes, ship } from "./things.ts";

let gate: Gateway;
let ada: string;
beforeAll(async () => {
  gate = await Gateway.start();
  ada = (await gate.signIn("ada")).access_token;
});
afterAll(() => gate.stop());

describe("every answer", () => {
  it.each(["/healthz", "/api/me", "/no/such/path", "/device", "/oauth/authorize"])(
    "of %s may not be framed, sniffed, cached, or run anything",
    async (path) => {
      const { headers } = await gate.request(path);
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
      expect(headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  it("other than 2xx is a problem with a stable code", async () => {
    const answer = await gate.request("/no/such/path");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json",
    ]);
    expect(await answer.json()).toMatchObject({ type: "urn:sluice:problem:unknown", status: 404 });
  });

  it("refuses a body that is too large before reading it", async () => {
    const body = "x".repeat(65 * 1024);
    expect((await gate.request("/oauth/token", { method: "POST", body })).status).toBe(413);
  });

  it.each(["application/json", "text/plain", "multipart/form-data"])(
    "takes no token request as %s",
    async (type) => {
      const init = { method: "POST", body: "{}", headers: { "content-type": type } };
      expect((await gate.request("/oauth/token", init)).status).toBe(400);
    },
  );

  it("takes no form field twice (RFC 6749 section 3.2)", async () => {
    const init = {
      method: "POST",
      body: "grant_type=refresh_token&grant_type=authorization_code&client_id=sluice-cli",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    expect((await gate.request("/oauth/token", init)).status).toBe(400);
  });
});

describe("a deployment with a setting missing", () => {
  const settings: [string, string | undefined][] = [
    ["PUBLIC_URL", undefined],
    ["PUBLIC_URL", "http://gate.example.com"],
    ["PUBLIC_URL", "https://gate.example.com/path"],
    ["OIDC_ISSUER", undefined],
    ["OIDC_ISSUER", "http://issuer.example.com"],
    ["OIDC_CLIENT_ID", ""],
    ["OIDC_CLIENT_SECRET", undefined],
    ["OIDC_GROUPS_CLAIM", undefined],
    ["ADMIN_GROUPS", undefined],
    ["SIGNING_KEYS", undefined],
    ["SIGNING_KEYS", "s1:c2hvcnQ="],
    ["SIGNING_KEYS", `s1:${key("a")},s1:${key("b")}`],
    ["SEALING_KEYS", "no colon"],
    ["HTTP_DOMAIN", "https://apis.example"],
    ["HTTP_DOMAIN", "apis.example:8443"],
    ["HTTP_DOMAIN", "*.apis.example"],
    ["HTTP_DOMAIN", "Apis.Example"],
    ["HTTP_DOMAIN", "gate.test"],
    ["HTTP_DOMAIN", "apis.gate.test"],
    ["HTTP_DOMAIN", "test"],
  ];
  it.each(settings)("says so: %s = %j", async (name, value) => {
    const env = { ...gate.env, [name]: value } as Env;
    const answer = await app.request("https://gate.test/healthz", {}, env);
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    expect([answer.status, code]).toEqual([500, "misconfigured"]);
    expect(detail).toContain(name);
    if (value !== undefined && value !== "") expect(detail).not.toContain(value);
  });
});

describe("a recording", () => {
  type Page = { items: { seq: number; fact: { message: string } }[]; next: number | null };
  const own = { id: "ada", name: "ada", groups: [], kind: "person" } as const;

  async function readAll(session: string, limit: number): Promise<Page["items"]> {
    const items: Page["items"] = [];
    for (let from: number | null = 1; from !== null;) {
      const path: string = `/api/sessions/${session}/records?from=${from}&limit=${limit}`;
      const page = (await (await gate.get(path, ada)).json()) as Page;
      items.push(...page.items);
      from = page.next;
    }
    return items;
  }

  it.each([1, 2, 1000])("is read whole from store and object, %i at a time", async (limit) => {
    const session = await aSession(gate, own);
    await ship(gate, session, 1, notes("one", "two", "three"));
    await ship(gate, session, 4, notes("four", "five"));
    gate.unshipped.splice(0, gate.unshipped.length, ...notes("six", "seven"));
    gate.unshippedFrom = 6;
    const items = await readAll(session, limit);
    expect(items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(items.map(({ fact }) => fact.message).join(" ")).toBe(
      "one two three four five six seven",
    );
  });

  it("misses nothing that is shipped between the look at the store and at the object", async () => {
    const session = await aSession(gate, own);
    gate.unshipped.splice(0, gate.unshipped.length, ...notes("three"));
    gate.unshippedFrom = 3;
    const ships = async (from: number) => {
      await ship(gate, session, 1, notes("one", "two"));
      return { first: Math.max(from, 3), records: from > 3 ? [] : gate.unshipped };
    };
    const object = { records: ships } as unknown as ReturnType<Env["SESSIONS"]["get"]>;
    vi.spyOn(gate.env.SESSIONS, "get").mockReturnValueOnce(object);
    expect((await readAll(session, 1000)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("leaves a trace of each reading", async () => {
    const session = await aSession(gate, own);
    gate.unshipped.length = 0;
    await gate.get(`/api/sessions/${session}/records`, ada);
    await gate.get(`/api/sessions/${session}/recording`, ada);
    const { results } = await gate.env.DB.prepare(
      "select actor from audit_events where action = 'recording.read' and subject = ?",
    )
      .bind(session)
      .all();
    expect(results).toEqual([{ actor: "ada" }, { actor: "ada" }]);
  });

  it("is exported by its header and chunks to the byte", async () => {
    const session = await aSession(gate, own);
    await ship(gate, session, 1, notes("one"));
    const manifest = await (await gate.get(`/api/sessions/${session}/recording`, ada)).json();
    expect(manifest).toMatchObject({ session, header: '{"session":1}', chunks: [{ first: 1 }] });
    const chunk = await gate.get(`/api/sessions/${session}/recording/1`, ada);
    const [stored] = [...gate.store].filter(([name]) => name.includes(session));
    expect(new Uint8Array(await chunk.arrayBuffer())).toEqual(stored?.[1].body);
    for (const first of ["2", "0", "x", "1.5"]) {
      const none = await gate.get(`/api/sessions/${session}/recording/${first}`, ada);
      expect([400, 404]).toContain(none.status);
    }
  });
});
