import type { HttpFacts } from "../command.ts";
import type { Command, Decision, SignInRule, UnixMs } from "../decision.ts";
import { plainName } from "../plain-name.ts";
import type { Principal, Resource } from "../session.ts";
import { type Condition, compileCondition, type Fields, type Verdict } from "./condition.ts";
import {
  type Clock,
  clockIn,
  commandContext,
  commandKind,
  CONTEXT,
  httpContext,
  type HttpFields,
  restsOnKind,
  type SessionFacts,
  sessionContext,
} from "./context.ts";
import { sharesGroup } from "./grants.ts";
import type { GuardrailRule, SignInAsked } from "./schema.ts";

type Planned = {
  readonly rule: GuardrailRule;
  readonly when: Condition;
  readonly clock: Clock;
  /** What it said of commands of a kind; null: commands of one kind may differ. */
  readonly said: Map<string, Verdict> | null;
};

const ALWAYS: Condition = { names: new Set(), evaluate: () => "true" };

/** Clients choose what they send, and so how many kinds there are. */
const kindsMax = 256;

/** A guardrail that spoke of a command; `failed` when its condition could not be evaluated. */
export type Match = { readonly rule: GuardrailRule; readonly failed: boolean };

export type Guardrails = { match(command: Command, now: UnixMs): readonly Match[] };

/** The guardrails that concern this principal and this resource, conditions planned once. */
export function compileGuardrails(
  rules: readonly GuardrailRule[],
  principal: Principal,
  resource: Resource,
  session: SessionFacts,
): Guardrails {
  const planned: Planned[] = rules
    .filter((rule) => concerns(rule, principal, resource))
    .map((rule) => {
      const when = rule.when === undefined ? ALWAYS : compileCondition(rule.when);
      const said = restsOnKind(when.names) ? new Map<string, Verdict>() : null;
      return { rule, when, clock: clockIn(rule.zone), said };
    });
  const fixed = sessionContext(principal, resource, session);
  return {
    match(command, now) {
      if (planned.length === 0) return [];
      const kind = commandKind(command);
      let seen: { readonly command: Fields; readonly readings: readonly HttpFields[] } | null =
        null;
      const verdictOf = ({ rule, when, clock, said }: Planned): Verdict => {
        const before = said?.get(kind);
        if (before !== undefined) return before;
        seen ??= { command: commandContext(command), readings: readingsOf(command) };
        const facts = { ...fixed, command: seen.command, now: clock(now) };
        const [first, ...others] = seen.readings.map((http) => (): Verdict => {
          return when.evaluate({ ...facts, http: takesField(when) ? http.byField : http.whole });
        });
        const verdict = ambiguous(when, command) ? "error" : (first?.() ?? "error");
        const speaks = verdict === "false" && rule.then !== "allow";
        if (speaks && others.some((other) => other() !== "false")) return "error";
        if (said !== null && said.size < kindsMax) said.set(kind, verdict);
        return verdict;
      };
      return planned.flatMap((each) => {
        const verdict = verdictOf(each);
        return verdict === "false" ? [] : [{ rule: each.rule, failed: verdict === "error" }];
      });
    },
  };
}

/** As its text says, and then as other readers take it. */
const readingsOf = (command: Command): readonly HttpFields[] => [
  httpContext(command),
  ...(command.http?.otherwise ?? []).map((reading) =>
    httpContext({ ...command, http: { ...(command.http as HttpFacts), ...reading } }),
  ),
];

/** A part that the condition reads may mean several things: what it says would be a guess. */
const ambiguous = ({ names }: Condition, { http }: Command): boolean =>
  http !== undefined &&
  (http.repeated.some((part) => reads(names, `http.${part}`)) ||
    fieldsOfItems(names).some((field) => standsOtherwise(http.body, field)) ||
    [...names].some(
      (name) =>
        (name.startsWith(OF_BODY) && spelledOtherwise(http.body, name)) ||
        (name.startsWith(OF_QUERY) && hasAlike(http.query, name.slice(OF_QUERY.length))),
    ));

