import { health } from "./health.ts";
import { openApiDocument } from "./openapi-document.ts";
import { recordingKeys } from "./record.ts";
import { ACCESS_ROUTES } from "./routes/access.ts";
import { POLICY_ROUTES } from "./routes/policy.ts";
import { REVIEWS_ROUTES } from "./routes/reviews.ts";
import { SESSIONS_ROUTES } from "./routes/sessions.ts";
import { OVERSIGHT_ROUTES } from "./routes/oversight.ts";
import { STREAMS } from "./routes/streams.ts";
import type { Route, Stream } from "./route.ts";

export { CONSOLE, EXPORT, LIVE_REVIEWS, LIVE_SESSION, STREAMS } from "./routes/streams.ts";

/**
 * Every JSON route: worker, CLI and dashboard read the same table, and GET /api/openapi.json and
 * the page of the API are made from it. Answers other than 2xx are `problem`.
 */
export const ROUTES = {
  ...ACCESS_ROUTES,
  ...POLICY_ROUTES,
  ...REVIEWS_ROUTES,
  ...SESSIONS_ROUTES,
  ...OVERSIGHT_ROUTES,
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

const keyOf = ({ method = "GET", path }: Route | Stream): string => `${method} ${path}`;

const WAYS_IN: ReadonlyMap<string, Route | Stream> = new Map<string, Route | Stream>([
  ...Object.values(ROUTES).map((route) => [keyOf(route), route] as const),
  ...Object.values(STREAMS).map((stream: Stream) => [keyOf(stream), stream] as const),
]);

/** By method and path as in the tables, parameters and all. */
export const wayIn = (method: string, path: string): Route | Stream | undefined =>
  WAYS_IN.get(`${method} ${path}`);
