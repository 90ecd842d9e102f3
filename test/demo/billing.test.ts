import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Billing, startBilling } from "../../demo/billing.ts";

const token = "a-token-of-the-test";
let billing: Billing;
beforeAll(async () => {
  billing = await startBilling({ port: 0, token });
});
afterAll(() => billing.stop());

const call = (path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  if (!headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
  return fetch(`${billing.url}${path}`, { ...init, headers });
};
const json = (value: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});
const payment = { customer_id: 7, payment_amount: 1250.5, currency: "EUR", memo: "by hand" };

describe("who may call", () => {
  test.for(["", "Bearer", "Bearer wrong", `Basic ${token}`, `Bearer ${token}x`])(
    "nobody by %j",
    async (authorization) => {
      const answer = await call("/customers", { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      expect(await answer.json()).toMatchObject({ error: "unauthorized" });
    },
  );
  test("everybody asks whether it runs", async () => {
    const answer = await fetch(`${billing.url}/healthz`);
    expect(await answer.json()).toEqual({ status: "ok" });
  });
});

describe("what it tells", () => {
  test("forty customers, page by page, by the links", async () => {
    const ids: number[] = [];
    let path: string | undefined = "/customers?limit=15";
    while (path !== undefined) {
      const answer: Response = await call(path);
      const { items } = (await answer.json()) as { items: { id: number }[] };
      ids.push(...items.map(({ id }) => id));
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    expect(ids).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });
  test("a customer, the same at every start", async () => {
    expect(await (await call("/customers/7")).json()).toMatchInlineSnapshot(`
      {
        "address": {
          "city": "Zürich",
          "country": "CH",
          "postal_code": "10959",
          "street": "92 Station Road",
        },
        "birth_date": "1973-11-14",
        "cards": [
          {
            "card_number": "5200828200554336",
            "expires": "2029-08",
          },
          {
            "card_number": "5200828258934331",
            "expires": "2029-08",
          },
        ],
        "email": "customer7@example.org",
        "id": 7,
        "name": "Zoë Zhang",
        "notes": "Invoices go to accounts7@example.net, not to the address above.",
        "phone": "+1-320-555-0217",
        "ssn": "399-24-1797",
      }
    `);
  });
  test("the vault's secrets in their forms", async () => {
    const value = async (name: string) => {
      const { value } = (await (await call(`/vault/${name}`)).json()) as { value: string };
      return value;
    };
    expect(await value("backup-access-key")).toMatch(/^AKIA[A-Z0-9]{16}$/);
    expect(await value("partner-token")).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/);
    expect(await value("signing-key")).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----\n$/);
  });
  test("every customer in a line of CSV and of NDJSON", async () => {
    const csv = await call("/export/customers.csv");
    expect(csv.headers.get("content-type")).toContain("text/csv");
    const lines = (await csv.text()).split("\r\n");
    expect(lines).toHaveLength(42);
    expect(lines[7]).toContain('"Invoices go to accounts7@example.net, not to');
    expect(lines[10]).toContain('"Said ""no calls, please"": write to accounts10@example.net."');
    const ndjson = await (await call("/export/customers.ndjson")).text();
    const rows = ndjson
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(rows[6]).toEqual(await (await call("/customers/7")).json());
    expect(rows).toHaveLength(40);
  });
  test("an event for each payment, as many as asked for", async () => {
    const answer = await call("/events?count=2");
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const events = (await answer.text()).split("\n\n").filter((event) => event !== "");
    expect(events).toHaveLength(2);
    expect(events[0]).toMatch(/^id: 1\nevent: payment\ndata: \{"id":1,/);
  });
  test("events without an end, until the client leaves", async () => {
    const answer = await call("/events");
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("event: payment");
    await reader.cancel();
  });
  test("a description of itself that is one", async () => {
    const description = (await (await call("/openapi.json")).json()) as Record<string, unknown>;
    expect(await new Validator().validate(description)).toMatchObject({ valid: true });
  });
});

describe("its manners", () => {
  test("an ETag for who has the answer already, a length without it", async () => {
    const first = await call("/customers/7");
    const etag = first.headers.get("etag") ?? "";
    expect(Number(first.headers.get("content-length"))).toBe(
      (await first.arrayBuffer()).byteLength,
    );
    const again = await call("/customers/7", { headers: { "if-none-match": `"x", W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await call("/customers/7", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(first.headers.get("content-length"));
  });
  test("a payment is made, found, listed and deleted", async () => {
    const made = await call("/payments", json(payment));
    expect(made.status).toBe(201);
    const path = made.headers.get("location") ?? "";
    const body = await made.json();
    expect(body).toMatchObject(payment);
    expect(await (await call(path)).json()).toEqual(body);
    expect(await (await call("/payments?limit=100")).json()).toMatchObject({ total: 61 });
    expect((await call(path, { method: "DELETE" })).status).toBe(204);
    expect((await call(path)).status).toBe(404);
  });
  test.for<[string, RequestInit, number]>([
    ["/customers/41", {}, 404],
    ["/customers/x", {}, 404],
    ["/nowhere", {}, 404],
    ["/vault/nothing", {}, 404],
    ["/customers?page=0", {}, 400],
    ["/customers?limit=101", {}, 400],
    ["/customers", { method: "PUT" }, 405],
    ["/payments/1", { method: "POST" }, 405],
    ["/payments", { method: "POST", body: "x" }, 415],
    ["/payments", { ...json({}), body: "{" }, 400],
    ["/payments", json(null), 400],
    ["/payments", json({ ...payment, payment_amount: "9" }), 400],
    ["/payments", json({ ...payment, customer_id: 41 }), 400],
  ])("%s with %j answers %i, in JSON", async ([path, init, status]) => {
    const answer = await call(path, init);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error: expect.any(String),
      message: expect.any(String),
    });
    expect(answer.headers.has("allow")).toBe(status === 405);
  });
  test("a body over its bound is answered, not cut off", async () => {
    const answer = await call("/payments", json({ ...payment, memo: "x".repeat(3_000_000) }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: "too_large" });
  });
});
