import { readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { expect, test } from "vitest";
import type { Customer } from "../../demo/billing/data.ts";
import { COMPATIBILITY_DATE } from "../../demo/gateway.ts";
import { PEOPLE, type PersonName } from "../../demo/people.ts";
import { cli, startTestDemo, type TestDemo, useDemo } from "../support/demo.ts";

const demo = useDemo();

test.for(Object.entries(PEOPLE))("%s signs in and is who the cast says", async ([name, person]) => {
  const headers = { authorization: `Bearer ${await demo().token(name as PersonName)}` };
  const me = await fetch(`${demo().url}/api/me`, { headers });
  expect(await me.json()).toMatchObject({ name, groups: person.groups, kind: "person" });
});

test("a service changes the issuer's token for one of ours", async () => {
  const { issuer, url } = demo();
  const { clientId, clientSecret } = issuer.service;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const given = await fetch(`${issuer.url}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token } = (await given.json()) as { access_token: string };
  const exchanged = await fetch(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: access_token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    }),
  });
  expect(exchanged.status).toBe(200);
  const { access_token: ours } = (await exchanged.json()) as { access_token: string };
  const me = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${ours}` } });
  expect(await me.json()).toMatchObject({ name: "ci", kind: "service", groups: ["ci"] });
});

test("the command line reaches the demo with what the environment names", async () => {
  const { code, stdout } = await cli(demo(), ["ls", "--json"], { as: "ada" });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: "shop-db", state: "open" },
    { name: "billing-api", state: "open" },
  ]);
});

test("the policy that an administrator applied is the demo's own", async () => {
  const headers = { authorization: `Bearer ${await demo().token("max")}` };
  const policy = await fetch(`${demo().url}/api/policy`, { headers });
  expect(await policy.json()).toMatchObject({ author: "max" });
});

test("the service and the database know the same customers", async () => {
  const { billing, postgres: server, stateDir } = demo();
  const authorization = `Bearer ${readFileSync(join(stateDir, "billing-token"), "utf8")}`;
  const answer = await fetch(`${billing.url}/customers?limit=100`, { headers: { authorization } });
  const { items } = (await answer.json()) as { items: readonly Customer[] };
  const url = new URL(server.url);
  url.pathname = "/shop";
  const sql = postgres(url.href, { max: 1 });
  const rows = await sql`
    SELECT id, name, email, phone, birth_date::text, city, profile->>'ssn' AS ssn,
      profile->'card'->>'number' AS card_number, profile->'card'->>'expires' AS expires
    FROM customers WHERE id <= 40 ORDER BY id`;
  await sql.end();
  const shown = items.map(({ id, name, email, phone, birth_date, address, ssn, cards }) => ({
    id,
    name,
    email,
    phone,
    birth_date,
    city: address.city,
    ssn: id % 10 === 0 ? ssn : null,
    card_number: id % 7 === 0 ? cards[0]?.card_number : null,
    expires: id % 7 === 0 ? cards[0]?.expires : null,
  }));
  expect(shown).toEqual([...rows]);
});

test("the service's token is kept with the state, and with the gateway's secrets", async () => {
  const headers = { authorization: `Bearer ${await demo().token("max")}` };
  const secrets = await fetch(`${demo().url}/api/secrets`, { headers });
  const { items } = (await secrets.json()) as { items: { name: string }[] };
  expect(items.map(({ name }) => name)).toEqual(["billing-token", "shop-db-password"]);
});

test("what was recorded is there after a restart", async () => {
  const adasSessions = async (of: TestDemo): Promise<unknown> => {
    const { stdout } = await cli(of, ["sessions", "--principal", "ada", "--json"], { as: "ida" });
    return JSON.parse(stdout);
  };
  const first = await startTestDemo();
  const { stateDir, ports } = first;
  await cli(first, ["sql", "shop-db", "SELECT 1"], { as: "ada" });
  const ended = [{ principal: { name: "ada" }, state: "ended" }];
  await expect.poll(() => adasSessions(first)).toMatchObject(ended);
  const before = await adasSessions(first);
  await first.close();
  const second = await startTestDemo({ stateDir, ports });
  const after = await adasSessions(second);
  await second.stop();
  expect(after).toEqual(before);
});

test("the demo runs on the platform of the day that the deployment names", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  expect(toml).toContain(`compatibility_date = "${COMPATIBILITY_DATE}"`);
});
