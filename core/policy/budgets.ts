import type { Budget } from "../decision.ts";
import type { Principal, Resource } from "../session.ts";
import { concerns } from "./guardrails.ts";
import type { BudgetRule } from "./schema.ts";

const SECONDS = { minute: 60, hour: 3_600, day: 86_400 } as const;

/** The budgets that concern this principal on this resource. A service alone has any. */
export const budgetsFor = (
  rules: readonly BudgetRule[],
  principal: Principal,
  resource: Resource,
): readonly Budget[] =>
  resource.type !== "http"
    ? []
    : rules
        .filter((rule) => concerns(rule, principal, resource))
        .map(({ id, requests, bytes, per, message }) => ({
          id,
          resource: resource.name,
          seconds: SECONDS[per],
          requests: requests ?? null,
          bytes: bytes ?? null,
          message: message ?? `The budget ${id} is used up for this ${per}.`,
        }));