/** Taken of a body's lists: by a number, or by the name that a macro gives what is in them. */
function fieldsOfItems(names: ReadonlySet<string>): readonly string[] {
  const all = [...names];
  if (!all.some((name) => `${name}.`.startsWith(OF_BODY))) return [];
  return all.flatMap((name) => {
    const [root = "", ...taken] = name.split(".");
    return root in CONTEXT ? [] : taken;
  });
}

/** Whether a field of another spelling stands anywhere in it. */
const standsOtherwise = (body: unknown, field: string): boolean =>
  typeof body === "object" &&
  body !== null &&
  (hasAlike(body, field) || Object.values(body).some((part) => standsOtherwise(part, field)));

const OF_BODY = "http.body.";
const OF_QUERY = "http.query.";

const takesField = ({ names }: Condition): boolean =>
  [...names].some((name) => name.startsWith(OF_BODY));

/** Beside a name that the condition takes stands one that a lenient reader takes for it. */
function spelledOtherwise(body: unknown, path: string): boolean {
  let value = body;
  for (const name of path.slice(OF_BODY.length).split(".")) {
    if (typeof value !== "object" || value === null) return false;
    if (hasAlike(value, name)) return true;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return false;
}

/** PHP, Rails and others make a list or an object `role` of `role[]` and `role[a]`. */
function hasAlike(fields: object, name: string): boolean {
  const plain = plainName(name);
  const alike = (key: string): boolean =>
    plainName(key) === plain || plainName(key.split("[", 1)[0] as string) === plain;
  return Object.keys(fields).some((key) => key !== name && alike(key));
}

/** `http.query.role` is read by that name, by any part of it, and by whatever reads it whole. */
const reads = (names: ReadonlySet<string>, path: string): boolean =>
  [...names].some((name) => name === path || path.startsWith(`${name}.`));

/** Whether a rule speaks of this principal on this resource at all. */
export function concerns(
  rule: Pick<GuardrailRule, "resources" | "groups" | "except">,
  principal: Pick<Principal, "groups">,
  resource: Pick<Resource, "name">,
): boolean {
  if (rule.resources !== undefined && !rule.resources.includes(resource.name)) return false;
  if (rule.groups !== undefined && !sharesGroup(rule.groups, principal.groups)) return false;
  return rule.except === undefined || !sharesGroup(rule.except, principal.groups);
}

/**
 * The most severe match wins: block, then review, then allow. A condition that failed blocks,
 * whatever its rule's verdict. Null: nothing was said.
 *
 * Among reviews the strictest stands whole: most approvals, then fewest minutes, then first in the
 * file; its reviewers vote, and what others ask of their sign-in counts as well. (Mixing the
 * reviewers of several rules would let the laxer group answer for the stricter.)
 */
export function weigh(matches: readonly Match[]): Decision | null {
  const blocks = matches.filter(({ rule, failed }) => failed || rule.then === "block");
  const [block] = blocks;
  if (block !== undefined) {
    return { verdict: "block", rules: matches.map(idOf), message: blockMessage(block) };
  }
  const reviews = matches
    .map(({ rule }) => rule)
    .filter(({ then }) => then === "review")
    .toSorted((a, b) => b.approvals - a.approvals || a.minutes - b.minutes);
  const [review] = reviews;
  if (review !== undefined) {
    return {
      verdict: "review",
      rules: matches.map(idOf),
      message: review.message ?? `The rule ${review.id} asks somebody else to approve this.`,
      reviewers: review.reviewers ?? [],
      approvals: review.approvals,
      expiresInSeconds: review.minutes * 60,
      signIn: signInOf(reviews.flatMap(({ signIn }) => signIn ?? [])),
    };
  }
  return matches.length === 0 ? null : { verdict: "allow", rules: matches.map(idOf) };
}

/** Of several rules the shortest time, and the means that the strictest of them asks for. */
export function signInOf(asked: readonly SignInAsked[]): SignInRule | null {
  if (asked.length === 0) return null;
  const acr = asked.find((one) => one.acr !== undefined)?.acr ?? null;
  return { minutes: Math.min(...asked.map(({ minutes }) => minutes)), acr };
}

const idOf = ({ rule }: Match): string => rule.id;

function blockMessage({ rule, failed }: Match): string {
  if (failed) return `The condition of the rule ${rule.id} could not be evaluated.`;
  return rule.message ?? `The rule ${rule.id} blocks this.`;
}
