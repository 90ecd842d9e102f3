import { z } from "../zod.ts";
import { DESCRIBED, type Described, TAGS } from "./described.ts";
import { problem, PROBLEMS, type ProblemCode } from "./problem.ts";
import { ROUTES, type RouteName } from "./routes.ts";

/*
 * The API in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), made of the table that worker,
 * command line and pages work by: what is not in it cannot be described, and the other way round.
 */

type Json = { readonly [name: string]: unknown };

type Route = {
  readonly method: string;
  readonly path: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
};

/** What `GET /api/openapi.json` answers; `publicUrl` is the deployment's own address. */
export function openApi(publicUrl: string): Json {
  const schemas = componentsOf();
  return {
    openapi: "3.1.1",
    info: {
      title: "Sluice",
      version: "1",
      summary: "Everything that the pages and the command line do.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: publicUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: paths(),
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "An access token: of `sluice login`, or of a service (RFC 8693).",
        },
        cookie: { type: "apiKey", in: "cookie", name: "__Host-sluice" },
      },
      responses: { problem: PROBLEM },
    },
  };
}

const NAMES = Object.keys(ROUTES) as RouteName[];

function paths(): Json {
  const found: Record<string, Record<string, unknown>> = {};
  for (const name of NAMES) {
    const route: Route = ROUTES[name];
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const operations = (found[path] ??= {});
    operations[route.method.toLowerCase()] = operationOf(name, route, DESCRIBED[name]);
  }
  return found;
}

function operationOf(name: RouteName, route: Route, { tag, summary, who }: Described): Json {
  const parameters = [...pathParameters(route.path), ...queryParameters(route.query)];
  const body = bodyOf(name, route);
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: whoInWords(who),
    security: who === "everybody" ? [] : [{ token: [] }, { cookie: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== null && { requestBody: body }),
    responses: {
      [name === "request" ? "201" : "200"]: {
        description: "Done.",
        content: { "application/json": { schema: ref(answerName(name)) } },
      },
      default: { $ref: "#/components/responses/problem" },
    },
  };
}

function whoInWords(who: Described["who"]): string {
  if (who === "everybody") return "For everybody.";
  if (who === "signed-in") return "For whoever is signed in; each sees what is hers to see.";
  return `For the ${who.length > 1 ? "roles" : "role"} ${who.join(", ")}.`;
}

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));

/** Types as they are understood; what may be left out as it is asked. */
function queryParameters(query: z.ZodObject | undefined): Json[] {
  if (query === undefined) return [];
  const given = schemaOf(query, "input");
  const understood = schemaOf(query, "output");
  const required = new Set((given["required"] as string[] | undefined) ?? []);
  return Object.entries(understood["properties"] as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.has(name),
    schema: Object.keys(schema).length > 0 ? schema : (given["properties"] as Json)[name],
  }));
}

function bodyOf(name: RouteName, route: Route): Json | null {
  if (name === "apply") {
    return { required: true, content: { "application/yaml": { schema: { type: "string" } } } };
  }
  if (route.body === undefined) return null;
  return { required: true, content: { "application/json": { schema: ref(`${name}Body`) } } };
}

const PROBLEM: Json = {
  description:
    "RFC 9457. `code` never changes its meaning: " +
    (Object.keys(PROBLEMS) as ProblemCode[]).join(", "),
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/problem" } } },
};

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** One thing has one name, also where several routes answer it. */
const answerName = (name: RouteName): string =>
  NAMES.find((other) => ROUTES[other].answer === ROUTES[name].answer) ?? name;

function componentsOf(): Json {
  const registry = z.registry<{ id: string }>();
  registry.add(problem, { id: "problem" });
  for (const name of NAMES) {
    const { answer, body }: Route = ROUTES[name];
    if (answerName(name) === name) registry.add(answer, { id: name });
    if (body !== undefined) registry.add(body, { id: `${name}Body` });
  }
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: "input",
    unrepresentable: "any",
    override: plain,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutMarks(schema)]),
  );
}

const schemaOf = (schema: z.ZodType, io: "input" | "output"): Json =>
  z.toJSONSchema(schema, { io, unrepresentable: "any", override: plain });

/** A format says more than the pattern that it stands for, and no bound more than JSON's own. */
function plain({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema["format"] !== undefined) delete jsonSchema["pattern"];
  if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"];
  if (jsonSchema["minimum"] === Number.MIN_SAFE_INTEGER) delete jsonSchema["minimum"];
}

/** Of a schema that stands alone. */
const MARKS = new Set(["$schema", "$id"]);

const withoutMarks = (schema: object): Json =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !MARKS.has(name)));
