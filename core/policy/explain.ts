import type { Command, Decision, SignInRule, UnixMs } from "../decision.ts";
import type { Granted, Principal, Resource } from "../session.ts";
import { grantFor, requestableGrants } from "./grants.ts";
import type { Document } from "./schema.ts";

/** Why a command was decided as it was, in one sentence for people. */
export function explainDecision(command: Command, decision: Decision, document: Document): string {
  const deed = command.operations.length === 0 ? "This" : sentenceOf(command);
  const rules = decision.rules.map((id) => describeRule(id, document)).join(", ");
  const by = rules === "" ? "" : ` by ${rules}`;
  switch (decision.verdict) {
    case "allow":
      return `${deed} is allowed${by}.`;
    case "block":
      return `${deed} is blocked${by}: ${decision.message}`;
    case "review": {
      const people = decision.approvals === 1 ? "one person" : `${decision.approvals} people`;
      const minutes = Math.ceil(decision.expiresInSeconds / 60);
      const who = `${decision.reviewers.join(" or ")}${signedIn(decision.signIn)}`;
      return `${deed} waits${by} until ${people} of ${who} approve within ${minutes} minutes.`;
    }
  }
}

const signedIn = (rule: SignInRule | null): string =>
  rule === null
    ? ""
    : `, signed in within ${rule.minutes} minutes${rule.acr === null ? "" : ` by ${rule.acr}`},`;

function sentenceOf({ operations, objects, unbounded }: Command): string {
  const what = objects.length === 0 ? "" : ` on ${objects.join(", ")}`;
  return `${operations.join(", ")}${what}${unbounded ? " without saying which rows" : ""}`;
}

function describeRule(id: string, document: Document): string {
  if (document.grants.some((rule) => rule.id === id)) return `the grant ${id}`;
  return document.guardrails.some((rule) => rule.id === id) ? `the guardrail ${id}` : id;
}

/**
 * Why somebody may open a resource, may ask to, or may not. `granted`: what was asked for and
 * approved; such access ends at an instant, so no hours are named then.
 */
export function explainAccess(
  document: Document,
  principal: Pick<Principal, "name" | "groups">,
  resource: Pick<Resource, "name" | "labels">,
  now: UnixMs = 0,
  granted: readonly Granted[] = [],
): string {
  const grant = grantFor(document, principal, resource, now, granted);
  const asking = requestableGrants(document, principal, resource);
  if (grant !== null) {
    const hours = granted.length > 0 || grant.endsAt === null ? "" : hoursFrom(now, grant.endsAt);
    const by = grant.grants.join(" and ");
    const may = grant.access.join(", ");
    return `${principal.name} may open ${resource.name} (${may})${hours} by the grant ${by}.`;
  }
  if (asking.length > 0) {
    const ids = asking.map(({ id }) => id).join(" or ");
    return `${principal.name} may ask to open ${resource.name} by the grant ${ids}.`;
  }
  return `No grant lets ${principal.name} open ${resource.name}.`;
}

const hoursFrom = (now: UnixMs, endsAt: UnixMs): string =>
  ` for ${(endsAt - now) / 3_600_000} hours at a time`;
