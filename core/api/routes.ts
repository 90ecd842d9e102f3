import { auditEvent, auditQuery, hoursQuery, signedHour } from "./audit.ts";
import { savedCatalog } from "./catalog.ts";
import { pageOf, paging } from "./common.ts";
import { exactBody, exactCommands } from "./exact.ts";
import { me } from "./me.ts";
import { openApiDocument } from "./openapi-document.ts";
import { overview, overviewQuery } from "./overview.ts";
import { peopleQuery, person, personDetail, signIn } from "./person.ts";
import {
  applied,
  checkBody,
  checked,
  policy,
  policyAt,
  policySchema,
  policyVersion,
  testBody,
  tested,
} from "./policy.ts";
import { manifest, recordingKeys, records, recordsQuery } from "./record.ts";
import { rehearsalBody, rehearsed } from "./rehearsal.ts";
import { resource, resources } from "./resource.ts";
import { requestBody, review, reviewsQuery, voteBody } from "./review.ts";
import type { Route, Stream } from "./route.ts";
import { secret, secretBody, secrets } from "./secret.ts";
import { killBody, session, sessionsQuery } from "./session.ts";
import { probed, targets } from "./target.ts";
import { apiToken, apiTokenBody, apiTokensQuery, madeApiToken } from "./token.ts";

/** A WebSocket for pages: `{ on: "hello" }`, then `{ on: "review", review }` for each change. */
export const LIVE_REVIEWS = "/api/reviews/live";
/**
 * A WebSocket for pages: what a live session records, from the query's `from` on (`watchQuery`). It
 * tells how far the recording goes (`WatchMessage`); the records themselves are read by `records`.
 */
export const LIVE_SESSION = "/api/sessions/:id/live";
/** A file (`exportQuery`), written page by page. */
export const EXPORT = "/api/sessions/:id/export";

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
  policyAt: {
    method: "GET",
    path: "/api/policy/versions/:version",
    summary: "Read one version with its text.",
    roles: ["auditor", "admin"],
    scope: "policy:read",
    answer: policyAt,
  },
  policySchema: {
    method: "GET",
    path: "/api/policy/schema",
    summary: "Read the document's own schema, for editors.",
    roles: ["auditor", "admin"],
    scope: "policy:read",
    answer: policySchema,
  },
  check: {
    method: "POST",
    path: "/api/policy/check",
    summary: "Tell what is wrong with a text, and what would be said of it when it is applied.",
    roles: ["admin"],
    scope: "policy:write",
    body: checkBody,
    safe: true,
    answer: checked,
  },
  test: {
    method: "POST",
    path: "/api/policy/test",
    summary: "Run cases as `sluice policy test` does, over the tables of the policy in force.",
    roles: ["admin"],
    scope: "policy:write",
    body: testBody,
    safe: true,
    answer: tested,
    problems: ["invalid_policy"],
  },
  rehearsal: {
    method: "POST",
    path: "/api/policy/rehearsal",
    summary: "Tell what a text would have made of recorded commands. Each call is a bounded step.",
    roles: ["admin"],
    scope: "person",
    body: rehearsalBody,
    safe: true,
    answer: rehearsed,
    problems: ["invalid_policy"],
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
    problems: [
      "already_settled",
      "already_voted",
      "not_a_person",
      "own_command",
      "stale_groups",
      "stale_sign_in",
    ],
  },
  reject: {
    method: "POST",
    path: "/api/reviews/:id/reject",
    summary: "Reject what waits.",
    roles: ["reviewer"],
    scope: "person",
    body: voteBody,
    answer: review,
    problems: [
      "already_settled",
      "already_voted",
      "not_a_person",
      "own_command",
      "stale_groups",
      "stale_sign_in",
    ],
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
  keys: {
    method: "GET",
    path: "/.well-known/sluice-keys",
    summary: "Read the public keys that recordings are signed with.",
    roles: ["anyone"],
    scope: "any",
    answer: recordingKeys,
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
  liveSession: {
    path: LIVE_SESSION,
    summary: "Follow how far a live session is recorded.",
    roles: ["owner", "auditor", "admin"],
    scope: "person",
    answers: "websocket",
    words:
      'Text messages of JSON: `{ "on": "hello", "watch": …, "last": … }`, then ' +
      '`{ "on": "more", "last": … }` once after each `next` that it hears, and ' +
      '`{ "on": "ended" }`. The records themselves are read by `records`, with `watch`.',
    problems: ["bad_request", "conflict", "upgrade_required"],
  },
  exportRecording: {
    path: EXPORT,
    summary: "Fetch a recording as a file. It stands in the audit trail.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answers: "application/octet-stream",
    words:
      "By `format`: `jsonl`, a record a line (application/jsonl), or `raw`, what `sluice audit " +
      "verify` reads.",
    problems: ["bad_request"],
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
} as const satisfies Readonly<Record<string, Stream>>;

const WAYS_IN: ReadonlyMap<string, Route | Stream> = new Map<string, Route | Stream>([
  ...Object.values(ROUTES).map((route) => [`${route.method} ${route.path}`, route] as const),
  ...Object.values(STREAMS).map((stream) => [`GET ${stream.path}`, stream] as const),
]);

/** By method and path as in the tables, parameters and all. */
export const wayIn = (method: string, path: string): Route | Stream | undefined =>
  WAYS_IN.get(`${method} ${path}`);
