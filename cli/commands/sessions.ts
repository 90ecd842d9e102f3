import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RecordView } from "../../core/api/record.ts";
import type { SessionView } from "../../core/api/session.ts";
import { VERDICTS } from "../../core/recording/findable.ts";
import { type Context, gatewayOf, list, onTerminal, print, say } from "../context.ts";
import { reasonOf, usage } from "../failure.ts";
import type { Gateway } from "../gateway.ts";
import { table } from "../output/table.ts";
import { limitOption, upTo } from "../pages.ts";
import { exchangeSentence } from "../replay/exchanges.ts";
import { sentence } from "../replay/facts.ts";
import { type Pace, replay } from "../replay/replay.ts";
import { showExact } from "./exact.ts";

type Listed = {
  readonly limit: number;
  readonly json?: true;
} & Partial<
  Record<
    "state" | "resource" | "principal" | "from" | "to" | "verdict" | "rule" | "object" | "text",
    string
  >
>;
type ExportOptions = { readonly raw?: true; readonly output?: string };
type ShowOptions = { readonly exact?: true; readonly reason?: string };
type KillOptions = { readonly reason?: string };

export function sessionCommands(program: Command, context: Context): void {
  const sessions = program
    .command("sessions")
    .description("who was where, and what they did")
    .option("--state <state>", "live or ended")
    .option("--resource <name>", "of this resource")
    .option("--principal <who>", "of this principal, by id or name")
    .option("--from <instant>", "opened then or later: 2026-11-25, or with a time (UTC)", instant)
    .option("--to <instant>", "opened before then", instant)
    .addOption(new Option("--verdict <what>", "something in it was").choices(VERDICTS))
    .option("--rule <id>", "a grant, guardrail or mask that decided something in it")
    .option("--object <schema.name>", "that a statement of it names")
    .option("--text <words>", 'statements with these words, in any order, or "in quotes"')
    .addOption(limitOption())
    .option("--json", "one JSON array")
    .action((options: Listed) => listSessions(context, options));
  sessions
    .command("show <id>")
    .description("a session's timeline; with --exact, what was typed to the letter")
    .option("--exact", "open the sealed texts and binds: for groups that the policy names")
    .option("--reason <text>", "with --exact: why, for the audit trail")
    .option("--json", "one JSON array of records")
    .action((id: string, { exact, reason }: ShowOptions) =>
      exact ? showExact(context, id, reason) : show(context, id),
    );
  sessions
    .command("replay <id>")
    .description("play a session as the person saw it")
    .option("--speed <factor>", "2 is twice as fast", positive, 1)
    .option("--no-wait", "everything at once")
    .action((id: string, pace: Pace) => play(context, id, pace));
  sessions
    .command("export <id>")
    .description("the recording: JSON lines, or with --raw what `audit verify` reads")
    .option("--raw", "chunks and signatures, to the byte")
    .option("--output <file>", "write to this file instead of standard output")
    .action((id: string, options: ExportOptions) => exportSession(context, id, options));
  sessions
    .command("kill <id>")
    .description("end a live session now")
    .option("--reason <text>", "told to the client, and recorded")
    .option("--json", "one JSON array")
    .action((id: string, options: KillOptions) => kill(context, id, options));
}

async function listSessions(context: Context, listed: Listed): Promise<void> {
  const { limit, json: _, ...filter } = listed;
  const gateway = await gatewayOf(context);
  const found = await upTo(limit, (page) =>
    gateway.call("sessions", { query: { ...filter, ...page } }),
  );
  list(context, found, sessionTable);
}

const sessionTable = (sessions: readonly SessionView[]): string =>
  table(
    ["id", "state", "who", "resource", "opened", "ended", "statements"],
    sessions.map((session) => [
      session.id,
      session.state,
      session.principal.name,
      session.resource.name,
      session.openedAt,
      session.endedAt ?? "",
      session.commands === null ? "" : String(session.commands),
    ]),
  );

async function show(context: Context, id: string): Promise<void> {
  const gateway = await gatewayOf(context);
  if (context.json) return showJson(context, gateway, id);
  const session = await gateway.call("session", { path: { id } });
  print(context, sessionTable([session]));
  const inWords = session.resource.type === "http" ? exchangeSentence : sentence;
  for await (const record of recordsOf(gateway, id)) {
    const said = inWords(record);
    if (said !== null) print(context, table([record.at, said], []));
  }
}

async function showJson(context: Context, gateway: Gateway, id: string): Promise<void> {
  const records: object[] = [];
  for await (const record of recordsOf(gateway, id)) {
    if (sentence(record) !== null) records.push({ id: `${id}/${record.seq}`, ...record });
  }
  list(context, records, () => "");
}

async function play(context: Context, id: string, pace: Pace): Promise<void> {
  const gateway = await gatewayOf(context);
  for await (const { waitMs, text } of replay(recordsOf(gateway, id), pace)) {
    if (waitMs > 0) await wait(waitMs);
    print(context, text);
  }
}

async function exportSession(
  context: Context,
  id: string,
  { raw, output }: ExportOptions,
): Promise<void> {
  if (raw && output === undefined && onTerminal(context)) {
    throw usage("A raw recording is not for terminals: give --output FILE.");
  }
  const gateway = await gatewayOf(context);
  const { state } = await gateway.call("session", { path: { id } });
  const format = raw ? "raw" : "jsonl";
  const path = `/api/sessions/${encodeURIComponent(id)}/export?format=${format}`;
  const bytes = await gateway.file(path);
  if (raw && state === "live") {
    say(context, "The session is still live: what is not shipped yet is missing here.");
  }
  if (output === undefined) {
    await pipeline(Readable.from(bytes), context.stdout, { end: false });
    return;
  }
  try {
    await pipeline(Readable.from(bytes), createWriteStream(output, { flags: "wx", mode: 0o600 }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw usage(reasonOf(error));
  }
}

async function kill(context: Context, id: string, { reason }: KillOptions): Promise<void> {
  const gateway = await gatewayOf(context);
  const json = reason === undefined ? {} : { reason };
  const session = await gateway.call("kill", { path: { id }, json });
  list(context, [session], sessionTable);
}

async function* recordsOf(gateway: Gateway, id: string): AsyncGenerator<RecordView> {
  for (let from: number | null = 0; from !== null;) {
    const page: { items: RecordView[]; next: number | null } = await gateway.call("records", {
      path: { id },
      query: { from },
    });
    yield* page.items;
    from = page.next;
  }
}

/** A day alone is its midnight in UTC. */
function instant(text: string): string {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new InvalidArgumentError("An instant is a day, 2026-11-25, or a day and a time.");
}

function positive(text: string): number {
  const factor = Number(text);
  if (factor > 0 && Number.isFinite(factor)) return factor;
  throw new InvalidArgumentError("A speed is a number above 0.");
}
