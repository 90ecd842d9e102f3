import { Command, CommanderError } from "commander";
import { VERSION } from "../core/version.ts";
import { auditCommands } from "./commands/audit.ts";
import { connectCommands } from "./commands/connect.ts";
import { policyCommands } from "./commands/policy.ts";
import { requestCommands } from "./commands/request.ts";
import { resourceCommands } from "./commands/resources.ts";
import { reviewCommands } from "./commands/reviews.ts";
import { secretCommands } from "./commands/secret.ts";
import { sessionCommands } from "./commands/sessions.ts";
import { signInCommands } from "./commands/sign-in.ts";
import { sqlCommands } from "./commands/sql.ts";
import { tokenCommands } from "./commands/token.ts";
import { type Context, report } from "./context.ts";
import { EXIT } from "./failure.ts";

/** Every command, in the order in which `--help` lists them: one file per group. */
const GROUPS: readonly ((program: Command, context: Context) => void)[] = [
  signInCommands,
  tokenCommands,
  resourceCommands,
  connectCommands,
  sqlCommands,
  requestCommands,
  reviewCommands,
  sessionCommands,
  policyCommands,
  secretCommands,
  auditCommands,
];

export function buildProgram(context: Context): Command {
  const program = new Command("sluice")
    .description("Reach databases through the gateway: masked, decided, recorded.")
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError("(add --help for the options)")
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText("after", ENVIRONMENT)
    .hook("preAction", (_, action) => {
      context.json = action.opts()["json"] === true;
    });
  for (const add of GROUPS) add(program, context);
  overrideExit(program);
  return program;
}

const ENVIRONMENT = `
SLUICE_URL and SLUICE_TOKEN come before the stored sign-in.
Exit codes: 0 done, 1 refused, 2 usage, 3 not signed in, 4 unreachable.`;

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}

/** Runs one command line and gives the exit code. */
export async function runProgram(
  program: Command,
  context: Context,
  argv: readonly string[],
): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return report(context, error);
  }
}
