import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context } from "../../cli/context.ts";
import { buildProgram, runProgram } from "../../cli/program.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export const newState = (): Promise<string> => mkdtemp(join(tmpdir(), "sluice-test-"));

/** Runs a command line in this process. `watch` sees standard error as it comes. */
export async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { input = "", watch }: { input?: string; watch?: (said: string) => void } = {},
): Promise<Ran> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  if (watch !== undefined) stderr.on("data", (chunk: Buffer) => watch(chunk.toString()));
  const context: Context = {
    env,
    stdin: Readable.from([input]),
    stdout,
    stderr,
    json: false,
    exitCode: 0,
  };
  const out = text(stdout);
  const err = text(stderr);
  const code = await runProgram(buildProgram(context), context, argv);
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}
