import type { z } from "zod";
import type { grantRule, guardrailRule, maskRule } from "../core/api/target.ts";
import { covers, hoursMost } from "../core/policy/grants.ts";
import type {
  Document,
  GrantRule,
  GuardrailRule,
  MaskingRule,
  ResourceRule,
} from "../core/policy/schema.ts";

/** Those of the document's rules that speak of the resource, whoever uses it. */
export const rulesOn = ({ grants, guardrails, masking }: Document, resource: ResourceRule) => ({
  grants: grants.filter((grant) => covers(grant, resource)),
  guardrails: guardrails.filter((rule) => names(rule, resource)),
  masking: masking.filter((rule) => names(rule, resource)),
});

const names = ({ resources }: GuardrailRule | MaskingRule, { name }: ResourceRule): boolean =>
  resources === undefined || resources.includes(name);

export const grantView = (rule: GrantRule): z.infer<typeof grantRule> => ({
  id: rule.id,
  groups: [...rule.groups],
  access: [...rule.access],
  hours: hoursMost(rule),
  reviewers: rule.request === undefined ? null : [...rule.request.reviewers],
});

export const guardrailView = (rule: GuardrailRule): z.infer<typeof guardrailRule> => ({
  id: rule.id,
  when: rule.when ?? null,
  verdict: rule.then,
  groups: rule.groups === undefined ? null : [...rule.groups],
  except: [...(rule.except ?? [])],
});

export const maskView = (rule: MaskingRule): z.infer<typeof maskRule> => ({
  id: rule.id,
  columns: [...(rule.columns ?? [])],
  fields: [...(rule.fields ?? [])],
  finds: [...(rule.detect ?? []), ...(rule.patterns ?? []).map(({ id }) => id)],
  technique: techniqueInWords(rule.technique),
  except: [...(rule.except ?? [])],
});

function techniqueInWords(technique: MaskingRule["technique"]): string {
  if (typeof technique === "string") return technique;
  const { first, last } = technique.partial;
  const ends = [first > 0 && `the first ${first}`, last > 0 && `the last ${last}`];
  const kept = ends.filter((end) => end !== false).join(" and ");
  return kept === "" ? "partial, keeps nothing" : `partial, keeps ${kept}`;
}
