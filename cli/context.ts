import type { Readable, Writable } from "node:stream";
import { safeJson } from "../core/visible.ts";
import { Failure } from "./failure.ts";
import { visibleLines } from "./output/visible.ts";
import { Gateway } from "./gateway.ts";
import { SignInStore } from "./sign-in/store.ts";

/** What a command finds: the process, so that tests can give another. */
export type Context = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** `--json`: listings are one JSON array, errors are problem+json. */
  json: boolean;
  /** Set by `psql` and `connect -- CMD`: the command's own code. */
  exitCode: number;
};

export function processContext(): Context {
  const { env, stdin, stdout, stderr } = process;
  return { env, stdin, stdout, stderr, json: false, exitCode: 0 };
}

export const storeOf = (context: Context): SignInStore => new SignInStore(context.env);

export const gatewayOf = (context: Context): Promise<Gateway> =>
  Gateway.find(context.env, storeOf(context));

export function print(context: Context, text: string): void {
  context.stdout.write(text);
}

export const onTerminal = ({ stdout }: Context): boolean =>
  "isTTY" in stdout && stdout.isTTY === true;

/** For people, beside the output: progress, warnings. */
export function say(context: Context, text: string): void {
  context.stderr.write(`${visibleLines(text)}\n`);
}

/**
 * A listing: with `--json` one array of objects with `id` first, else what `asText` makes of it.
 */
export function list<T extends object>(
  context: Context,
  items: readonly T[],
  asText: (items: readonly T[]) => string,
): void {
  if (!context.json) print(context, asText(items));
  else print(context, `${safeJson(items.map(idFirst))}\n`);
}

function idFirst(item: object): object {
  return Object.fromEntries(
    Object.entries(item).toSorted(([a], [b]) => Number(b === "id") - Number(a === "id")),
  );
}

/**
 * Prints why a command failed and gives its exit code. What is no `Failure` is a bug, and shows
 * as one.
 */
export function report(context: Context, error: unknown): number {
  if (!(error instanceof Failure)) throw error;
  const { problem } = error;
  if (context.json) context.stderr.write(`${safeJson(problem)}\n`);
  else {
    say(context, `sluice: ${problem.detail}`);
    for (const { line, column, message } of problem.errors ?? []) {
      const at = line === null ? "" : `line ${line}, column ${column}: `;
      // Errors of a document say it themselves.
      say(context, `  ${message.startsWith(at) ? "" : at}${message}`);
    }
  }
  return error.exit;
}
