import { type Command, InvalidArgumentError, Option } from "commander";
import { type Scope, SCOPE_NAMES } from "../../core/api/scope.ts";
import type { ApiTokenView } from "../../core/api/token.ts";
import { apiTokenDaysMax } from "../../core/limits.ts";
import { type Context, gatewayOf, list, say } from "../context.ts";
import { table } from "../output/table.ts";
import { limitOption, upTo } from "../pages.ts";

export function tokenCommands(program: Command, context: Context): void {
  const token = program.command("token").description("API tokens, for automation");
  token
    .command("create <name>")
    .description("make a token that acts as you; it is printed this once")
    .addOption(scopeOption())
    .addOption(daysOption())
    .option("--json", "one JSON array, the token in it")
    .action((name: string, options: Wanted) => create(context, name, options));
  token
    .command("ls")
    .description("your tokens; as an auditor or admin, everybody's")
    .addOption(limitOption())
    .option("--json", "one JSON array")
    .action(async ({ limit }: { limit: number }) => {
      const gateway = await gatewayOf(context);
      const items = await upTo(limit, (query) => gateway.call("tokens", { query }));
      list(context, items, tokenTable);
    });
  token
    .command("revoke <id>")
    .description("make a token worthless at once")
    .option("--json", "one JSON array")
    .action(async (id: string) => {
      const gateway = await gatewayOf(context);
      const revoked = await gateway.call("revokeToken", { path: { id }, json: {} });
      list(context, [revoked], tokenTable);
    });
}

type Wanted = { readonly scope: readonly Scope[]; readonly days?: number };

/** The token alone on standard output, for a file or a variable. */
async function create(context: Context, name: string, { scope: scopes, days }: Wanted) {
  const gateway = await gatewayOf(context);
  const json = { name, scopes, ...(days !== undefined && { days }) };
  const made = await gateway.call("makeToken", { json });
  list(context, [made], () => `${made.token}\n`);
  if (!context.json)
    say(context, `${made.id} until ${made.expiresAt}: keep it; it is not shown again.`);
}

const isScope = (text: string): text is Scope => (SCOPE_NAMES as readonly string[]).includes(text);

const scopeOption = (): Option =>
  new Option("--scope <scope>", `what it is for, once for each of: ${SCOPE_NAMES.join(", ")}`)
    .makeOptionMandatory()
    .argParser((text, before?: readonly Scope[]) => {
      if (isScope(text)) return [...(before ?? []), text];
      throw new InvalidArgumentError("There is no such scope.");
    });

const daysOption = (): Option =>
  new Option("--days <days>", `for how long; at most ${apiTokenDaysMax}, 30 by default`).argParser(
    (text) => {
      const days = Number(text);
      if (Number.isInteger(days) && days > 0 && days <= apiTokenDaysMax) return days;
      throw new InvalidArgumentError(`Days are a whole number from 1 to ${apiTokenDaysMax}.`);
    },
  );

const tokenTable = (tokens: readonly ApiTokenView[]): string =>
  table(
    ["id", "owner", "name", "scopes", "until", "last used"],
    tokens.map(({ id, owner, name, scopes, expiresAt, lastUsedAt, revokedAt }) => [
      id,
      owner.name,
      name,
      scopes.join(" "),
      revokedAt === null ? expiresAt : "revoked",
      lastUsedAt ?? "never",
    ]),
  );
