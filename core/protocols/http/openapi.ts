import type { Body } from "./body.ts";
import { readContentType } from "./content-type.ts";
import { bodyContent, type Content, misfitOfBody } from "./openapi-bodies.ts";
import { best, type Fields, type Parameter, parameter, valueOf } from "./openapi-parameters.ts";
import { Paths } from "./openapi-paths.ts";
import { type Matches, Reading, Unusable, type Version } from "./schema-reading.ts";
import { checkWhole, isObject, type Misfit } from "./schema.ts";

/*
 * What a resource's own OpenAPI document (3.0 and 3.1) says of its requests. Paths begin at the
 * resource's own root: the base paths in `servers` are not looked at, for the resource's address
 * says where the service is. An operation with servers of its own is another service's and is left
 * out. Headers and cookies, answers, callbacks and security are not looked at.
 */

/** One operation as a request has asked for it. */
export type Operation = {
  /** `operationId`, or method and template: `GET /customers/{id}`. */
  readonly id: string;
  readonly described: Described;
  /** What stands in the braces of its template, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
};

type Described = {
  readonly id: string;
  readonly path: readonly Parameter[];
  readonly query: readonly Parameter[];
  /** Null: no body is described. */
  readonly body: { readonly required: boolean; readonly content: readonly Content[] } | null;
};

export type Asked = {
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly contentType: string | null;
  readonly body: Body;
};

export type Api = {
  /** `path` as it was sent, without its query. Null: it is not described, or not plainly. */
  operation(method: string, path: string): Operation | null;
  /** Where it is null: ids of those that services find which are more lenient, or less. */
  mayBe(method: string, path: string): readonly string[];
  /** A sentence that says what does not fit, without a value; null: all fits. */
  conforms(operation: Operation, asked: Asked): string | null;
};

type Part = Readonly<Record<string, unknown>>;

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** OpenAPI 3.1's own, and what it rests on. */
const DIALECT = new RegExp(
  "^https://(?:spec\\.openapis\\.org/oas/3\\.1/dialect/|json-schema\\.org/draft/2020-12/schema)",
  "u",
);

/** `wrong` says what cannot be used, and where: an unknown keyword could have refused a request. */
export function compileApi(document: unknown, matches: Matches): Api | { readonly wrong: string } {
  try {
    return compiled(document, matches);
  } catch (error) {
    if (error instanceof Unusable) return { wrong: error.message };
    throw error;
  }
}

function compiled(document: unknown, matches: Matches): Api {
  if (!isObject(document)) throw new Unusable("The description is no object.");
  const [, version] = /^(3\.[01])(?:\.|$)/u.exec(String(document["openapi"])) ?? [];
  if (version === undefined) throw new Unusable("The description is not OpenAPI 3.0 or 3.1.");
  const { jsonSchemaDialect: dialect } = document;
  if (dialect !== undefined && !(typeof dialect === "string" && DIALECT.test(dialect))) {
    throw new Unusable("jsonSchemaDialect names a dialect that is not checked here.");
  }
  const reading = new Reading(document, version as Version, matches);
  const paths = new Paths<ReadonlyMap<string, Described>>();
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(table(document["paths"], "#/paths"))) {
    if (path.startsWith("x-")) continue;
    const operations = operationsOf(path, item, reading, ids);
    const wrong = paths.add(path, operations);
    if (wrong !== null) throw new Unusable(`#/paths: ${path} ${wrong}.`);
  }
  reading.finish();
  return {
    operation(method, path) {
      const found = paths.find(path);
      const described = found?.value.get(method);
      if (found === null || described === undefined) return null;
      return { id: described.id, described, parameters: found.parameters };
    },
    mayBe: (method, path) => paths.mayBe(path).flatMap((item) => item.get(method)?.id ?? []),
    conforms,
  };
}

function table(value: unknown, at: string): Part {
  if (value === undefined) return {};
  if (!isObject(value)) throw new Unusable(`${at}: this is no object.`);
  return value;
}

