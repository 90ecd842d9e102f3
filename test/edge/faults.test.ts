import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import pg from "pg";
import postgres from "postgres";
import { ROUTES } from "../../core/api/routes.ts";
import { freePort } from "../../demo/processes.ts";
import { namedKeys } from "../../store/keys.ts";
import type { Settings } from "../../worker/env.ts";
import { issueAccessToken } from "../../worker/identity/tokens.ts";
import { closed, openDoor } from "../drivers/gate.ts";
import { selfSigned } from "../support/certificate.ts";
import { cli, finished, spawnCli, startTestDemo, type TestDemo } from "../support/demo.ts";
import { needs } from "../support/tools.ts";
import { eventually } from "./edge.ts";

/* What psql shows when something is wrong: the sentence, and the SQLSTATE where psql has one. */

const folder = mkdtempSync(join(tmpdir(), "sluice-faults-"));
const file = (name: string): string => join(folder, name);

const wrongPassword = "not-the-password";

let demo: TestDemo;

beforeAll(async () => {
  const tls = selfSigned(folder, "localhost");
  const trustedAuthority = tls.file;
  const ports = {
    gateway: await freePort(),
    issuer: await freePort(),
    postgres: await freePort(),
    billing: await freePort(),
  };
  const policy = policyOn(ports.postgres, await freePort());
  demo = await startTestDemo({ ports, policy, tls, trustedAuthority });
  await putSecret("wrong", wrongPassword);
});
afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach((context) => needs(context, "psql"));

const policyOn = (port: number, nobodys: number): string => {
  const common = "type: postgres, database: shop, user: sluice, network: private";
  const right = "password: { secret: shop-db-password }";
  return `
resources:
  - { name: shop-db, host: localhost, port: ${port}, tls: verify-full, ${right}, ${common} }
  - { name: wrong-password, host: localhost, port: ${port}, tls: verify-full,
      password: { secret: wrong }, ${common} }
  - { name: no-secret, host: localhost, port: ${port}, tls: verify-full,
      password: { secret: never-set }, ${common} }
  - { name: down, host: localhost, port: ${nobodys}, tls: disable, ${right}, ${common} }
  - { name: misnamed, host: 127.0.0.1, port: ${port}, tls: verify-full, ${right}, ${common} }
  - { name: on-request, host: localhost, port: ${port}, tls: verify-full, ${right}, ${common} }
grants:
  - { id: engineers, groups: [engineers], access: [read, write],
      resources: [shop-db, wrong-password, no-secret, down, misnamed] }
  - { id: breakglass, groups: [engineers], access: [read], resources: [on-request],
      request: { reviewers: [leads], hours: 1 } }
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
`;
};

async function putSecret(name: string, value: string): Promise<void> {
  const path = ROUTES.putSecret.path.replace(":name", name);
  const token = await demo.token("max");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ value });
  const answer = await fetch(`${demo.url}${path}`, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}

const VERBOSE = ["-X", "-v", "VERBOSITY=verbose"];
const ask = (resource: string, sql: string, env: Record<string, string> = {}) =>
  cli(demo, ["psql", resource, ...VERBOSE, "-c", sql], { as: "ada", env });

const expired = (): Promise<string> => {
  const keys = JSON.parse(readFileSync(join(demo.stateDir, "keys.json"), "utf8"));
  const signingKeys = namedKeys("SIGNING_KEYS", keys.SIGNING_KEYS);
  const settings = { publicUrl: demo.url, signingKeys } as unknown as Settings;
  const principal = { id: "ada", name: "ada", groups: ["engineers"], kind: "person" } as const;
  const identity = { principal, signIn: "x", groupsReadAt: Date.now() };
  return issueAccessToken(settings, identity, Date.now() - 3_600_000);
};

/** The SQLSTATE that a driver is given, which psql does not show for a connection. */
async function sqlstate(resource: string): Promise<string | undefined> {
  const { door, url } = await openDoor(demo, resource);
  const client = new pg.Client(url);
  client.on("error", () => {});
  try {
    await client.connect();
    throw new Error("it connected");
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await closed(door);
  }
}

describe("psql cannot connect, and says why", () => {
  test.for([
    [
      "wrong-password",
      "28P01",
      "localhost refused the gateway's login (28P01): password authentication failed",
    ],
    ["no-secret", "08001", "The secret never-set of no-secret has not been set."],
    ["down", "08001", "refused the connection or cannot be reached."],
    [
      "misnamed",
      "08001",
      "127.0.0.1 presented a certificate that no public CA signed, or that names another host;",
    ],
    ["on-request", "28000", "You may ask for on-request by breakglass; nothing opens it now."],
  ] as const)("%s: %s, %s", async ([resource, code, words]) => {
    const { code: exit, stdout, stderr } = await ask(resource, "select 1");
    expect(stderr).toContain(`FATAL:  `);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain(wrongPassword);
    expect(stdout).toBe("");
    expect(exit).toBe(2);
    expect(await sqlstate(resource)).toBe(code);
  });

  test("no such resource, before there is anything to connect to", async () => {
    const { code, stderr } = await ask("nowhere", "select 1");
    expect(stderr).toContain("There is no such resource for you.");
    expect(code).toBe(1);
  });

  test("an expired token", async () => {
    const { code, stderr } = await ask("shop-db", "select 1", { SLUICE_TOKEN: await expired() });
    expect(stderr).toContain("The access token has expired. Run `sluice login`.");
    expect(code).toBe(3);
  });
});

test("a policy that is not YAML says where, and the one in force stays", async () => {
  const bad = file("bad.yaml");
  writeFileSync(bad, "resources:\n  - { name: shop-db, type: postgres\ngrants: []\n");
  const { code, stderr } = await cli(demo, ["apply", bad], { as: "max" });
  expect(stderr).toContain("line 3, column 1: Flow map in block collection");
  expect(code).toBe(1);
  expect((await ask("shop-db", "select 6 * 7")).stdout).toContain("42");
});

/** psql while its statement runs, and the process of the server that runs it. */
async function sleeping(seconds: number) {
  const text = `select pg_sleep(${seconds})`;
  const child = await spawnCli(demo, ["psql", "shop-db", ...VERBOSE, "-c", text], { as: "ada" });
  const ran = finished(child);
  const sql = postgres(demo.postgres.url, { max: 1 });
  const pid = await eventually(async () => {
    const rows = await sql`select pid from pg_stat_activity where query = ${text} and
      state = 'active'`;
    return (rows[0]?.["pid"] as number | undefined) ?? null;
  });
  await sql.end();
  return { ran, pid };
}

describe("psql's statement is cut short, and it says by what", () => {
  test("a killed gateway, which is there again for the next one", async () => {
    const { ran } = await sleeping(61);
    demo.gateway.kill();
    const { code, stderr } = await ran;
    expect(stderr).toContain("sluice: The connection to the gateway was lost.");
    expect(stderr).toContain("server closed the connection unexpectedly");
    expect(code).toBe(2);
    const again = await eventually(async () => {
      const next = await ask("shop-db", "select 6 * 7").catch(() => null);
      return next?.code === 0 && next;
    });
    expect(again.stdout).toContain("42");
  });

  test("a killed process of the database", async () => {
    const { ran, pid } = await sleeping(60);
    process.kill(pid, "SIGKILL");
    const { code, stderr } = await ran;
    expect(stderr).toContain("FATAL:  08006: The target closed the connection.");
    expect(code).toBe(2);
  });
});
