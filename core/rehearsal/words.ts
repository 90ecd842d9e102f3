import type { Outcome } from "../policy/cases.ts";
import type { Unjudged } from "./compare.ts";

/** Why commands could not be judged; `recording` counts recordings. */
export const WHY: Readonly<Record<Unjudged, string>> = {
  parameters: "a rule looks at bound values, which are sealed",
  request: "they are messages of a WebSocket, or requests in recordings of older versions",
  sealed: "a rule looks at what is sealed of the request, its headers or what a mask has hidden",
  cut: "the recorded text was too long to be kept whole",
  "not reproduced":
    "by the recorded text and today's tables, the policy of then would not have done what is " +
    "recorded",
  person: "the groups of who asked are not known",
  policy: "the text of the policy of then is not known",
  tables: "the resource's tables are not known now",
  recording: "the recording is kept no longer",
};

type Side = { readonly verdict: Outcome["verdict"] };
type Change = {
  readonly before: Side;
  readonly after: Side;
  readonly masks: readonly unknown[];
};

const VERDICTS = {
  allow: "allowed",
  block: "blocked",
  review: "held",
  refuse: "refused unread",
} as const;

/** "allowed → blocked"; where the verdict stays, what else changes. */
export function changeInWords({ before, after, masks }: Change): string {
  const [then, now] = [VERDICTS[before.verdict], VERDICTS[after.verdict]];
  if (then !== now) return `${then} → ${now}`;
  return masks.length > 0 ? `${now}, masked otherwise` : `${now}, by other rules`;
}
