import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { text } from "../../../../core/bytes.ts";
import { safeError } from "../../../../core/protocols/postgres/errors.ts";
import type { LoginResult } from "../../../../core/protocols/postgres/login.ts";
import { readFields } from "../../../../core/protocols/postgres/messages.ts";
import {
  freePort,
  RawConnection,
  realPostgres,
  type RealPostgres,
} from "../../../support/real-postgres.ts";
import { needs } from "../../../support/tools.ts";

/* What only a real server can show: that it lets us in, and what its errors look like. */

let server: RealPostgres;
let admin: RawConnection;

beforeAll(async () => {
  server = await realPostgres();
  admin = (await RawConnection.logIn(server.port, "postgres", server.password)).connection;
});
afterAll(async () => {
  admin.close();
  await server.stop();
});

async function logIn(
  user: string,
  password: string | null,
  over: Parameters<typeof RawConnection.logIn>[3] = {},
): Promise<LoginResult> {
  const { result, connection } = await RawConnection.logIn(server.port, user, password, over);
  connection.close();
  return result;
}

const told = (result: LoginResult): string =>
  result.ok ? "in" : `${result.sqlstate} ${result.message}`;

describe("a login at a real PostgreSQL", () => {
  it.each([
    [2, 32],
    [0, 4],
  ] as const)("by SCRAM, protocol 3.%i, gets a cancel key of %i bytes", async (minor, bytes) => {
    const result = await logIn("postgres", server.password, { protocolMinor: minor });
    expect(result).toMatchObject({ ok: true, protocolMinor: minor, status: "I" });
    expect(result.ok && result.key.length).toBe(bytes);
    expect(result.ok && Object.fromEntries(result.parameters)).toMatchObject({
      server_encoding: "UTF8",
      standard_conforming_strings: "on",
    });
  });

  it("refuses a wrong password and none at all", async () => {
    expect(told(await logIn("postgres", "nope"))).toMatch(/^28P01 .+ refused the gateway's login/);
    expect(told(await logIn("postgres", null))).toMatch(/^28000 .+ asks for a password/);
  });

  it("ends where TLS is asked for and the server has none", async () => {
    const result = await logIn("postgres", server.password, { tls: "verify-full" });
    expect(told(result)).toBe("08001 127.0.0.1 does not offer TLS.");
  });

  it("prepares a password as the server does (SASLprep)", async () => {
    await admin.query(`create role accents login password E'e\\u0301\\u00a0x'`);
    expect(told(await logIn("accents", "e\u0301\u00a0x"))).toBe("in");
    expect(told(await logIn("accents", "\u00e9 x"))).toBe("in");
  });

  it.each([
    ["md5", "in", "28P01"],
    ["password", "in", "28P01"],
    ["trust", "in", "in"],
    ["reject", "28000", "28000"],
  ])("by %s", async (method, right, wrong) => {
    await admin.query("set password_encryption = md5");
    await admin.query(`create role by_${method} login password 'mm'`);
    const [row] = (await admin.query("show hba_file")).filter(({ letter }) => letter === "D");
    const file = text((row as { body: Uint8Array }).body.subarray(6));
    const others = readFileSync(file, "utf8");
    writeFileSync(file, `host all by_${method} all ${method}\n${others}`);
    await admin.query("select pg_reload_conf(), pg_sleep(0.3)");
    expect(told(await logIn(`by_${method}`, "mm"))).toMatch(new RegExp(`^${right}`));
    expect(told(await logIn(`by_${method}`, "xx"))).toMatch(new RegExp(`^${wrong}`));
  });
});

/** Also a SQLSTATE that a function may raise. */
const CANARY = "78C05";
const hiding = { hidesColumns: true, scan: () => null };

/** The errors and notices of a query, as the server sends them and as the client gets them. */
async function words(sql: string) {
  const bodies = (await admin.query(sql)).filter(({ letter }) => "EN".includes(letter));
  const read = (body: Uint8Array) => Object.fromEntries(readFields(body) ?? []);
  return {
    sent: bodies.map(({ body }) => read(body)),
    shown: bodies.map(({ body }) => read(safeError(body, hiding))),
  };
}

/** Names are folded on their way into a message. */
const canaryIn = (value: unknown): boolean => JSON.stringify(value).toUpperCase().includes(CANARY);

describe("a real server's errors where columns are masked", () => {
  beforeAll(async () => {
    await admin.query(
      `create table secrets (id int primary key, ssn text unique, check (id <> 9))`,
    );
    await admin.query(`insert into secrets values (1, '${CANARY}')`);
    await admin.query(`create function loud(code text, words text) returns int language plpgsql
      as $$ begin raise exception using errcode = code, message = words, detail = words,
      hint = words, column = words, constraint = words, table = words, schema = words,
      datatype = words; end $$`);
    await admin.query(`create function cast_it(words text) returns int language sql
      as 'select words::int' strict stable`);
  });

  it.each([
    ["a cast to a number", "select ssn::int from secrets"],
    ["a cast to a date", "select ssn::date from secrets"],
    ["a cast to a table's name", "select ssn::regclass from secrets"],
    ["a cast to a type's name", "select ('x' || ssn)::regtype from secrets"],
    ["a cast to a function's name", "select ssn::regproc from secrets"],
    ["a cast to a role's name", "select ssn::regrole from secrets"],
    ["a text search", "select to_tsquery('& ' || ssn) from secrets"],
    ["a parameter's name", "select current_setting('x.' || ssn) from secrets"],
    ["a parameter's value", "select set_config('work_mem', ssn || 'x', false) from secrets"],
    ["a sequence's name", "select nextval(ssn) from secrets"],
    ["a column's name", "select has_column_privilege('secrets', ssn, 'select') from secrets"],
    ["a file's name", "select pg_read_file(ssn) from secrets"],
    ["XML", "select xmlparse(document ssn) from secrets"],
    ["JSON", "select (ssn || '}')::json from secrets"],
    ["a function in SQL", "select cast_it(ssn) from secrets"],
    ["RAISE under a harmless code", "select loud('42703', ssn) from secrets"],
    ["RAISE under a code that is always shown", "select loud('23505', ssn) from secrets"],
    ["a value as SQLSTATE", "select loud(ssn, 'no') from secrets"],
    ["a NOTICE", "do $$ begin raise notice '%', (select ssn from secrets); end $$"],
    [
      "a WARNING under a code that is always shown",
      `do $$ begin raise warning using errcode = '57014', message = (select ssn from secrets);
        end $$`,
    ],
    [
      "dynamic SQL that names a column",
      `do $$ begin execute format('select %I from secrets', (select ssn from secrets)); end $$`,
    ],
    [
      "dynamic SQL without a function of a user's",
      "select query_to_xml(format('select %I from secrets', ssn), true, true, '') from secrets",
    ],
    ["a key that exists", "insert into secrets select 2, ssn from secrets"],
    ["a row that fails a check", "update secrets set id = 9"],
  ])("never show the value by %s", async (_, sql) => {
    const { sent, shown } = await words(sql);
    expect(canaryIn(sent)).toBe(true);
    expect(canaryIn(shown)).toBe(false);
  });

  it("but say what is wrong with a statement", async () => {
    const shown = async (sql: string) => (await words(sql)).shown;
    expect(await shown("select sn from secrets")).toMatchObject([
      { C: "42703", M: 'column "sn" does not exist', P: "8", H: expect.stringContaining("ssn") },
    ]);
    expect(await shown("selct 1")).toMatchObject([{ M: 'syntax error at or near "selct"' }]);
    expect(await shown("select 1/0")).toMatchObject([{ M: "division by zero" }]);
    const [taken] = await shown("insert into secrets values (1, 'y')");
    expect(taken?.["M"]).toBe('duplicate key value violates unique constraint "secrets_pkey"');
    expect(taken).not.toHaveProperty("D");
  });
});

describe("a pooler in front of the server", () => {
  it("is refused, for one session must be one session", async (context) => {
    needs(context, "pgbouncer");
    const directory = mkdtempSync(join(tmpdir(), "sluice-pooler-"));
    const port = await freePort();
    const settings = [
      "[databases]",
      `postgres = host=127.0.0.1 port=${server.port} user=postgres password=${server.password}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "auth_type = any",
      "pool_mode = transaction",
      "unix_socket_dir =",
    ];
    const file = join(directory, "pgbouncer.ini");
    writeFileSync(file, settings.join("\n"));
    // It refuses to run as root.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    chmodSync(directory, 0o755);
    const pooler = spawn("pgbouncer", [file], { stdio: ["ignore", "ignore", "pipe"], ...nobody });
    try {
      for await (const line of pooler.stderr) if (String(line).includes("process up")) break;
      const { result, connection } = await RawConnection.logIn(port, "postgres", null, {
        protocolMinor: 0,
      });
      connection.close();
      expect(told(result)).toMatch(/^0A000 127\.0\.0\.1 is a pooler/);
    } finally {
      pooler.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });
});
