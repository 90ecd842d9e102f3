import type { Decision } from "../decision.ts";
import { ConfigError } from "../errors.ts";
import { z } from "../zod.ts";
import { errorAt, shapeErrors } from "./located.ts";
import { requestSchema } from "./request-case.ts";
import type { Document } from "./schema.ts";
import { readYaml } from "./yaml.ts";

/*
 * Cases that a policy must decide as they say (docs/policy.md is checked against these objects).
 * Strict, as the policy is: a misspelt `masks` must not pass as nothing to check.
 */

const some = z.string().min(1);

export const expectSchema = z
  .strictObject({
    verdict: z
      .enum(["allow", "block", "review", "refuse"])
      .describe("`allow`, `block`, `review`, or of a request `refuse`: answered before any rule."),
    rule: some.optional().describe("A rule or grant that the decision names."),
    masks: z
      .record(some, some)
      .optional()
      .describe("`{ COLUMN: RULE }` for each masked column of the answer, and no others."),
    maskedIn: z
      .array(some)
      .optional()
      .describe(
        "Of a request: the rules and detectors that mask something on its way in, no others.",
      ),
    message: some.optional().describe("A part of the decision's message."),
  })
  .refine(({ verdict, masks }) => verdict !== "block" || masks === undefined, {
    path: ["masks"],
    error: "what is blocked answers no columns",
  })
  .refine(({ verdict, message }) => verdict !== "allow" || message === undefined, {
    path: ["message"],
    error: "what is allowed has no message",
  })
  .refine(({ verdict, rule }) => verdict !== "refuse" || rule === undefined, {
    path: ["rule"],
    error: "what is refused unread meets no rule",
  })
  .refine(({ verdict, maskedIn }) => verdict !== "refuse" || maskedIn === undefined, {
    path: ["maskedIn"],
    error: "what is refused unread does not leave",
  });

const statementOrRequest = z.strictObject({
  name: some.optional().describe("Shown in place of the statement or the request."),
  as: some.describe("Who sends it: `principal.name`."),
  groups: z.array(some).default([]).describe("That person's groups."),
  on: some.describe("The resource."),
  sql: some.optional().describe("Of a database: the statement, or several."),
  request: requestSchema.optional().describe("Of a service: what is sent, as below."),
  at: z.iso
    .datetime({ offset: true, error: "an instant such as 2026-11-25T02:30:00Z" })
    .optional()
    .describe("When, for rules that look at `now`; the present when absent."),
  reason: some.optional().describe("What `session.reason` says."),
  ticket: some.optional().describe("What `session.ticket` says."),
  expect: expectSchema.describe("What must come of it, as below."),
});

export const caseSchema = statementOrRequest
  .refine(({ sql, request }) => (sql === undefined) !== (request === undefined), {
    error: "a case has sql, or a request",
  })
  .refine(({ request, expect }) => request === undefined || expect.masks === undefined, {
    path: ["expect", "masks"],
    error: "nobody knows the answer of a service; maskedIn says what is masked of a request",
  })
  .refine(({ sql, expect }) => sql === undefined || expect.maskedIn === undefined, {
    path: ["expect", "maskedIn"],
    error: "only requests are masked on their way in",
  })
  .refine(({ sql, expect }) => sql === undefined || expect.verdict !== "refuse", {
    path: ["expect", "verdict"],
    error: "only requests are refused unread",
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
  const errors = result.data.cases.flatMap(({ on, sql }, i) => {
    const resource = document.resources.find(({ name }) => name === on);
    const wrong = wrongPlace(on, resource?.type, sql !== undefined);
    return wrong === null ? [] : [errorAt("cases.reference", ["cases", i, "on"], wrong, located)];
  });
  if (errors.length > 0) return errors;
  return {
    cases: result.data.cases.map((one, i) => ({
      ...one,
      line: located.positionOf(["cases", i]).line,
    })),
  };
}

function wrongPlace(on: string, type: string | undefined, isSql: boolean): string | null {
  if (type === undefined) return `no resource is named "${on}"`;
  if (isSql) return type === "http" ? `"${on}" is a service: give a request in place of sql` : null;
  return type === "http" ? null : `"${on}" is a database: give sql in place of a request`;
}

/** `refuse`: of a request that is answered before any rule, for it may mean several things. */
export type Outcome =
  | Decision
  | { readonly verdict: "refuse"; readonly rules: readonly string[]; readonly message: string };

/** What came of a case. */
export type Got = {
  readonly decision: Outcome;
  /** The columns of the answer in order; null: not masked. */
  readonly columns: readonly { readonly name: string; readonly rule: string | null }[];
  /** Rules and detectors that mask something of a request. */
  readonly maskedIn: readonly string[];
};

/** How what came differs from what was expected, a line each; none: the case passes. */
export function differences(expected: Expectation, got: Got): readonly string[] {
  const { decision, columns, maskedIn } = got;
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
    const shown = masksText(masksOf(columns));
    if (wanted !== shown) found.push(unlike("masks", wanted, shown));
  }
  if (expected.maskedIn !== undefined) {
    const [wanted, met] = [namesText(expected.maskedIn), namesText(maskedIn)];
    if (wanted !== met) found.push(unlike("maskedIn", wanted, met));
  }
  return found;
}

const namesText = (names: readonly string[]): string =>
  [...new Set(names)].toSorted().join(", ") || "none";

const verdictOf = (decision: Outcome): string =>
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
