/*
 * The API's own description (OpenAPI 3.1) as the pages read it: the parts that the gateway writes.
 */

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: "path" | "query";
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

export type Description = {
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

export type Endpoint = Operation & { readonly method: string; readonly path: string };

/** Of that part, with every word of `wanted` in what is said of them. */
export function endpointsOf({ paths }: Description, tag: string, wanted: string): Endpoint[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        ...operation,
        method: method.toUpperCase(),
        path,
      })),
    )
    .filter(({ tags }) => tags.includes(tag))
    .filter(({ method, path, summary }) => {
      const said = `${method} ${path} ${summary}`.toLowerCase();
      return words.every((word) => said.includes(word));
    });
}

/** A schema as TypeScript would write its type; what has a name of its own is not opened again. */
export function typeOf(schema: Schema, { schemas }: Description["components"]): string {
  return written(schema, schemas, "", []);
}

type Schemas = Description["components"]["schemas"];

function written(
  schema: Schema,
  schemas: Schemas,
  indent: string,
  open: readonly string[],
): string {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) {
    const found = schemas[name];
    if (found === undefined || open.includes(name)) return name;
    return written(found, schemas, indent, [...open, name]);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    return [...new Set(choices.map((one) => written(one, schemas, indent, open)))].join(" | ");
  }
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.properties !== undefined) return objectOf(schema, schemas, indent, open);
  if (typeof schema.additionalProperties === "object") {
    return `{ [name]: ${written(schema.additionalProperties, schemas, indent, open)} }`;
  }
  if (schema.items !== undefined) {
    const item = written(schema.items, schemas, indent, open);
    return item.includes(" | ") && !item.includes("\n") ? `(${item})[]` : `${item}[]`;
  }
  return [schema.type ?? "any"]
    .flat()
    .map((one) => TYPES[one] ?? one)
    .join(" | ");
}

const TYPES: Readonly<Record<string, string>> = { integer: "number" };

function objectOf(
  { properties = {}, required = [] }: Schema,
  schemas: Schemas,
  indent: string,
  open: readonly string[],
): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${inner}${name}${mark}: ${written(schema, schemas, inner, open)}`;
  });
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
}

/** A line for the terminal. Parts that the caller fills in are in capitals. */
export function curlOf({ method, path, requestBody }: Endpoint, server: string): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
  const [type] = Object.keys(requestBody?.content ?? {});
  const parts = [
    "curl",
    ...(method === "GET" ? [] : ["-X", method]),
    '-H "Authorization: Bearer $SLUICE_TOKEN"',
    ...(type === undefined ? [] : [`-H "Content-Type: ${type}"`]),
    ...(type === undefined
      ? []
      : [type === "application/json" ? "-d '{}'" : "--data-binary @FILE"]),
    `${server}${filled}`,
  ];
  return parts.join(" ");
}
