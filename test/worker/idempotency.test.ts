import { afterAll, beforeAll, expect, it } from "vitest";
import { idempotencyHours, idempotencyWaitSeconds } from "../../core/limits.ts";
import { database } from "../../store/db.ts";
import { claimKey, forgetOldKeys } from "../../store/idempotency.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";

let gate: Gateway;
let max: string;
let ada: string;
beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
  ada = (await gate.signIn("ada")).access_token;
  expect((await gate.apply(POLICY, max)).status).toBe(200);
});
afterAll(() => gate.stop());

const put = (value: string, key: string, token = max) =>
  gate.request("/api/secrets/one", {
    method: "PUT",
    body: JSON.stringify({ value }),
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
  });

async function counted(action: string): Promise<number> {
  const query = "select count(*) as n from audit_events where action = ?";
  const row = await gate.env.DB.prepare(query).bind(action).first<{ n: number }>();
  return row?.n ?? 0;
}

it("acts once, and answers again what it answered", async () => {
  const before = await counted("secret.put");
  const first = await put("hunter2", "a-key");
  const again = await put("hunter2", "a-key");
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(await again.json()).toEqual(await first.json());
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.headers.get("cache-control")).toBe("no-store");
  expect(await counted("secret.put")).toBe(before + 1);
});

it("is one caller's: another's same key is another", async () => {
  expect((await put("hunter2", "a-key", ada)).status).toBe(403);
});

it("refuses a key that came with another request", async () => {
  const other = await put("another", "a-key");
  expect(other.status).toBe(422);
  expect(await other.json()).toMatchObject({ code: "idempotency_mismatch" });
});

it("keeps no key of what was refused", async () => {
  expect((await put("", "b-key")).status).toBe(400);
  expect((await put("hunter2", "b-key")).status).toBe(200);
});

it("takes a policy, whose body is text", async () => {
  const headers = { "idempotency-key": "p-key" };
  const source = `${POLICY}\n# once more\n`;
  const answers = [await gate.apply(source, max, headers), await gate.apply(source, max, headers)];
  const views = await Promise.all(answers.map((answer) => answer.json()));
  expect(views[0]).toMatchObject({ changed: true });
  expect(views[1]).toEqual(views[0]);
});

it("says that the first is under way, and lets go of one that was never answered", async () => {
  const db = database(gate.env);
  const at = Date.now();
  expect(await claimKey(db, "h", "r", at)).toEqual({ is: "first" });
  expect(await claimKey(db, "h", "r", at + 1)).toEqual({ is: "under way" });
  const later = at + idempotencyWaitSeconds * 1000;
  expect(await claimKey(db, "h", "r", later)).toEqual({ is: "first" });
});

it("is forgotten after a day", async () => {
  const { n } = (await gate.env.DB.prepare("select count(*) as n from idempotency_keys").first<{
    n: number;
  }>()) ?? { n: 0 };
  expect(n).toBeGreaterThan(2);
  const day = Date.now() + (idempotencyHours * 3_600 + 2 * idempotencyWaitSeconds) * 1000;
  await forgetOldKeys(database(gate.env), day);
  const left = await gate.env.DB.prepare("select count(*) as n from idempotency_keys").first();
  expect(left).toEqual({ n: 0 });
});

it.each([" ", "a b", "x".repeat(256), "\u00e9"])("refuses %j as a key", async (key) => {
  const headers = new Headers({ "idempotency-key": key });
  headers.set("authorization", `Bearer ${max}`);
  headers.set("content-type", "application/json");
  const body = JSON.stringify({ value: "x" });
  const answer = await gate.request("/api/secrets/one", { method: "PUT", body, headers });
  expect(answer.status).toBe(400);
});

it("is nothing for strangers, and is not kept in clear", async () => {
  expect((await put("hunter2", "s-key", "nobody")).status).toBe(401);
  const rows = await gate.env.DB.prepare("select * from idempotency_keys").all();
  expect(JSON.stringify(rows.results)).not.toMatch(/hunter2|a-key|"name"/);
});
