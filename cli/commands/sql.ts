import { once } from "node:events";
import type { Command } from "commander";
import { type Context, gatewayOf, onTerminal, say } from "../context.ts";
import { EXIT, refused, usage } from "../failure.ts";
import { CsvWriter, JsonWriter, TableWriter } from "../output/rows.ts";
import { Listener } from "../tunnel/listener.ts";
import { AnswerRenderer, type Shown } from "../wire/answer.ts";
import type { ServerMessage } from "../../core/protocols/postgres/seen.ts";
import { simpleQuery } from "../wire/simple-query.ts";
import { databaseOf, listenerOptions } from "./connect.ts";
import { readText } from "./files.ts";

type SqlOptions = { readonly json?: true; readonly csv?: true; readonly file?: string };

type Writer = TableWriter | CsvWriter | JsonWriter;

export function sqlCommands(program: Command, context: Context): void {
  program
    .command("sql <name> [statement]")
    .description("run SQL without psql, through the same tunnel")
    .option("--file <path>", "read the statements from a file")
    .option("--csv", "comma-separated values (RFC 4180)")
    .option("--json", "one JSON array, an object per row")
    .action((name: string, statement: string | undefined, options: SqlOptions) =>
      sql(context, name, statement, options),
    );
}

async function sql(
  context: Context,
  name: string,
  statement: string | undefined,
  options: SqlOptions,
): Promise<void> {
  if (options.json && options.csv) throw usage("--json or --csv, not both.");
  const text = await textOf(statement, options.file);
  const gateway = await gatewayOf(context);
  const database = databaseOf(await gateway.call("resource", { path: { name } }));
  const reach = listenerOptions(context, gateway, name);
  const listener =
    process.platform === "win32" ? await Listener.onPort(0, reach) : await Listener.onSocket(reach);
  const stop = () => void listener.close();
  const tire = gateway.stayFresh();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await ask(context, simpleQuery(listener.door, database, text), writerFor(context, options));
  } finally {
    tire();
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await listener.close();
  }
}

/** Prints an answer as it comes. Throws a Failure when it ends before ReadyForQuery. */
async function ask(
  context: Context,
  messages: AsyncIterable<ServerMessage>,
  writer: Writer,
): Promise<void> {
  const renderer = new AnswerRenderer(writer);
  let complete = false;
  for await (const message of messages) {
    const shown = renderer.show(message);
    complete = shown?.is === "ready";
    if (shown !== null) await put(context, shown);
    if (complete) break;
  }
  if (writer instanceof JsonWriter) context.stdout.write(writer.close());
  if (!complete) throw refused("cut", "The session ended before the answer was complete.");
}

function writerFor(context: Context, { json, csv }: SqlOptions): Writer {
  if (json) return new JsonWriter();
  return csv ? new CsvWriter(onTerminal(context)) : new TableWriter();
}

function textOf(statement: string | undefined, file: string | undefined): Promise<string> {
  if (statement !== undefined && file === undefined) return Promise.resolve(statement);
  if (statement === undefined && file !== undefined) return readText(file);
  throw usage("Give a statement or --file, one of them.");
}

async function put(context: Context, shown: Shown): Promise<void> {
  if (shown.is === "output") {
    if (shown.text !== "" && !context.stdout.write(shown.text)) await once(context.stdout, "drain");
  } else if (shown.is === "error" || shown.is === "notice") {
    say(context, shown.text);
    if (shown.is === "error") context.exitCode = EXIT.refused;
  }
}
