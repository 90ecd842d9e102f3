import { once } from "node:events";
import type { Command } from "commander";
import { type Context, gatewayOf, say } from "../context.ts";
import { EXIT, refused, usage } from "../failure.ts";
import { CsvWriter, JsonWriter, TableWriter } from "../output/rows.ts";
import { Listener } from "../tunnel/listener.ts";
import { AnswerRenderer, type Shown } from "../wire/answer.ts";
import { simpleQuery } from "../wire/simple-query.ts";
import { listenerOptions } from "./connect.ts";
import { readText } from "./files.ts";

type SqlOptions = { readonly json?: true; readonly csv?: true; readonly file?: string };

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
  const { database } = await gateway.call("resource", { path: { name } });
  const reach = listenerOptions(context, gateway, name);
  const listener =
    process.platform === "win32" ? await Listener.onPort(0, reach) : await Listener.onSocket(reach);
  try {
    const writer = writerFor(options);
    let complete = false;
    const renderer = new AnswerRenderer(writer);
    for await (const message of simpleQuery(listener.door, database, text)) {
      const shown = renderer.show(message);
      complete = shown?.is === "ready";
      if (shown !== null) await put(context, shown);
      if (complete) break;
    }
    if (writer instanceof JsonWriter) context.stdout.write(writer.close());
    if (!complete) throw refused("cut", "The session ended before the answer was complete.");
  } finally {
    await listener.close();
  }
}

function writerFor({ json, csv }: SqlOptions): TableWriter | CsvWriter | JsonWriter {
  if (json) return new JsonWriter();
  return csv ? new CsvWriter() : new TableWriter();
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
