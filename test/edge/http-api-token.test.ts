import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { pingSeconds } from "../../core/limits.ts";
import { useDemo } from "../support/demo.ts";
import { eventually } from "./edge.ts";

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

const cutOff = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> => {
  try {
    while (!(await reader.read()).done);
    return "ended";
  } catch {
    return "cut off";
  }
};

it("ends at its end, at that instant and not at the session's next ping", async () => {
  const { id, token } = await make(["http:call"]);
  const db = await demo().gateway.miniflare.getD1Database("DB");
  const expiresAt = Date.now() + 3_000;
  await db.prepare("update api_tokens set expires_at = ? where id = ?").bind(expiresAt, id).run();
  const events = await call(token, "/events");
  const reader = (events.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  expect(await cutOff(reader)).toBe("cut off");
  expect((await call(token, "/customers/7")).status).toBe(401);
  const session = events.headers.get("sluice-session");
  const ended = db.prepare("select ended_at, end_code from sessions where id = ?").bind(session);
  const row = await eventually(async () => {
    const found = await ended.first<{ ended_at: number | null; end_code: string }>();
    return found?.ended_at === null ? null : found;
  });
  expect(row?.end_code).toBe("token_over");
  const lateMs = Number(row?.ended_at) - expiresAt;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan((pingSeconds * 1000) / 2);
});

it("calls nothing once it is revoked, and an answer under way is cut off", async () => {
  const { id, token } = await make(["http:call"]);
  const events = await call(token, "/events");
  const reader = (events.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await revoke(id);
  const waited = sleep(5_000, "still there");
  expect(await Promise.race([cutOff(reader), waited])).not.toBe("still there");
  expect((await call(token, "/customers/7")).status).toBe(401);
});
