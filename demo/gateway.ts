import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { bundleWorker, type Module } from "./bundle.ts";
import { runtimesOf } from "./processes.ts";

const migrationsFolder = join(import.meta.dirname, "../migrations");

const ASSETS = {
  directory: join(import.meta.dirname, "../dashboard/dist"),
  binding: "ASSETS",
  routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
};

/** The file that says what is deployed also says it here; a test compares the two. */
export const COMPATIBILITY_DATE = "2026-10-01";
export const COMPATIBILITY_FLAGS = ["enable_request_signal", "request_signal_passthrough"];

export type GatewaySettings = {
  readonly port: number;
  /** Where D1, R2 and the objects live, and the keys that were made for them. */
  readonly stateDir: string;
  /** OIDC_ISSUER, OIDC_CLIENT_ID, … of CONTRACTS §8, without the keys. */
  readonly vars: Readonly<Record<string, string>>;
  /** Origin under which people reach it; `http://localhost:PORT` by default. */
  readonly publicUrl?: string;
  /** Serve the pages for browsers too: a step more on the way of every byte. */
  readonly pages?: boolean;
  /** A bundle made before, for tests that start many gateways. */
  readonly modules?: Module[];
  /**
   * PEM file of an authority that upstream certificates may be signed by. It counts for every
   * gateway that the process starts after the first call, for Miniflare reads it once.
   */
  readonly trustedAuthority?: string;
  /** Takes what the Worker logs; by default it goes to standard error. */
  readonly log?: (line: string) => void;
};

export type Gateway = {
  readonly url: string;
  readonly miniflare: Miniflare;
  /** Process id of the runtime, to measure it. Linux only. */
  pid(): number;
  /** SIGKILL in the middle of whatever it does; it comes back on the same port by itself. */
  kill(): void;
  stop(): Promise<void>;
};

/** Runs the gateway in workerd, inside this process's care, with nothing of it in the cloud. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { port, stateDir, log = (line: string) => console.error(line) } = settings;
  if (settings.trustedAuthority !== undefined) {
    process.env["NODE_EXTRA_CA_CERTS"] = settings.trustedAuthority;
  }
  const { Miniflare, Log, LogLevel, convertV4MiniflareOptions } = await import("miniflare");
  const url = settings.publicUrl ?? `http://localhost:${port}`;
  const before = new Set(runtimesOf(process.pid));
  const object = (className: string) => ({ className, useSQLite: true });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "sluice",
      host: "localhost",
      port,
      modules: settings.modules ?? (await bundleWorker()),
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: COMPATIBILITY_FLAGS,
      bindings: { PUBLIC_URL: url, ...settings.vars, ...keysIn(stateDir) },
      d1Databases: ["DB"],
      r2Buckets: ["RECORDINGS"],
      ...(settings.pages === true && { assets: ASSETS }),
      durableObjects: {
        SESSIONS: object("SessionObject"),
        DESK: object("ReviewDesk"),
        CATALOGS: object("CatalogObject"),
        CALLERS: object("CallerObject"),
        CONSOLES: object("ConsoleObject"),
      },
      resourcePersistencePath: join(stateDir, "gateway"),
      log: new Log(LogLevel.ERROR),
      logRequests: false,
      handleStructuredLogs: ({ message }: { message: string }) => log(message),
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  await miniflare.ready;
  await migrate(await miniflare.getD1Database("DB"));
  const pid = () => {
    const own = runtimesOf(process.pid).find((id) => !before.has(id));
    if (own === undefined) throw new Error("The runtime's process is not visible on this system.");
    return own;
  };
  return {
    url,
    miniflare,
    pid,
    kill: () => void process.kill(pid(), "SIGKILL"),
    stop: () => miniflare.dispose(),
  };
}

/** A deployment's keys are made once and kept with its state. */
function keysIn(stateDir: string): Record<string, string> {
  const file = join(stateDir, "keys.json");
  mkdirSync(stateDir, { recursive: true });
  if (!existsSync(file)) {
    const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
    const keys = { SIGNING_KEYS: key("sign-1"), SEALING_KEYS: key("seal-1") };
    writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
}

/** Applies what is not applied yet, and keeps the list where `wrangler d1 migrations` keeps it. */
async function migrate(db: Awaited<ReturnType<Miniflare["getD1Database"]>>): Promise<void> {
  const table =
    "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT " +
    "UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";
  await db.prepare(table).run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const files = readdirSync(migrationsFolder).filter((file) => file.endsWith(".sql"));
  for (const file of files.toSorted().filter((name) => !applied.has(name))) {
    const statements = readFileSync(join(migrationsFolder, file), "utf8")
      .split("--> statement-breakpoint")
      .map((statement) => db.prepare(statement));
    const done = db.prepare("INSERT INTO d1_migrations(name) VALUES (?)").bind(file);
    await db.batch([...statements, done]);
  }
}
