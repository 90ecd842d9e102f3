import { auditEvent, auditQuery, hoursQuery, signedHour } from "../audit.ts";
import { pageOf, paging } from "../common.ts";
import { overview, overviewQuery } from "../overview.ts";
import { peopleQuery, person, personDetail, signIn } from "../person.ts";
import { apiToken, apiTokenBody, apiTokensQuery, madeApiToken } from "../token.ts";
import type { Route } from "../route.ts";

/** What auditors and admins look after, and API tokens. */
export const OVERSIGHT_ROUTES = {
  audit: {
    method: "GET",
    path: "/api/audit",
    summary: "Read what happened to Sluice itself, newest first.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    query: auditQuery,
    answer: pageOf(auditEvent),
  },
  hours: {
    method: "GET",
    path: "/api/audit/hours",
    summary: "Read the chained hourly heads over all recordings, oldest first.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    query: hoursQuery,
    answer: pageOf(signedHour),
  },
  overview: {
    method: "GET",
    path: "/api/overview",
    summary: "Count by the hour what happened, with the slowest approvals and what is open now.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    query: overviewQuery,
    answer: overview,
  },
  people: {
    method: "GET",
    path: "/api/people",
    summary: "List everybody whom the identity provider has vouched for.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    query: peopleQuery,
    answer: pageOf(person),
  },
  person: {
    method: "GET",
    path: "/api/people/:id",
    summary: "Tell what somebody may do, and why.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    answer: personDetail,
  },
  signIns: {
    method: "GET",
    path: "/api/people/:id/sign-ins",
    summary: "List somebody's sign-ins, newest first.",
    roles: ["owner", "auditor", "admin"],
    scope: "person",
    query: paging,
    answer: pageOf(signIn),
  },
  revokeSignIn: {
    method: "POST",
    path: "/api/people/:id/sign-ins/:signIn/revoke",
    summary: "End a sign-in, with every session that it opened.",
    roles: ["owner", "admin"],
    scope: "person",
    answer: signIn,
    problems: ["conflict"],
  },
  tokens: {
    method: "GET",
    path: "/api/tokens",
    summary: "List your API tokens, newest first; as an auditor or admin, everybody's.",
    roles: ["signed-in"],
    scope: "person",
    query: apiTokensQuery,
    answer: pageOf(apiToken),
  },
  makeToken: {
    method: "POST",
    path: "/api/tokens",
    summary: "Make an API token that acts as you within its scopes. It is shown this once.",
    roles: ["signed-in"],
    scope: "person",
    body: apiTokenBody,
    answer: madeApiToken,
    status: 201,
    problems: ["conflict", "not_a_person", "stale_groups"],
  },
  revokeToken: {
    method: "POST",
    path: "/api/tokens/:id/revoke",
    summary: "Revoke an API token of yours at once; as an admin, anybody's.",
    roles: ["owner", "admin"],
    scope: "person",
    answer: apiToken,
  },
} as const satisfies Readonly<Record<string, Route>>;
