import { auditEvent, hoursQuery, signedHour } from "./audit.ts";
import { savedCatalog } from "./catalog.ts";
import { pageOf, paging } from "./common.ts";
import { exactBody, exactCommands } from "./exact.ts";
import { health } from "./health.ts";
import { me } from "./me.ts";
import { openApiDocument } from "./openapi-document.ts";
import { applied, policy, policyVersion } from "./policy.ts";
import { manifest, recordingKeys, records, recordsQuery } from "./record.ts";
import { resource, resources } from "./resource.ts";
import { requestBody, review, reviewsQuery, voteBody } from "./review.ts";
import type { Route, Stream } from "./route.ts";
import { secret, secretBody, secrets } from "./secret.ts";
import { killBody, session, sessionsQuery } from "./session.ts";
import { apiToken, apiTokenBody, apiTokensQuery, madeApiToken } from "./token.ts";

/** A WebSocket for pages: `{ on: "hello" }`, then `{ on: "review", review }` for each change. */
export const LIVE_REVIEWS = "/api/reviews/live";

/**
 * Every JSON route: worker, CLI and dashboard read the same table, and GET /api/openapi.json and
 * the page of the API are made from it. Answers other than 2xx are `problem`.
 */
export const ROUTES = {
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
  policy: {
    method: "GET",
    path: "/api/policy",
    summary: "Read the policy in force, with the etag for the next apply.",
    roles: ["auditor", "admin"],
    scope: "policy:read",
    answer: policy,
    problems: ["unknown"],
  },
  apply: {
    method: "PUT",
    path: "/api/policy",
    summary: "Put a policy in force. With If-Match, only in the place of the one that was read.",
    roles: ["admin"],
    scope: "policy:write",
    text: "application/yaml",
    answer: applied,
    problems: [
      "address_refused",
      "conflict",
      "invalid_policy",
      "nobody_admin",
      "precondition_failed",
    ],
  },
  policyVersions: {
    method: "GET",
    path: "/api/policy/versions",
    summary: "List the policies that were in force, newest first.",
    roles: ["auditor", "admin"],
    scope: "policy:read",
    query: paging,
    answer: pageOf(policyVersion),
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
  reviews: {
    method: "GET",
    path: "/api/reviews",
    summary: "List held commands and requests for access that you may see, newest first.",
    roles: ["signed-in"],
    scope: "reviews:read",
    query: reviewsQuery,
    answer: pageOf(review),
  },
  review: {
    method: "GET",
    path: "/api/reviews/:id",
    summary: "Read one review.",
    roles: ["owner", "reviewer", "auditor", "admin"],
    scope: "reviews:read",
    answer: review,
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
  withdraw: {
    method: "POST",
    path: "/api/reviews/:id/withdraw",
    summary: "Take a request for access back, or, as who may decide it, end what it gave.",
    roles: ["owner", "reviewer", "admin"],
    scope: "access:request",
    answer: review,
    problems: ["already_settled", "conflict"],
  },
  approve: {
    method: "POST",
    path: "/api/reviews/:id/approve",
    summary: "Approve what waits. Only people may, and never their own command.",
    roles: ["reviewer"],
    scope: "person",
    body: voteBody,
    answer: review,
    problems: ["already_settled", "already_voted", "not_a_person", "own_command", "stale_groups"],
  },
  reject: {
    method: "POST",
    path: "/api/reviews/:id/reject",
    summary: "Reject what waits.",
    roles: ["reviewer"],
    scope: "person",
    body: voteBody,
    answer: review,
    problems: ["already_settled", "already_voted", "not_a_person", "own_command", "stale_groups"],
  },
  sessions: {
    method: "GET",
    path: "/api/sessions",
    summary: "List your sessions, newest first; as an auditor or admin, everybody's.",
    roles: ["signed-in"],
    scope: "sessions:read",
    query: sessionsQuery,
    answer: pageOf(session),
  },
  session: {
    method: "GET",
    path: "/api/sessions/:id",
    summary: "Read one session.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answer: session,
  },
  records: {
    method: "GET",
    path: "/api/sessions/:id/records",
    summary: "Read a recording, as the client saw it. It stands in the audit trail.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    query: recordsQuery,
    answer: records,
  },
  manifest: {
    method: "GET",
    path: "/api/sessions/:id/recording",
    summary: "Read the header and every signed head of a recording, to check its chunks by.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answer: manifest,
  },
  exact: {
    method: "POST",
    path: "/api/sessions/:id/exact",
    summary: "Open what was typed, to the letter, as one of the groups that the policy names.",
    roles: ["owner", "auditor", "admin"],
    scope: "person",
    body: exactBody,
    safe: true,
    answer: exactCommands,
  },
  kill: {
    method: "POST",
    path: "/api/sessions/:id/kill",
    summary: "End a live session at once.",
    roles: ["owner", "admin"],
    scope: "person",
    body: killBody,
    answer: session,
    problems: ["conflict"],
  },
  audit: {
    method: "GET",
    path: "/api/audit",
    summary: "Read what happened to Sluice itself, newest first.",
    roles: ["auditor", "admin"],
    scope: "audit:read",
    query: paging,
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
  keys: {
    method: "GET",
    path: "/.well-known/sluice-keys",
    summary: "Read the public keys that recordings are signed with.",
    roles: ["anyone"],
    scope: "any",
    answer: recordingKeys,
  },
  health: {
    method: "GET",
    path: "/healthz",
    summary: "Tell whether the deployment's settings are whole.",
    roles: ["anyone"],
    scope: "any",
    answer: health,
  },
  openapi: {
    method: "GET",
    path: "/api/openapi.json",
    summary: "Read this description of the API.",
    roles: ["anyone"],
    scope: "any",
    answer: openApiDocument,
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;

/** What answers something else than JSON. */
export const STREAMS = {
  chunk: {
    path: "/api/sessions/:id/recording/:first",
    summary: "Fetch a chunk of a recording to the byte.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answers: "application/octet-stream",
    words: "The chunk as it lies in the store; `first` is the number of its first record.",
    problems: ["bad_request"],
  },
  liveReviews: {
    path: LIVE_REVIEWS,
    summary: "Follow reviews as they come and change.",
    roles: ["signed-in"],
    scope: "person",
    answers: "websocket",
    words:
      'Text messages of JSON: `{ "on": "hello" }` when the line is open, then `{ "on": "review", ' +
      '"review": … }` with a Review whenever one that you may see is another. A text message ' +
      "`ping` is answered by `pong`. The line ends with the access token.",
    problems: ["upgrade_required"],
  },
  tunnel: {
    path: "/tunnel/:resource",
    summary: "Open a session on a resource: the way of `sluice psql` and `sluice connect`.",
    roles: ["signed-in"],
    scope: "person",
    answers: "websocket",
    words:
      "A WebSocket with the subprotocol `sluice.tunnel.1`; its binary frames are described in " +
      "docs/tunnel.md. It takes the Authorization header and no cookie.",
    problems: ["address_refused", "no_grant", "upgrade_required"],
  },
  signIn: {
    path: "/auth/login",
    summary: "Sign a browser in, by the identity provider.",
    roles: ["anyone"],
    scope: "any",
    answers: "redirect",
    words: "To the identity provider; it leads back to the path in the query's `to`, with cookies.",
  },
  renew: {
    method: "POST",
    path: "/auth/refresh",
    summary: "Renew a browser's sign-in by its cookie.",
    roles: ["anyone"],
    scope: "any",
    answers: "nothing",
    words: "New cookies. It takes the refresh token's cookie, which only pages of ours may use.",
    problems: ["foreign_origin", "issuer_unavailable", "unauthenticated"],
  },
  signOut: {
    method: "POST",
    path: "/auth/logout",
    summary: "End a browser's sign-in, and the live sessions that it opened.",
    roles: ["anyone"],
    scope: "any",
    answers: "nothing",
    words: "The cookies are gone, also where nobody was signed in.",
    problems: ["foreign_origin"],
  },
} as const satisfies Readonly<Record<string, Stream>>;

const keyOf = ({ method = "GET", path }: Route | Stream): string => `${method} ${path}`;

const WAYS_IN: ReadonlyMap<string, Route | Stream> = new Map<string, Route | Stream>([
  ...Object.values(ROUTES).map((route) => [keyOf(route), route] as const),
  ...Object.values(STREAMS).map((stream: Stream) => [keyOf(stream), stream] as const),
]);

/** By method and path as in the tables, parameters and all. */
export const wayIn = (method: string, path: string): Route | Stream | undefined =>
  WAYS_IN.get(`${method} ${path}`);
