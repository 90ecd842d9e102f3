/** What the page of the API reads of /api/openapi.json; core/api/openapi.ts makes it. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
};

type Content = Readonly<Record<string, { readonly schema?: Schema } | undefined>>;

export type Answered = {
  readonly description: string;
  readonly content?: Content;
  readonly "x-codes"?: readonly string[];
};

export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly "x-roles": readonly string[];
  readonly "x-scope": string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answered>>;
};

export type Document = {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
  readonly "x-problems": Readonly<Record<string, { status: number; meaning: string }>>;
  readonly "x-scopes": Readonly<Record<string, string>>;
};

type Schemas = Readonly<Record<string, Schema>>;

/** One way into the API. */
export type Way = { readonly method: string; readonly path: string; readonly of: Operation };

export const waysIn = ({ paths }: Document): Way[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, of]) => ({
      method: isWebSocket(of) ? "WS" : method.toUpperCase(),
      path,
      of,
    })),
  );

export const isWebSocket = ({ responses }: Operation): boolean => "101" in responses;

/** Those in which every word is found, by their tag. */
export function found(ways: readonly Way[], search: string): [tag: string, ways: Way[]][] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ method, path, of }: Way) => {
    const { operationId, summary, tags } = of;
    const text = [method, path, operationId, summary, of["x-scope"], ...of["x-roles"], ...tags];
    const all = text.join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  };
  const groups = new Map<string, Way[]>();
  for (const way of ways.filter(fits)) {
    const tag = way.of.tags[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), way]);
  }
  return [...groups].toSorted(([a], [b]) => a.localeCompare(b));
}

/** A schema as one would write it down; what it refers to is written out. */
export function shapeOf(schema: Schema, schemas: Schemas, indent = ""): string {
  const inner = `${indent}  `;
  const { $ref, anyOf, properties, items, additionalProperties } = schema;
  if ($ref !== undefined) return shapeOf(referred($ref, schemas), schemas, indent);
  if (anyOf !== undefined) return anyOf.map((one) => shapeOf(one, schemas, indent)).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (items !== undefined) return `[${shapeOf(items, schemas, indent)}, …]`;
  if (properties !== undefined) {
    const lines = Object.entries(properties).map(([name, one]) => {
      const mark = schema.required?.includes(name) === true ? "" : "?";
      return `${inner}${name}${mark}: ${shapeOf(one, schemas, inner)}${boundsOf(one)}`;
    });
    return lines.length === 0 ? "{ … }" : `{\n${lines.join("\n")}\n${indent}}`;
  }
  if (typeof additionalProperties === "object") {
    return `{ name: ${shapeOf(additionalProperties, schemas, indent)}, … }`;
  }
  return typeOf(schema);
}

export const typeOf = ({ type, format, enum: values }: Schema): string => {
  if (values !== undefined) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (format === "date-time") return "instant";
  return type === undefined ? "anything" : [type].flat().join(" | ");
};

/** " (1 to 200, 50 by default)", or nothing. */
export function boundsOf(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, minLength, maxLength, default: given } = schema;
  const said = [
    minimum !== undefined && maximum !== undefined && `${minimum} to ${maximum}`,
    minimum !== undefined && maximum === undefined && `from ${minimum}`,
    minimum === undefined && maximum !== undefined && `to ${maximum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    minLength !== undefined && minLength > 1 && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    given !== undefined && `${JSON.stringify(given)} by default`,
  ].filter((words) => words !== false);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
}

const referred = ($ref: string, schemas: Schemas): Schema =>
  schemas[$ref.split("/").at(-1) ?? ""] ?? {};

/** For a terminal in which SLUICE_TOKEN is set. Null: only a browser, or no HTTP, does it. */
export function curlOf({ method, path, of }: Way, { servers, components }: Document) {
  if (isWebSocket(of) || path.startsWith("/auth/")) return null;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
  const address = `${servers[0]?.url ?? ""}${filled}`;
  const isPublic = of["x-roles"].includes("anyone");
  const parts = ["curl"];
  if (method !== "GET") parts.push("-X", method);
  parts.push(address);
  if (!isPublic) parts.push("-H", '"Authorization: Bearer $SLUICE_TOKEN"');
  const [[type, media] = [undefined, undefined]] = Object.entries(of.requestBody?.content ?? {});
  if (type !== undefined) parts.push("-H", `"Content-Type: ${type}"`);
  if (type === "application/json" && media?.schema !== undefined) {
    parts.push("-d", `'${JSON.stringify(sampleOf(media.schema, components.schemas))}'`);
  } else if (type !== undefined) parts.push("--data-binary", "@sluice.yaml");
  return parts.join(" ");
}

/** The least that the schema takes, to be filled in. */
export function sampleOf(schema: Schema, schemas: Schemas): unknown {
  const { $ref, anyOf, properties = {}, required = [], items, type } = schema;
  if ($ref !== undefined) return sampleOf(referred($ref, schemas), schemas);
  if (anyOf?.[0] !== undefined) return sampleOf(anyOf[0], schemas);
  if (schema.enum !== undefined) return schema.enum[0];
  if (items !== undefined) return [sampleOf(items, schemas)];
  if (type === "object") {
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name))
        .map(([name, one]) => [name, sampleOf(one, schemas)]),
    );
  }
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, 1);
  return type === "boolean" ? true : "…";
}
