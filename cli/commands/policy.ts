import type { Command } from "commander";
import type { Applied } from "../../core/api/policy.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { isDocument } from "../../core/policy/document.ts";
import { type Context, gatewayOf, list, onTerminal, say } from "../context.ts";
import { invalidPolicy } from "../failure.ts";
import { table } from "../output/table.ts";
import { visibleLines } from "../output/visible.ts";
import { saveCatalog } from "./catalog.ts";
import { dryRun, type DryRunOptions } from "./dry-run.ts";
import { explain, type ExplainOptions } from "./explain.ts";
import { readText } from "./files.ts";
import { testPolicy, type TestOptions } from "./policy-test.ts";

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
      const shown = onTerminal(context) ? visibleLines : (source: string) => source;
      list(context, [view], () => shown(found.source));
    });
  policy
    .command("explain [file] [text]")
    .description(
      "who may open what, or what becomes of a statement or of a request such as `GET /a`, and " +
        "why; `-` for the file: as in force",
    )
    .requiredOption("--as <name>", "the person")
    .option("--groups <names>", "the person's groups, separated by commas", commaSeparated, [])
    .option("--on <name>", "only this resource")
    .option("--catalog <file>", "read the statement with this saved catalog")
    .option("--header <line>", "of the request, `NAME: VALUE`; once for each", collected, [])
    .option("--body <text>", "of the request; JSON, unless a header says otherwise")
    .option("--json", "one JSON array")
    .action((file: string | undefined, text: string | undefined, options: ExplainOptions) =>
      explain(context, file === "-" ? undefined : file, text, options),
    );
  policy
    .command("catalog")
    .description("what a resource says of its tables, to be saved for `explain` and `test`")
    .requiredOption("--on <name>", "the resource")
    .action(({ on }: { readonly on: string }) => saveCatalog(context, on));
  policy
    .command("test <cases>")
    .description("whether the policy decides each case of a file as it says; asks nobody")
    .option("--policy <file>", "the policy document", "sluice.yaml")
    .option("--catalog <file>", "a saved catalog; once for each resource", collected, [])
    .option("--json", "one JSON array")
    .action((cases: string, options: TestOptions) => testPolicy(context, cases, options));
  policy
    .command("dry-run <file>")
    .description("which recorded commands the policy would have decided or masked otherwise")
    .option("--from <instant>", "of commands from then on; a day before --to when absent")
    .option("--to <instant>", "of commands before then; now when absent")
    .option("--on <name>", "only this resource")
    .option("--json", "one JSON array")
    .action((file: string, options: DryRunOptions) => dryRun(context, file, options));
}

async function apply(context: Context, file: string, { ifVersion }: ApplyOptions): Promise<void> {
  const yaml = await readText(file);
  const parsed = checkDocument(yaml);
  if (!isDocument(parsed)) throw invalidPolicy(file, parsed);
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

const collected = (value: string, before: readonly string[]): readonly string[] => [
  ...before,
  value,
];

const commaSeparated = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
