import { compileCondition } from "../policy/condition.ts";
import { concerns } from "../policy/guardrails.ts";
import type { Document } from "../policy/schema.ts";
import type { Principal, Resource } from "../session.ts";

/**
 * What conditions look at that a shown text does not have: `text`, the exact one with its literals;
 * `parameters`; and `questions`, which count over a whole session.
 */
export type Looks = Readonly<Record<"text" | "parameters" | "questions", boolean>>;

/** Of the guardrails that concern this principal on this resource, under any of the documents. */
export function looksOf(
  documents: readonly Document[],
  principal: Pick<Principal, "groups">,
  resource: Pick<Resource, "name">,
): Looks {
  const names = new Set(
    documents
      .flatMap(({ guardrails }) => guardrails)
      .filter((rule) => rule.when !== undefined && concerns(rule, principal, resource))
      .flatMap(({ when = "" }) => [...compileCondition(when).names]),
  );
  const sees = (part: keyof Looks) => names.has(`command.${part}`) || names.has("command");
  return { text: sees("text"), parameters: sees("parameters"), questions: sees("questions") };
}
