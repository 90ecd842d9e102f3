import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { type Context, gatewayOf, list, say } from "../context.ts";
import { usage } from "../failure.ts";
import { table } from "../output/table.ts";

export function secretCommands(program: Command, context: Context): void {
  const secret = program.command("secret").description("credentials of resources, sealed");
  secret
    .command("set <name>")
    .description("store a secret; its value comes from standard input")
    .option("--json", "one JSON array")
    .action((name: string) => setSecret(context, name));
  secret
    .command("ls")
    .description("names of secrets; values never come out again")
    .option("--json", "one JSON array")
    .action(async () => {
      const { items } = await (await gatewayOf(context)).call("secrets");
      list(context, items.map(named), secretTable);
    });
}

/** From stdin, never from argv: other users see command lines, and shells remember them. */
async function setSecret(context: Context, name: string): Promise<void> {
  const gateway = await gatewayOf(context);
  if ("isTTY" in context.stdin && context.stdin.isTTY === true) {
    say(context, "Type the value, then Enter and Ctrl-D.");
  }
  const value = (await text(context.stdin)).replace(/\r?\n$/, "");
  if (value === "") throw usage("No value came from standard input.");
  const stored = await gateway.call("putSecret", { path: { name }, json: { value } });
  list(context, [named(stored)], secretTable);
}

type SecretRow = { readonly name: string; readonly author: string; readonly updatedAt: string };

/** A secret's name is its id. */
const named = (secret: SecretRow) => ({ id: secret.name, ...secret });

const secretTable = (secrets: readonly SecretRow[]): string =>
  table(
    ["name", "author", "updated"],
    secrets.map(({ name, author, updatedAt }) => [name, author, updatedAt]),
  );
