import type { Command } from "commander";
import type { Applied } from "../../core/api/policy.ts";
import { isDocument, parseDocument } from "../../core/policy/document.ts";
import { explainAccess } from "../../core/policy/explain.ts";
import { type Context, gatewayOf, list, onTerminal, say } from "../context.ts";
import { invalidPolicy, refused } from "../failure.ts";
import { table } from "../output/table.ts";
import { visibleLines } from "../output/visible.ts";
import { readText } from "./files.ts";

type ExplainOptions = {
  readonly as: string;
  readonly groups: readonly string[];
  readonly resource?: string;
};
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
    .command("explain [file]")
    .description("who may open what, and why: by a file, or by the document in force")
    .requiredOption("--as <name>", "the person")
    .option("--groups <names>", "the person's groups, separated by commas", commaSeparated, [])
    .option("--resource <name>", "only this resource")
    .option("--json", "one JSON array")
    .action((file: string | undefined, options: ExplainOptions) => explain(context, file, options));
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

/** Answered on this machine, by the same code that the gateway decides with. */
async function explain(
  context: Context,
  file: string | undefined,
  { as, groups, resource }: ExplainOptions,
): Promise<void> {
  const source =
    file === undefined
      ? (await (await gatewayOf(context)).call("policy")).source
      : await readText(file);
  const parsed = parseDocument(source);
  if (!isDocument(parsed)) throw invalidPolicy(file ?? "the policy", parsed);
  const { document } = parsed;
  const asked = document.resources.filter(
    ({ name }) => resource === undefined || name === resource,
  );
  if (asked.length === 0) throw refused("unknown", `The document names no such resource.`);
  const answers = asked.map((one) => ({
    id: one.name,
    why: explainAccess(document, { name: as, groups }, one),
  }));
  list(context, answers, () =>
    table(
      ["resource", "why"],
      answers.map(({ id, why }) => [id, why]),
    ),
  );
}

const commaSeparated = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
