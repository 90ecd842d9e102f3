import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { useDemo } from "../support/demo.ts";

/* An API token calls services; whatever ends the token ends its calls within a second. */

const demo = useDemo();

async function make(scopes: readonly string[]): Promise<{ id: string; token: string }> {
  const headers = {
    authorization: `Bearer ${await demo().token("ada")}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({ name: "ci", scopes, days: 1 });
  const answer = await fetch(`${demo().url}${ROUTES.makeToken.path}`, {
    method: "POST",
    headers,
    body,
  });
  return (await answer.json()) as { id: string; token: string };
}

const call = (token: string, path: string): Promise<Response> =>
  fetch(`${demo().url}/http/billing-api${path}`, { headers: { authorization: `Bearer ${token}` } });

/** Reads on until the answer ends or is cut off. */
async function over(answer: Response): Promise<string> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) if ((await reader.read()).done) return "ended";
  } catch {
    return "cut off";
  }
}

async function revoke(id: string): Promise<void> {
  const headers = { authorization: `Bearer ${await demo().token("ada")}` };
  const path = ROUTES.revokeToken.path.replace(":id", id);
  const answer = await fetch(`${demo().url}${path}`, { method: "POST", headers });
  expect(answer.status).toBe(200);
}

it("needs the scope for it", async () => {
  const { token } = await make(["sessions:read"]);
  const answer = await call(token, "/customers/7");
  expect([answer.status, await answer.json()]).toMatchObject([403, { scope: "http:call" }]);
});

it("is masked and recorded as its owner's calls are, in a session of its own", async () => {
  const { token } = await make(["http:call"]);
  const answer = await call(token, "/customers/7");
  expect(await answer.json()).toMatchObject({ id: 7, email: "[redacted:email]" });
  const own = await call(await demo().token("ada"), "/customers/7");
  expect(own.headers.get("sluice-session")).not.toBe(answer.headers.get("sluice-session"));
});

it("calls nothing once it is revoked, and an answer under way is cut off", async () => {
  const { id, token } = await make(["http:call"]);
  const events = await call(token, "/events");
  await revoke(id);
  expect(await Promise.race([over(events), sleep(5_000, "still there")])).not.toBe("still there");
  expect((await call(token, "/customers/7")).status).toBe(401);
});

it("calls nothing behind its own end, and an answer under way is cut off then", async () => {
  const { id, token } = await make(["http:call"]);
  const db = await demo().gateway.miniflare.getD1Database("DB");
  const end = Date.now() + 2_000;
  await db.prepare("UPDATE api_tokens SET expires_at = ? WHERE id = ?").bind(end, id).run();
  const events = await call(token, "/events");
  expect(events.status).toBe(200);
  expect(await Promise.race([over(events), sleep(10_000, "still there")])).toBe("cut off");
  expect(Date.now()).toBeGreaterThanOrEqual(end);
  expect((await call(token, "/customers/7")).status).toBe(401);
});
