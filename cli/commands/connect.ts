import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import type { ResourceView } from "../../core/api/resource.ts";
import { safeJson } from "../../core/visible.ts";
import { type Context, gatewayOf, print, say } from "../context.ts";
import { reasonOf, refused, usage } from "../failure.ts";
import type { Gateway } from "../gateway.ts";
import { addressOf, environmentOf } from "../tunnel/address.ts";
import { Listener } from "../tunnel/listener.ts";
import { Tunnel } from "../tunnel/tunnel.ts";

type ConnectOptions = { readonly port?: number };

export function connectCommands(program: Command, context: Context): void {
  program
    .command("connect <name> [command...]")
    .description("a local port to a resource; with -- CMD, run CMD with PGHOST, DATABASE_URL… set")
    .option("--port <port>", "the local TCP port; without it the system chooses", portNumber)
    .option("--json", "print the address as one JSON array")
    .action((name: string, command: string[], options: ConnectOptions) =>
      command.length === 0
        ? standBy(context, name, options.port ?? 0)
        : runWith(context, name, command, options),
    );
  program
    .command("psql <name> [args...]")
    .description("the real psql, through the gateway")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action((name: string, args: string[]) =>
      runWith(context, name, ["psql", ...args], { defaults: PSQL_DEFAULTS }),
    );
}

/** psql takes its encoding from the locale, and a plain one has no letters but ASCII's. */
const PSQL_DEFAULTS = { PGCLIENTENCODING: "UTF8" };

/** `open` for a listener: each local connection is a tunnel and a session of its own. */
export function listenerOptions(context: Context, gateway: Gateway, name: string) {
  return {
    open: async (events: Parameters<typeof Tunnel.open>[3]) =>
      Tunnel.open(gateway.url, name, await gateway.token(), events),
    notice: (message: string) => say(context, `sluice: ${message}`),
  };
}

/** Throws where there is none: a service is spoken to in HTTP. */
export function databaseOf({ name, database, url }: ResourceView): string {
  if (database !== null) return database;
  const line = `curl -H "Authorization: Bearer $SLUICE_TOKEN" ${url}/`;
  throw usage(`${name} is a service, which any HTTP client calls with your token: ${line}`);
}

async function standBy(context: Context, name: string, port: number): Promise<void> {
  const gateway = await gatewayOf(context);
  const resource = await gateway.call("resource", { path: { name } });
  const database = databaseOf(resource);
  const listener = await Listener.onPort(port, listenerOptions(context, gateway, name));
  const stop = gateway.stayFresh();
  const url = addressOf(listener.door, database);
  print(context, context.json ? `${safeJson([{ id: resource.id, name, url }])}\n` : `${url}\n`);
  say(context, "Listening until you press Ctrl-C.");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  stop();
  await listener.close();
}

async function runWith(
  context: Context,
  name: string,
  command: readonly string[],
  { port, defaults }: ConnectOptions & { defaults?: Readonly<Record<string, string>> },
): Promise<void> {
  const gateway = await gatewayOf(context);
  const database = databaseOf(await gateway.call("resource", { path: { name } }));
  const options = listenerOptions(context, gateway, name);
  const onPort = port !== undefined || process.platform === "win32";
  const listener = onPort
    ? await Listener.onPort(port ?? 0, options)
    : await Listener.onSocket(options);
  const stop = gateway.stayFresh();
  try {
    const env = {
      ...defaults,
      ...context.env,
      ...environmentOf(listener.door, database),
    };
    context.exitCode = await run(command, env);
  } finally {
    stop();
    await listener.close();
  }
}

/** Runs the command on this terminal and gives its code, or 128 and the signal, as shells do. */
function run(
  [file, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (file === undefined) throw usage("Which command?");
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: "inherit" });
    const restore = passSignals(child);
    child.on("error", (error: NodeJS.ErrnoException) => {
      restore();
      reject(refused("cannot_run", whyNot(file, error)));
    });
    child.on("exit", (code, signal) => {
      restore();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Ctrl-C reaches the child from the terminal itself: psql cancels its statement, and we stay. */
function passSignals(child: ChildProcess): () => void {
  const ignore = () => {};
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", ignore).on("SIGTERM", pass).on("SIGHUP", pass);
  return () => process.off("SIGINT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
}

function whyNot(file: string, error: NodeJS.ErrnoException): string {
  if (error.code !== "ENOENT") return `${file}: ${reasonOf(error)}`;
  if (file !== "psql") return `${file} is not installed here.`;
  return 'psql is not installed here. `sluice sql NAME "SELECT …"` works without it.';
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}
