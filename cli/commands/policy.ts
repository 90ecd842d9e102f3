import type { Command } from "commander";
import type { Applied } from "../../core/api/policy.ts";
import { type Context, gatewayOf, list, say } from "../context.ts";
import { table } from "../output/table.ts";
import { visibleLines } from "../output/visible.ts";
import { readText } from "./files.ts";

type ApplyOptions = { readonly ifVersion?: string };

export function policyCommands(program: Command, context: Context): void {
  program
    .command("apply <file>")
    .description("put a policy document in force")
    .option("--if-version <id>", "only when this version is in force: nobody else's apply is lost")
    .option("--json", "one JSON array")
    .action((file: string, options: ApplyOptions) => apply(context, file, options));
  const policy = program.command("policy").description("the policy document");
  policy
    .command("show")
    .description("the document in force")
    .option("--json", "one JSON array")
    .action(async () => {
      const found = await (await gatewayOf(context)).call("policy");
      const view = { id: found.version, ...found };
      list(context, [view], () => visibleLines(found.source));
    });
}

async function apply(context: Context, file: string, { ifVersion }: ApplyOptions): Promise<void> {
  const yaml = await readText(file);
  const headers = ifVersion === undefined ? {} : { "if-match": `"${ifVersion}"` };
  const applied = await (await gatewayOf(context)).call("apply", { yaml, headers });
  list(context, [{ id: applied.version, ...applied }], () => appliedText(applied));
  for (const warning of context.json ? [] : applied.warnings) say(context, `warning: ${warning}`);
}

const appliedText = (applied: Applied): string =>
  table(
    ["version", "changed", "resources"],
    [[applied.version, applied.changed ? "yes" : "no", String(applied.resources)]],
  );
