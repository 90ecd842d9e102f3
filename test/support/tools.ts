import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** Debian's, beside the newer one that npm brings. */
export const POSTGRES_15 = "/usr/lib/postgresql/15/bin";

const jdbc = "/usr/share/java/postgresql.jar";

/** Debian's browser; the other names of it wrap something else. */
export const CHROMIUM = "/usr/bin/chromium";

/** Debian's web server, which is not on everybody's path. */
export const NGINX = "/usr/sbin/nginx";

/** What some tests need of the machine, and how Debian installs it. */
const TOOLS = {
  psql: { found: () => runs("psql"), debian: "postgresql-client" },
  pgbench: { found: () => runs("pgbench"), debian: "postgresql-contrib" },
  pg_dump: { found: () => runs("pg_dump"), debian: "postgresql-client" },
  postgres15: { found: () => existsSync(join(POSTGRES_15, "postgres")), debian: "postgresql-15" },
  pgbouncer: { found: () => runs("pgbouncer"), debian: "pgbouncer" },
  psycopg: { found: () => pythonHas("psycopg"), debian: "python3-psycopg" },
  psycopg2: { found: () => pythonHas("psycopg2"), debian: "python3-psycopg2" },
  asyncpg: { found: () => pythonHas("asyncpg"), debian: "python3-asyncpg" },
  jdbc: {
    found: () => runs("javac") && existsSync(jdbc),
    debian: "default-jdk-headless libpostgresql-jdbc-java",
  },
  chromium: { found: () => runs(CHROMIUM), debian: "chromium" },
  curl: { found: () => runs("curl"), debian: "curl" },
  wget: { found: () => runs("wget"), debian: "wget" },
  nginx: { found: () => runs(NGINX, "-v"), debian: "nginx" },
  requests: { found: () => pythonHas("requests"), debian: "python3-requests" },
} as const;
export type Tool = keyof typeof TOOLS;

/** Class path of PostgreSQL's JDBC driver. */
export const JDBC_JAR = jdbc;

/** Debian's Python, for its packages are not seen by any other that may come first on the path. */
export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

const known = new Map<Tool, boolean>();

/**
 * Skips the test with a reason when the machine lacks a tool; where `CI=true` promises that all are
 * there, it fails instead.
 */
export function needs(context: Pick<TestContext, "skip">, ...tools: readonly Tool[]): void {
  for (const tool of tools) {
    if (has(tool)) continue;
    const reason = `needs ${tool}: apt-get install ${TOOLS[tool].debian}`;
    if (process.env["CI"] === "true") throw new Error(reason);
    context.skip(reason);
  }
}

export function has(tool: Tool): boolean {
  const found = known.get(tool) ?? TOOLS[tool].found();
  known.set(tool, found);
  return found;
}

const pythonHas = (module: string): boolean => runs(PYTHON, "-c", `import ${module}`);

/** Being on the path is not enough: Debian's `pgbench` is a wrapper that may wrap nothing. */
function runs(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args.length > 0 ? args : ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
