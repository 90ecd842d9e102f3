import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client, STARTUP } from "./wire.ts";
import { FakeGateway } from "./fake-gateway.ts";

let gateway: FakeGateway;
beforeEach(async () => {
  gateway = await FakeGateway.start();
  const resource = {
    id: "res_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    name: "shop-db",
    type: "postgres",
    database: "shop",
    url: null,
    labels: {},
    state: "open",
    access: ["read"],
    grants: ["engineers"],
    why: "",
    mayAsk: [],
    endsAt: null,
  };
  gateway.handle = () => ({ status: 200, json: resource });
});
afterEach(() => gateway.stop());

/** The bundled command in a process of its own, as people run it. */
function sluice(argv: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["cli/dist/sluice.js", ...argv], {
    env: { ...process.env, SLUICE_URL: gateway.url, SLUICE_TOKEN: "t", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = Promise.all([once(child, "exit"), text(child.stderr)]).then(([[code], err]) => ({
    code: code as number,
    err,
  }));
  return { child, ended };
}

const PRINT_ENV = `
  const names = ["PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE", "PGPASSWORD", "DATABASE_URL"];
  console.log(JSON.stringify(Object.fromEntries(names.map((n) => [n, process.env[n] ?? null]))));
  process.exit(7);`;

async function environmentWith(...options: string[]) {
  const command = ["--", process.execPath, "-e", PRINT_ENV];
  const { child, ended } = sluice(["connect", "shop-db", ...options, ...command], {
    PGPASSWORD: "somebody else's",
  });
  const env = JSON.parse(await text(child.stdout)) as Record<string, string | null>;
  return { env, code: (await ended).code };
}

describe("connect -- CMD", () => {
  it("gives CMD a socket, no stranger's password, and takes its exit code", async () => {
    const { env, code } = await environmentWith();
    expect(code).toBe(7);
    expect(env).toMatchObject({
      PGPORT: "5432",
      PGDATABASE: "shop",
      PGSSLMODE: "disable",
      PGPASSWORD: null,
    });
    const url = new URL(env["DATABASE_URL"] as string);
    expect(url.searchParams.get("host")).toBe(env["PGHOST"]);
    expect(env["PGHOST"]).toMatch(/^\//);
  });

  it("gives CMD the port's password with --port", async () => {
    const { env } = await environmentWith("--port", "0");
    const url = new URL(env["DATABASE_URL"] as string);
    expect(url.hostname).toBe("127.0.0.1");
    expect(url.password).toBe(env["PGPASSWORD"]);
    expect(env["PGPASSWORD"]).toMatch(/^[\w-]{24}$/);
  });

  it("says UTF-8 to psql, unless the person says something else", async () => {
    const bin = mkdtempSync(join(tmpdir(), "sluice-bin-"));
    writeFileSync(join(bin, "psql"), '#!/bin/sh\necho "$PGCLIENTENCODING"\n', { mode: 0o755 });
    const PATH = `${bin}:${process.env["PATH"]}`;
    const encodingWith = (env: Record<string, string>) =>
      text(sluice(["psql", "shop-db"], { PATH, ...env }).child.stdout);
    expect(await encodingWith({})).toBe("UTF8\n");
    expect(await encodingWith({ PGCLIENTENCODING: "LATIN1" })).toBe("LATIN1\n");
    rmSync(bin, { recursive: true });
  });

  it("says that a command is not there, and what else would do for psql", async () => {
    const missing = await sluice(["connect", "shop-db", "--", "no-such-command"]).ended;
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("not installed") });
    const psql = await sluice(["psql", "shop-db", "-c", "select 1"], { PATH: "/nowhere" }).ended;
    expect(psql).toMatchObject({ code: 1, err: expect.stringContaining("sluice sql NAME") });
  });
});

it("connect listens with the password that its URL names, until it is told to end", async () => {
  const { child, ended } = sluice(["connect", "shop-db"]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = new URL(line.toString());
  const client = await Client.at({ kind: "tcp", port: Number(url.port), password: "" });
  client.write(STARTUP);
  expect((await client.read(9)).toString("hex")).toBe("520000000800000003");
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});