function operationsOf(
  path: string,
  item: unknown,
  reading: Reading,
  ids: Set<string>,
): ReadonlyMap<string, Described> {
  const from = `#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const followed = reading.follow({ value: item, at: from });
  const { at } = followed;
  const whole = table(followed.value, at);
  const operations = new Map<string, Described>();
  for (const method of METHODS) {
    if (whole[method] === undefined) continue;
    const operation = table(whole[method], `${at}/${method}`);
    if (operation["servers"] !== undefined || whole["servers"] !== undefined) continue;
    const parameters = [
      ...parametersOf(whole["parameters"], at, reading),
      ...parametersOf(operation["parameters"], `${at}/${method}`, reading),
    ];
    // An operation's own stands for the path's of the same name.
    const known = [...new Map(parameters.map((one) => [`${one.place} ${one.name}`, one])).values()];
    const id = operation["operationId"] ?? `${method.toUpperCase()} ${path}`;
    if (typeof id !== "string" || ids.has(id)) {
      throw new Unusable(`${at}/${method}: its operationId is another's too.`);
    }
    ids.add(id);
    operations.set(method.toUpperCase(), {
      id,
      path: known.filter(({ place }) => place === "path"),
      query: known.filter(({ place }) => place === "query"),
      body: bodyOf(operation["requestBody"], `${at}/${method}/requestBody`, reading),
    });
  }
  // HEAD is answered by what would answer GET (RFC 9110, section 9.3.2).
  const get = operations.get("GET");
  if (get !== undefined && !operations.has("HEAD")) operations.set("HEAD", get);
  return operations;
}

function parametersOf(list: unknown, at: string, reading: Reading): readonly Parameter[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new Unusable(`${at}/parameters: this is no list.`);
  return list
    .map((value, i) => parameter({ value, at: `${at}/parameters/${i}` }, reading))
    .filter((one) => one !== null);
}

function bodyOf(value: unknown, at: string, reading: Reading): Described["body"] {
  if (value === undefined) return null;
  const body = reading.follow({ value, at });
  const whole = table(body.value, body.at);
  const content = table(whole["content"], `${body.at}/content`);
  return {
    required: whole["required"] === true,
    content: Object.entries(content).map(([type, media]) =>
      bodyContent(type, { value: media, at: `${body.at}/content/${type}` }, reading),
    ),
  };
}

function conforms({ described, parameters }: Operation, asked: Asked): string | null {
  for (const one of described.path) {
    const given = parameters.get(one.name);
    const misfit =
      given === undefined ? null : checkWhole(one.schema, best(one.schema, [given], one));
    if (misfit !== null) return sentence(`The path's ${JSON.stringify(one.name)}`, misfit);
  }
  const fields = new Map<string, string[]>();
  for (const [name, value] of asked.query) fields.set(name, [...(fields.get(name) ?? []), value]);
  for (const one of described.query) {
    const wrong = wrongInQuery(one, fields);
    if (wrong !== null) return wrong;
  }
  return wrongInBody(described.body, asked);
}

function wrongInQuery(one: Parameter, fields: Fields): string | null {
  const name = `The query's ${JSON.stringify(one.name)}`;
  const given = valueOf(one, fields);
  if (given === "missing") return one.required ? `${name} is missing.` : null;
  if (one.mayBeEmpty && given.value === "") return null;
  if (given.value === undefined) return `${name} is no JSON.`;
  const misfit = checkWhole(one.schema, given.value);
  return misfit === null ? null : sentence(name, misfit);
}

function wrongInBody(described: Described["body"], { contentType, body }: Asked): string | null {
  if (body.kind === "none") {
    return described?.required === true ? "The body is missing." : null;
  }
  if (described === null) return "There is a body, and none is described.";
  const type = readContentType(contentType ?? "");
  if ("wrong" in type) return "The body has no content type.";
  const range = `${type.name.split("/", 1)[0]}/*`;
  const content = [type.name, range, "*/*"]
    .map((name) => described.content.find((one) => one.type === name))
    .find((one) => one !== undefined);
  if (content === undefined) return "The body's content type is not described.";
  const misfit = misfitOfBody(content, type.name, body);
  return misfit === null ? null : sentence("The body", misfit);
}

function sentence(subject: string, { path, what }: Misfit): string {
  if (path.length === 0) return `${subject} ${what}.`;
  const way = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return `${subject} does not fit: ${way.replace(/^\./u, "")} ${what}.`;
}
