import { ConfigError } from "../errors.ts";
import { z } from "../zod.ts";
import type { Decision } from "../decision.ts";
import { errorAt, shapeErrors } from "./located.ts";
import type { Document } from "./schema.ts";
import { readYaml } from "./yaml.ts";

/*
 * Cases that a policy must decide as they say (docs/policy.md is checked against these objects).
 * Strict, as the policy is: a misspelt `masks` must not pass as nothing to check.
 */

const some = z.string().min(1);

export const expectSchema = z
  .strictObject({
    verdict: z.enum(["allow", "block", "review"]).describe("`allow`, `block` or `review`."),
    rule: some.optional().describe("A rule or grant that the decision names."),
    masks: z
      .record(some, some)
      .optional()
      .describe("`{ COLUMN: RULE }` for each masked column of the answer, and no others."),
    message: some.optional().describe("A part of the decision's message."),
  })
  .refine(({ verdict, masks }) => verdict !== "block" || masks === undefined, {
    path: ["masks"],
    error: "what is blocked answers no columns",
  })
  .refine(({ verdict, message }) => verdict !== "allow" || message === undefined, {
    path: ["message"],
    error: "what is allowed has no message",
  });

export const caseSchema = z.strictObject({
  name: some.optional().describe("Shown in place of the statement."),
  as: some.describe("Who sends it: `principal.name`."),
  groups: z.array(some).default([]).describe("That person's groups."),
  on: some.describe("The resource."),
  sql: some.describe("The statement, or several."),
  at: z.iso
    .datetime({ offset: true, error: "an instant such as 2026-11-25T02:30:00Z" })
    .optional()
    .describe("When, for rules that look at `now`; the present when absent."),
  reason: some.optional().describe("What `session.reason` says."),
  ticket: some.optional().describe("What `session.ticket` says."),
  expect: expectSchema.describe("What must come of it, as below."),
});

const casesSchema = z.strictObject({ cases: z.array(caseSchema).min(1, "no case at all") });

export type Expectation = z.infer<typeof expectSchema>;
/** `line`: where it begins in its file. */
export type Case = z.infer<typeof caseSchema> & { readonly line: number };

/**
 * Reads a file of cases for one policy: syntax, shape, and that their resources exist. Every error
 * has its line and column.
 */
export function parseCases(
  source: string,
  document: Document,
): { readonly cases: readonly Case[] } | readonly ConfigError[] {
  const located = readYaml(source);
  if (located.problems.length > 0) {
    return located.problems.map(({ message, at }) => new ConfigError("cases.yaml", message, at));
  }
  const result = casesSchema.safeParse(located.value);
  if (!result.success) return shapeErrors("cases", result.error.issues, located);
  const errors = result.data.cases.flatMap(({ on }, i) => {
    const resource = document.resources.find(({ name }) => name === on);
    if (resource !== undefined && resource.type !== "http") return [];
    const wrong =
      resource === undefined
        ? `no resource is named "${on}"`
        : `"${on}" is a service, and a case is a statement for a database`;
    return [errorAt("cases.reference", ["cases", i, "on"], wrong, located)];
  });
  if (errors.length > 0) return errors;
  return {
    cases: result.data.cases.map((one, i) => ({
      ...one,
      line: located.positionOf(["cases", i]).line,
    })),
  };
}

/** What came of a case. */
export type Got = {
  readonly decision: Decision;
  /** The columns of the answer in order; null: not masked. */
  readonly columns: readonly { readonly name: string; readonly rule: string | null }[];
};

/** How what came differs from what was expected, a line each; none: the case passes. */
export function differences(expected: Expectation, { decision, columns }: Got): readonly string[] {
  const said = "message" in decision ? decision.message : "";
  const unlike = (what: string, wanted: string, got: string): string =>
    `${what}: expected ${wanted}, got ${got}`;
  const found: string[] = [];
  if (expected.verdict !== decision.verdict) {
    found.push(unlike("verdict", expected.verdict, verdictOf(decision)));
  }
  if (expected.rule !== undefined && !decision.rules.includes(expected.rule)) {
    found.push(unlike("rule", expected.rule, decision.rules.join(", ") || "none"));
  }
  if (expected.message !== undefined && !said.includes(expected.message)) {
    found.push(unlike("message", JSON.stringify(expected.message), JSON.stringify(said)));
  }
  if (expected.masks !== undefined) {
    const wanted = masksText(Object.entries(expected.masks));
    const got = masksText(masksOf(columns));
    if (wanted !== got) found.push(unlike("masks", wanted, got));
  }
  return found;
}

const verdictOf = (decision: Decision): string =>
  "message" in decision ? `${decision.verdict}: ${decision.message}` : decision.verdict;

/** Columns of one name that fare differently are told as such, and equal no expectation. */
function masksOf(columns: Got["columns"]): [string, string][] {
  const byName = new Map<string, Set<string>>();
  for (const { name, rule } of columns) {
    byName.set(name, (byName.get(name) ?? new Set()).add(rule ?? CLEAR));
  }
  const told = [...byName].map(([name, rules]): [string, string] => [
    name,
    [...rules].toSorted().join(" and "),
  ]);
  return told.filter(([, rules]) => rules !== CLEAR);
}

const CLEAR = "not masked";

function masksText(masks: readonly (readonly [string, string])[]): string {
  if (masks.length === 0) return "none";
  const sorted = masks.map(([name, rule]) => `${name}: ${rule}`).toSorted();
  return `{ ${sorted.join(", ")} }`;
}
