import type { Difference, RehearsedStep } from "../../core/api/rehearsal.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { isDocument } from "../../core/policy/document.ts";
import { changeInWords, WHY } from "../../core/rehearsal/words.ts";
import { type Context, gatewayOf, list, say } from "../context.ts";
import { invalidPolicy, usage } from "../failure.ts";
import { visible } from "../output/visible.ts";
import { readText } from "./files.ts";

export type DryRunOptions = {
  readonly from?: string;
  readonly to?: string;
  readonly on?: string;
};

const DAY_MS = 86_400_000;

/**
 * What the gateway's recordings say that the file would have decided or masked otherwise. Asks step
 * by step; to interrupt it ends it.
 */
export async function dryRun(
  context: Context,
  file: string,
  { from, to, on }: DryRunOptions,
): Promise<void> {
  const source = await readText(file);
  const parsed = checkDocument(source);
  if (!isDocument(parsed)) throw invalidPolicy(file, parsed);
  const end = to === undefined ? Date.now() : instant("--to", to);
  const begin = from === undefined ? end - DAY_MS : instant("--from", from);
  const gateway = await gatewayOf(context);
  const asked = {
    source,
    from: new Date(begin).toISOString(),
    to: new Date(end).toISOString(),
    ...(on !== undefined && { resource: on }),
  };
  const steps: RehearsedStep[] = [];
  let after: string | null = null;
  do {
    const json = { ...asked, ...(after !== null && { after }) };
    const step: RehearsedStep = await gateway.call("rehearsal", { json });
    steps.push(step);
    after = step.next;
    if (after !== null) say(context, `${step.sessions.done} of ${step.sessions.of} sessions`);
  } while (after !== null);
  const items = steps.flatMap((step) => step.items);
  list(
    context,
    items.map((item) => ({ id: `${item.session}:${item.seq}`, ...item })),
    () => items.map(linesOf).join(""),
  );
  for (const line of summary(steps)) say(context, line);
}

function instant(option: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw usage(`${option} is an instant such as 2026-11-25T02:30:00Z.`);
  return at;
}

function linesOf(item: Difference): string {
  const { at, principal, resource, shown, masks, after, caution } = item;
  const rules = after.rules.length === 0 ? "" : ` (${after.rules.join(", ")})`;
  return [
    `${at}  ${changeInWords(item)}${rules}  ${principal} on ${resource}: ${shown}`,
    ...masks.map((mask) => `    ${mask.column}: ${mask.before} → ${mask.after}`),
    ...(after.message === null ? [] : [`    ${after.message}`]),
    ...(caution === null ? [] : [`    ${caution}`]),
  ]
    .map((line) => `${visible(line)}\n`)
    .join("");
}

function summary(steps: readonly RehearsedStep[]): readonly string[] {
  const sum = (of: (step: RehearsedStep) => number) => steps.reduce((all, one) => all + of(one), 0);
  const reasons = steps.flatMap((step) => step.unjudged);
  const kinds = [...Map.groupBy(reasons, ({ why }) => why)];
  return [
    `${sum((step) => step.examined)} commands, ${sum((step) => step.items.length)} differences`,
    ...kinds.map(([why, all]) => {
      const count = all.reduce((total, one) => total + one.count, 0);
      return `${count} not judged: ${WHY[why]}`;
    }),
  ];
}
