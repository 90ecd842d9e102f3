import type { Judged } from "./judged.ts";
import type { Looks } from "./looks.ts";
import type { Recorded } from "./recorded.ts";

/**
 * Why a command cannot be judged. `parameters`: a rule looks at bound values, which are sealed;
 * `cut`: the shown text was too long to be kept whole; `not reproduced`: by the shown text, today's
 * tables and the person's groups the policy of then would not have done what was recorded, so what
 * they say of another policy is worth nothing; `person`, `policy`, `tables`: the groups of who
 * asked, the text of the policy of then, or the resource's tables are not known now. `recording`
 * counts recordings, not commands: it is kept no longer, or damaged. `request`: the recording of a
 * request does not say what of it is shown as it was sent; `sealed`: it does, and a rule looks at
 * another part of it.
 */
export const UNJUDGED = [
  "parameters",
  "cut",
  "request",
  "sealed",
  "not reproduced",
  "person",
  "policy",
  "tables",
  "recording",
] as const;
export type Unjudged = (typeof UNJUDGED)[number];

type MaskChange = {
  readonly column: string;
  readonly before: string;
  readonly after: string;
};

export type Compared =
  | { readonly is: "same" }
  | { readonly is: "unjudged"; readonly why: Unjudged }
  | { readonly is: "different"; readonly masks: readonly MaskChange[] };

/**
 * How the edited policy differs for one command from the one that decided it, both judged by the
 * same shown text. `columnRules`: the ids of the old policy's rules that name columns; what
 * detectors find in values cannot be judged without the values.
 */
export function compare(
  recorded: Recorded,
  before: Judged,
  after: Judged,
  columnRules: ReadonlySet<string>,
): Compared {
  if (!reproduces(recorded, before, columnRules)) return { is: "unjudged", why: "not reproduced" };
  const masks = maskChanges(before, after);
  const same =
    before.decision.verdict === after.decision.verdict &&
    sameNames(before.decision.rules, after.decision.rules) &&
    masks.length === 0;
  return same ? { is: "same" } : { is: "different", masks };
}

function reproduces(recorded: Recorded, before: Judged, columnRules: ReadonlySet<string>): boolean {
  const { decision, operations, objects, masks } = recorded;
  return (
    decision.verdict === before.decision.verdict &&
    sameNames(decision.rules, before.decision.rules) &&
    sameNames(operations, before.operations) &&
    sameNames(objects, before.objects) &&
    masks.every((rule) => !columnRules.has(rule) || before.masks.includes(rule))
  );
}

/** What is blocked returns no columns, so there is nothing to compare. */
function maskChanges(before: Judged, after: Judged): readonly MaskChange[] {
  if (before.decision.verdict === "block" || after.decision.verdict === "block") return [];
  return before.columns.flatMap(({ name, says }, at) => {
    const then = after.columns[at];
    return then === undefined || then.says === says
      ? []
      : [{ column: name, before: says, after: then.says }];
  });
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());

/** What a reader should know of a judgement by the shown text alone; null: nothing. */
export function cautionOf({ text, questions }: Looks): string | null {
  if (text) return "A rule looks at the exact text, which is sealed: judged by the text shown.";
  if (questions) return "A rule counts a session's questions: judged as if it were the first.";
  return null;
}
