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
  const reader = (events.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await revoke(id);
  const cut = (async () => {
    for (;;) if ((await reader.read()).done) return "ended";
  })().catch(() => "cut off");
  expect(await Promise.race([cut, sleep(5_000, "still there")])).not.toBe("still there");
  expect((await call(token, "/customers/7")).status).toBe(401);
});
