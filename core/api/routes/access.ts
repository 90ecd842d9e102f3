import { savedCatalog } from "../catalog.ts";
import { me } from "../me.ts";
import { resource, resources } from "../resource.ts";
import { requestBody, review } from "../review.ts";
import { secret, secretBody, secrets } from "../secret.ts";
import { probed, targets } from "../target.ts";
import type { Route } from "../route.ts";

/** What can be reached, by what, and who asks. */
export const ACCESS_ROUTES = {
  me: {
    method: "GET",
    path: "/api/me",
    summary: "Tell who you are, your groups, and the roles that the policy gives them.",
    roles: ["signed-in"],
    scope: "any",
    answer: me,
  },
  resources: {
    method: "GET",
    path: "/api/resources",
    summary: "List what you may open or ask for, and why. Admins see the rest, too.",
    roles: ["signed-in"],
    scope: "resources:read",
    answer: resources,
  },
  resource: {
    method: "GET",
    path: "/api/resources/:name",
    summary: "Read one resource as you may open it.",
    roles: ["signed-in"],
    scope: "resources:read",
    answer: resource,
  },
  catalog: {
    method: "GET",
    path: "/api/resources/:name/catalog",
    summary: "Read a target's own catalog afresh. It stands in the audit trail.",
    roles: ["admin"],
    scope: "policy:read",
    answer: savedCatalog,
    problems: ["address_refused", "target_unavailable"],
  },
  targets: {
    method: "GET",
    path: "/api/targets",
    summary: "Tell how each target does: when it was reached, how fast, and why not.",
    roles: ["auditor", "admin"],
    scope: "resources:read",
    answer: targets,
  },
  probe: {
    method: "POST",
    path: "/api/resources/:name/check",
    summary: "Reach the target now, the way that a session would. It stands in the audit trail.",
    roles: ["admin"],
    scope: "person",
    answer: probed,
    problems: ["address_refused"],
  },
  request: {
    method: "POST",
    path: "/api/resources/:name/requests",
    summary: "Ask for a grant of the policy, for some hours. Others approve it.",
    roles: ["signed-in"],
    scope: "access:request",
    body: requestBody,
    answer: review,
    status: 201,
    problems: ["conflict", "stale_groups"],
  },
  secrets: {
    method: "GET",
    path: "/api/secrets",
    summary: "List secrets by name. Their values never come out.",
    roles: ["admin"],
    scope: "secrets:write",
    answer: secrets,
  },
  putSecret: {
    method: "PUT",
    path: "/api/secrets/:name",
    summary: "Set a secret's value, sealed under its own name.",
    roles: ["admin"],
    scope: "secrets:write",
    body: secretBody,
    answer: secret,
  },
} as const satisfies Readonly<Record<string, Route>>;
