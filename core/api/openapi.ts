import { z } from "../zod.ts";
import { MEANINGS, problem, type ProblemCode, PROBLEMS } from "./problem.ts";
import type { Route, Stream } from "./route.ts";
import { SCOPES } from "./scope.ts";

type Json = { readonly [name: string]: unknown };
type Tables = {
  readonly routes: Readonly<Record<string, Route>>;
  readonly streams: Readonly<Record<string, Stream>>;
};

/**
 * The API as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1), from the tables that serve it: whatever
 * has a line there is described, and nothing else is.
 */
export function openApi({ routes, streams }: Tables, server: string, version: string): Json {
  const answers = named(routes, "answer");
  const bodies = named(routes, "body");
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = (paths[templated(route.path)] ??= {});
    path[route.method.toLowerCase()] = operation(name, route, answers, bodies);
  }
  for (const [name, stream] of Object.entries(streams)) {
    const path = (paths[templated(stream.path)] ??= {});
    path[(stream.method ?? "GET").toLowerCase()] = streamOperation(name, stream);
  }
  return {
    openapi: "3.1.1",
    info: { title: "Sluice", version, description: DESCRIPTION, license: LICENSE },
    servers: [{ url: server }],
    tags: [...new Set(Object.values({ ...routes, ...streams }).map(tagOf))].map((tag) => ({
      name: tag,
    })),
    paths,
    components: {
      schemas: { ...schemasOf(answers, "output"), ...schemasOf(bodies, "input") },
      securitySchemes: SECURITY,
    },
    "x-problems": Object.fromEntries(
      Object.entries(PROBLEMS).map(([code, status]) => [
        code,
        { status, meaning: MEANINGS[code as ProblemCode] },
      ]),
    ),
    "x-scopes": SCOPES,
  };
}

const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" };

const DESCRIPTION =
  "Everything that the pages and the command do. Instants are RFC 3339 in UTC with milliseconds. " +
  "Lists come page by page: `next` of one answer is `after` of the next request, and null on the " +
  "last. What is refused answers RFC 9457 with a `code` that never changes its meaning.";

const SECURITY = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description:
      "An access token of ten minutes (OAuth 2.0), from the endpoints that " +
      "/.well-known/oauth-authorization-server names, or an API token (`slt_…`) with the scope " +
      "that `x-scope` names. `person`: no API token may; `any`: each may.",
  },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-sluice",
    description: "A page's sign-in. What changes something must name our own Origin besides.",
  },
};

type Registry = z.core.$ZodRegistry<{ id?: string | undefined }>;

/** Each schema once, under the name of the first route that has it. */
function named(routes: Tables["routes"], part: "answer" | "body"): Registry {
  const registry: Registry = z.registry();
  if (part === "answer") registry.add(problem, { id: "Problem" });
  for (const [name, route] of Object.entries(routes)) {
    const schema = route[part];
    if (schema === undefined || registry.has(schema)) continue;
    registry.add(schema, { id: capital(name) + (part === "body" ? "Body" : "") });
  }
  return registry;
}

const place = (id: string): string => `#/components/schemas/${id}`;

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
function schemasOf(registry: Registry, io: "input" | "output"): Json {
  const { schemas } = z.toJSONSchema(registry, { uri: place, io, override });
  for (const schema of Object.values(schemas)) {
    delete schema.$schema;
    delete schema.$id;
  }
  return schemas;
}

/** Without what says nothing to a reader: a format's own pattern, the integers' own bounds. */
function override({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function operation(name: string, route: Route, answers: Registry, bodies: Registry): Json {
  const { query, body, text, answer, status = 200 } = route;
  const content = (registry: Registry, schema: z.ZodType) => ({
    "application/json": { schema: { $ref: place(registry.get(schema)?.id ?? "") } },
  });
  const sent = text === undefined ? body && content(bodies, body) : { [text]: TEXT };
  return {
    ...described(name, route),
    ...parameters([
      ...inPath(route.path),
      ...(query === undefined ? [] : inQuery(query)),
      ...(takesKey(route) ? [KEY] : []),
    ]),
    ...(sent !== undefined && { requestBody: { required: true, content: sent } }),
    responses: {
      [status]: {
        description: "Done.",
        ...(status !== 204 && { content: content(answers, answer) }),
      },
      ...refusals(problemsOf(route)),
    },
  };
}

const TEXT = { schema: { type: "string" } };

function streamOperation(name: string, stream: Stream): Json {
  const { answers, words } = stream;
  const status = STATUS[answers];
  const answered = { description: words, ...(status === 200 && { content: { [answers]: {} } }) };
  return {
    ...described(name, stream),
    description: words,
    ...parameters(inPath(stream.path)),
    responses: { [status]: answered, ...refusals(problemsOf(stream)) },
  };
}

const STATUS = {
  "application/octet-stream": 200,
  nothing: 204,
  redirect: 303,
  websocket: 101,
} as const satisfies Record<Stream["answers"], number>;

/** What both kinds say of themselves. */
const described = (name: string, way: Route | Stream): Json => ({
  operationId: name,
  summary: way.summary,
  tags: [tagOf(way)],
  ...(isPublic(way) ? { security: [] } : { security: [{ bearer: [] }, { cookie: [] }] }),
  "x-roles": way.roles,
  "x-scope": way.scope,
});

const isPublic = ({ roles }: Route | Stream): boolean => roles.includes("anyone");

/** The word behind `/api/`; what stands elsewhere goes together. */
const tagOf = ({ path }: Route | Stream): string => /^\/api\/([a-z-]+)/.exec(path)?.[1] ?? "other";

const templated = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

const parameters = (all: readonly Json[]): Json => (all.length === 0 ? {} : { parameters: all });

const KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key with the same body within a day gets the first answer again.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

const inPath = (path: string): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

function inQuery(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input", override });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** Codes that follow from what a way in is, and those that it names. */
export function problemsOf(way: Route | Stream): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(["internal", "misconfigured", ...(way.problems ?? [])]);
  if (!isPublic(way)) {
    for (const code of SIGNED_IN) codes.add(code);
  }
  if (way.roles.some((role) => ROLES.has(role))) codes.add("forbidden");
  if (way.path.includes(":")) codes.add("unknown");
  if ("answer" in way) {
    const { query, method } = way;
    if (query !== undefined || takesBody(way) || takesKey(way)) codes.add("bad_request");
    if (method !== "GET") codes.add("too_large");
    if (takesKey(way)) for (const code of KEYED) codes.add(code);
  }
  return [...codes].toSorted();
}

const SIGNED_IN = [
  "unauthenticated",
  "token_expired",
  "foreign_origin",
  "insufficient_scope",
] as const;
const ROLES = new Set<string>(["reviewer", "auditor", "admin"]);

const KEYED = ["conflict", "idempotency_in_progress", "idempotency_mismatch"] as const;

const takesKey = ({ method, safe }: Route): boolean => method !== "GET" && safe !== true;

const takesBody = ({ body, text }: Route): boolean => body !== undefined || text !== undefined;

/** By status: one answer of OpenAPI stands for all codes that have it. */
function refusals(codes: readonly ProblemCode[]): Json {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code]))].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const these = codes.filter((code) => PROBLEMS[code] === status);
      return [
        status,
        {
          description: these.map((code) => `\`${code}\`: ${MEANINGS[code]}`).join(" "),
          content: { "application/problem+json": { schema: { $ref: place("Problem") } } },
          "x-codes": these,
        },
      ];
    }),
  );
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
