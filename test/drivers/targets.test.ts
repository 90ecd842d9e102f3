import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTES } from "../../core/api/routes.ts";
import { type Postgres, startPostgres } from "../../demo/postgres.ts";
import { freePort } from "../../demo/processes.ts";
import { cli, startTestDemo, type TestDemo } from "../support/demo.ts";
import { needs } from "../support/tools.ts";
import { closed, openDoor } from "./gate.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-targets-"));
const servers: Postgres[] = [];
let demo: TestDemo;

const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });

/** An authority of its own, and the certificate that it signed for localhost. */
function certify(name: string) {
  const [ca, caKey] = [file(`${name}-ca.pem`), file(`${name}-ca.key`)];
  const [key, request, certificate] = ["key", "csr", "pem"].map((end) =>
    file(`${name}.${end}`),
  ) as [string, string, string];
  const made = ["req", "-newkey", "rsa:2048", "-nodes", "-subj"];
  openssl(...made, `/CN=${name} authority`, "-x509", "-days", "2", "-keyout", caKey, "-out", ca);
  openssl(...made, "/CN=localhost", "-keyout", key, "-out", request);
  writeFileSync(file("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
  const signer = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-extfile", file("names")];
  openssl("x509", "-req", "-days", "2", "-in", request, ...signer, "-out", certificate);
  const read = (path: string): string => readFileSync(path, "utf8");
  return { authority: ca, tls: { certificate: read(certificate), key: read(key) } };
}

async function serve(name: string, tls?: ReturnType<typeof certify>["tls"]): Promise<Postgres> {
  const settings = { port: await freePort(), dataDir: file(name), password: "s3cret" };
  const server = await startPostgres({ ...settings, ...(tls && { tls }) });
  servers.push(server);
  return server;
}

/** One role for each way to log in (manual, "The pg_hba.conf File"). */
async function roles({ url }: Postgres): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe("SET password_encryption = md5; CREATE ROLE by_md5 LOGIN PASSWORD 's3cret'");
  await sql.unsafe("SET password_encryption = 'scram-sha-256'").simple();
  for (const method of ["scram", "password"]) {
    await sql.unsafe(`CREATE ROLE by_${method} LOGIN PASSWORD 's3cret'`);
  }
  const [row] = await sql`SHOW hba_file`;
  const rules = String(row?.["hba_file"]);
  const methods = ["md5", "password"].map((method) => `host all by_${method} all ${method}\n`);
  writeFileSync(rules, methods.join("") + readFileSync(rules, "utf8"));
  await sql`SELECT pg_reload_conf()`;
  await sql.end();
}

type Target = { name: string; port: number; user?: string; tls?: string; secret?: string };

const resource = ({ name, port, user, tls, secret }: Target): string => `
  - name: ${name}
    type: postgres
    host: localhost
    port: ${port}
    database: postgres
    user: ${user ?? "postgres"}
    password: { secret: ${secret ?? "right"} }
    tls: ${tls ?? "disable"}
    network: private
    labels: { env: test }`;

beforeAll(async () => {
  const [known, strange] = [certify("known"), certify("strange")];
  const trusted = await serve("trusted", known.tls);
  const untrusted = await serve("untrusted", strange.tls);
  const plain = await serve("plain");
  await roles(plain);
  const targets: Target[] = [
    { name: "trusted", port: trusted.port, tls: "verify-full" },
    { name: "untrusted", port: untrusted.port, tls: "verify-full" },
    { name: "without-tls", port: plain.port, tls: "verify-full" },
    { name: "by-scram", port: plain.port, user: "by_scram" },
    { name: "by-md5", port: plain.port, user: "by_md5" },
    { name: "by-password", port: plain.port, user: "by_password" },
    { name: "wrong-scram", port: plain.port, user: "by_scram", secret: "wrong" },
    { name: "wrong-md5", port: plain.port, user: "by_md5", secret: "wrong" },
    { name: "down", port: await freePort() },
  ];
  demo = await startTestDemo({ trustedAuthority: known.authority });
  await keep("right", "s3cret");
  await keep("wrong", "another");
  await demo.apply(`resources:${targets.map(resource).join("")}
grants:
  - { id: all, groups: [engineers], resources: { labels: { env: test } }, access: [read], hours: 1 }
masking: [{ id: people, columns: ["*.rolname"], technique: redact }]
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
`);
});

afterAll(async () => {
  await demo.stop();
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function keep(name: string, value: string): Promise<void> {
  const url = demo.url + ROUTES.putSecret.path.replace(":name", name);
  const token = await demo.token("max");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const kept = await fetch(url, { method: "PUT", headers, body: JSON.stringify({ value }) });
  if (!kept.ok) throw new Error(await kept.text());
}

describe("a target is reached", () => {
  test.for([
    ["over TLS, by a certificate of an authority that the gateway trusts", "trusted"],
    ["by SCRAM", "by-scram"],
    ["by md5", "by-md5"],
    ["by a password in the clear", "by-password"],
  ] as const)("%s", async ([, name], context) => {
    needs(context, "psql");
    const args = ["psql", name, "-AtXc", "select 6 * 7"];
    expect(await cli(demo, args, { as: "ada" })).toEqual({ code: 0, stdout: "42\n", stderr: "" });
  });

  test("over TLS at the server's end as well", async (context) => {
    needs(context, "psql");
    const sql = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()";
    const { stdout } = await cli(demo, ["psql", "trusted", "-AtXc", sql], { as: "ada" });
    expect(stdout).toMatch(/^t\|TLSv1\.[23]\n$/);
  });
});

describe("what keeps a target away is said in psql, with its SQLSTATE:", () => {
  test.for([
    [
      "a certificate of nobody's",
      "untrusted",
      "08001",
      "localhost presented a certificate that no public CA signed, or that names another host;",
    ],
    ["no TLS", "without-tls", "08001", "localhost does not offer TLS"],
    ["a wrong password, SCRAM", "wrong-scram", "28P01", "password authentication failed"],
    ["a wrong password, md5", "wrong-md5", "28P01", "password authentication failed"],
    ["nobody listening", "down", "08001", "localhost"],
  ] as const)("%s", async ([, name, sqlstate, words], context) => {
    needs(context, "psql");
    const shown = await cli(demo, ["psql", name, "-AtXc", "select 1"], { as: "ada" });
    expect(shown.stderr).toContain(words);
    expect(shown).toMatchObject({ code: 2, stdout: "" });
    expect(await codeAt(name)).toBe(sqlstate);
  });
});

async function codeAt(name: string): Promise<unknown> {
  const { door, url } = await openDoor(demo, name);
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    return "connected";
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end().catch(() => {});
    await closed(door);
  }
}
