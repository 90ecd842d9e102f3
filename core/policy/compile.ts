import { type Access, accessOf, ASKS_MASKED, COPIES_MASKED, overwriting } from "../command.ts";
import type { Crypto } from "../crypto.ts";
import type { Command, Decision, Policy, UnixMs } from "../decision.ts";
import { createMasker } from "../masking/masker.ts";
import type { Granted, Principal, Resource } from "../session.ts";
import type { SessionFacts } from "./context.ts";
import { loadDocument } from "./document.ts";
import { type Grant, grantFor } from "./grants.ts";
import { budgetsFor } from "./budgets.ts";
import { compileGuardrails, weigh } from "./guardrails.ts";
import type { Document } from "./schema.ts";

export type CompileInput = {
  /** Text as applied, or the document already read from it. */
  readonly policy: string | Document;
  readonly version: string;
  readonly principal: Principal;
  readonly resource: Resource;
  readonly session: SessionFacts & {
    readonly openedAt: UnixMs;
    readonly granted?: readonly Granted[];
  };
  readonly keys: {
    /** A key of 32 bytes for one purpose, derived by HMAC from the deployment's masking key. */
    mask(purpose: string): Uint8Array;
  };
  readonly crypto: Crypto;
};

export type CompiledPolicy = Policy & {
  /** When the grant ends; the opening itself when there is no grant any more. */
  readonly endsAt: UnixMs | null;
  readonly access: readonly Access[];
  readonly grants: readonly string[];
};

/**
 * The policy of one principal on one resource: what the grants let through, what guardrails say of
 * it, what is masked. Throws ConfigError for a document that would not have been applied.
 */
export function compilePolicy(input: CompileInput): CompiledPolicy {
  const { principal, resource, session } = input;
  const document = typeof input.policy === "string" ? loadDocument(input.policy) : input.policy;
  const grant = grantFor(document, principal, resource, session.openedAt, session.granted);
  const guardrails = compileGuardrails(document.guardrails, principal, resource, session);
  const masker = createMasker(document.masking, principal, resource, input.keys, input.crypto);
  const refused = [COPIES_MASKED, ASKS_MASKED] as const;
  const leaks = ({ risks }: Command) =>
    masker.hidesColumns ? refused.find((risk) => risks.includes(risk)) : undefined;
  return {
    version: input.version,
    recording: document.recording.default,
    masker,
    endsAt: grant === null ? session.openedAt : grant.endsAt,
    budgets: budgetsFor(document.budgets, principal, resource),
    access: grant?.access ?? [],
    grants: grant?.grants ?? [],
    decide(command: Command, now: UnixMs): Decision {
      if (grant === null) return noGrant(resource);
      const missing = accessOf(command.operations).filter((one) => !grant.access.includes(one));
      if (missing.length > 0) return lacking(missing, grant, command, resource);
      const leak = leaks(command);
      if (leak !== undefined) return { verdict: "block", rules: grant.grants, message: WHY[leak] };
      const { overwrites } = command;
      if (overwrites !== null) {
        return { verdict: "block", rules: [overwrites.rule], message: overwriting(overwrites) };
      }
      const said = weigh(guardrails.match(command, now));
      return said ?? { verdict: "allow", rules: grant.grants };
    },
  };
}

const noGrant = (resource: Resource): Decision => ({
  verdict: "block",
  rules: [],
  message: `No grant lets you use ${resource.name}.`,
});

/** Masks follow the data, but not out of the tables that their rules name, nor into conditions. */
const WHY = {
  [COPIES_MASKED]: "This would copy masked values to where they are not masked.",
  [ASKS_MASKED]:
    "This asks more about masked values than their rule allows " +
    "(order, ranges, patterns, and what may fail are answers too).",
} as const;

function lacking(
  missing: readonly Access[],
  grant: Grant,
  command: Command,
  resource: Resource,
): Decision {
  const needs = `${missing.join(" and ")} access`;
  const gives = `${grant.grants.join(" and ")} gives ${grant.access.join(", ")}`;
  const unread = command.operations.includes("unknown")
    ? "Sluice cannot tell what this statement does, so it"
    : "This";
  return {
    verdict: "block",
    rules: grant.grants,
    message: `${unread} needs ${needs} to ${resource.name}; ${gives}.`,
  };
}
