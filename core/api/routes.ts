import { auditEvent, hoursQuery, signedHour } from "./audit.ts";
import { savedCatalog } from "./catalog.ts";
import { pageOf, paging } from "./common.ts";
import { exactBody, exactCommands } from "./exact.ts";
import { me } from "./me.ts";
import { applied, policy, policyVersion } from "./policy.ts";
import { manifest, recordingKeys, records, recordsQuery } from "./record.ts";
import { resource, resources } from "./resource.ts";
import { requestBody, review, reviewsQuery, voteBody } from "./review.ts";
import { secret, secretBody, secrets } from "./secret.ts";
import { killBody, session, sessionsQuery } from "./session.ts";

/**
 * Every JSON route: worker, CLI and dashboard read the same table. `:x` is a path parameter.
 * Answers other than 2xx are `problem`. `GET /api/sessions/:id/recording/:first` answers a
 * chunk to the byte (core/recording/chunk.ts).
 */
export const ROUTES = {
  me: { method: "GET", path: "/api/me", answer: me },
  resources: { method: "GET", path: "/api/resources", answer: resources },
  resource: { method: "GET", path: "/api/resources/:name", answer: resource },
  catalog: { method: "GET", path: "/api/resources/:name/catalog", answer: savedCatalog },
  policy: { method: "GET", path: "/api/policy", answer: policy },
  /** The body is the YAML text itself, `application/yaml`. */
  apply: { method: "PUT", path: "/api/policy", answer: applied },
  policyVersions: {
    method: "GET",
    path: "/api/policy/versions",
    query: paging,
    answer: pageOf(policyVersion),
  },
  secrets: { method: "GET", path: "/api/secrets", answer: secrets },
  putSecret: { method: "PUT", path: "/api/secrets/:name", body: secretBody, answer: secret },
  reviews: { method: "GET", path: "/api/reviews", query: reviewsQuery, answer: pageOf(review) },
  review: { method: "GET", path: "/api/reviews/:id", answer: review },
  request: {
    method: "POST",
    path: "/api/resources/:name/requests",
    body: requestBody,
    answer: review,
  },
  /** Of a request for access: by who asked, or, which ends the access, by who may decide. */
  withdraw: { method: "POST", path: "/api/reviews/:id/withdraw", answer: review },
  approve: { method: "POST", path: "/api/reviews/:id/approve", body: voteBody, answer: review },
  reject: { method: "POST", path: "/api/reviews/:id/reject", body: voteBody, answer: review },
  sessions: { method: "GET", path: "/api/sessions", query: sessionsQuery, answer: pageOf(session) },
  session: { method: "GET", path: "/api/sessions/:id", answer: session },
  records: {
    method: "GET",
    path: "/api/sessions/:id/records",
    query: recordsQuery,
    answer: records,
  },
  manifest: { method: "GET", path: "/api/sessions/:id/recording", answer: manifest },
  exact: {
    method: "POST",
    path: "/api/sessions/:id/exact",
    body: exactBody,
    answer: exactCommands,
  },
  kill: { method: "POST", path: "/api/sessions/:id/kill", body: killBody, answer: session },
  audit: { method: "GET", path: "/api/audit", query: paging, answer: pageOf(auditEvent) },
  hours: { method: "GET", path: "/api/audit/hours", query: hoursQuery, answer: pageOf(signedHour) },
  keys: { method: "GET", path: "/.well-known/sluice-keys", answer: recordingKeys },
} as const;
/** A WebSocket for pages: `{ on: "hello" }`, then `{ on: "review", review }` for each change. */
export const LIVE_REVIEWS = "/api/reviews/live";

/** A WebSocket for pages: the messages of core/api/console.ts. */
export const CONSOLE = "/api/console/:name";

export type RouteName = keyof typeof ROUTES;
