import type { Body } from "./body.ts";
import { isJson, isJsonLines, readContentType } from "./content-type.ts";
import { best, type Encodings, type Given, objectOf, type Style } from "./openapi-parameters.ts";
import { checkWhole, FILE, isObject, misfit, type Misfit, type Schema, shapeOf } from "./schema.ts";
import { type Located, type Reading, Unusable } from "./schema-reading.ts";

/** One of the forms that a request's body may have ("Media Type Object"). */
export type Content = {
  /** In lower case, without parameters; may be a range: `text/*`. */
  readonly type: string;
  /** Null: anything of this type. */
  readonly schema: Schema | null;
  readonly encodings: Encodings;
};

export function bodyContent(name: string, media: Located, reading: Reading): Content {
  const type = name === "*/*" || /^[\w.+-]+\/\*$/u.test(name) ? { name } : readContentType(name);
  if ("wrong" in type) throw new Unusable(`${media.at}: this is no media type.`);
  if (!isObject(media.value)) throw new Unusable(`${media.at}: this is no object.`);
  const { schema, encoding } = media.value;
  return {
    type: type.name.toLowerCase(),
    schema:
      schema === undefined ? null : reading.schema({ value: schema, at: `${media.at}/schema` }),
    encodings: encodingsOf(encoding, media.at),
  };
}

const STYLES = ["form", "spaceDelimited", "pipeDelimited", "deepObject"];

function encodingsOf(encoding: unknown, at: string): Encodings {
  if (encoding === undefined) return new Map();
  if (!isObject(encoding)) throw new Unusable(`${at}/encoding: this is no object.`);
  const said = Object.entries(encoding).flatMap(([name, one]): [string, Style][] => {
    if (!isObject(one)) throw new Unusable(`${at}/encoding/${name}: this is no object.`);
    const { style, explode } = one;
    if (style === undefined && explode === undefined) return [];
    if (style !== undefined && !STYLES.includes(style as string)) {
      throw new Unusable(`${at}/encoding/${name}: its style is not checked here.`);
    }
    const known = (style ?? "form") as Style["style"];
    return [[name, { style: known, explode: (explode ?? known === "form") === true }]];
  });
  return new Map(said);
}

/** `type` as the request says it. Null: the body fits. */
export function misfitOfBody(content: Content, type: string, body: Body): Misfit | null {
  const { schema } = content;
  if (body.kind !== kindOf(type, body)) return misfit("is not what its content type says");
  if (schema === null) return null;
  switch (body.kind) {
    case "json":
      if (isJsonLines(type)) return lines(schema, body.value);
      return isJson(type) ? checkWhole(schema, body.value) : ofFile(schema);
    case "form":
    case "multipart": {
      const object = objectOf(schema, fieldsOf(body), content.encodings);
      return "wrong" in object ? object.wrong : checkWhole(schema, object.value);
    }
    case "text":
      return checkWhole(schema, best(schema, [body.value as string]));
    case "other":
      return ofFile(schema);
    case "none":
      return null;
  }
}

/** What readBody makes of such a type where nobody deceives it. */
function kindOf(type: string, { kind }: Body): Body["kind"] {
  if (isJson(type) || isJsonLines(type)) return "json";
  if (type === "application/x-www-form-urlencoded") return "form";
  if (type === "multipart/form-data") return "multipart";
  if (type.startsWith("text/")) return "text";
  // A file of any type may hold a document.
  return kind === "json" ? "json" : "other";
}

/** The schema may speak of the list of all documents, or of each. */
function lines(schema: Schema, documents: unknown): Misfit | null {
  const whole = checkWhole(schema, documents);
  if (whole === null || shapeOf(schema).types?.has("array") === true) return whole;
  return (documents as readonly unknown[])
    .map((document) => checkWhole(schema, document))
    .reduce((found, next) => found ?? next, null);
}

const ofFile = (schema: Schema): Misfit | null =>
  checkWhole(schema, FILE) && misfit("is of a type whose schema is not checked here");

function fieldsOf({ value, repeated }: Body): ReadonlyMap<string, readonly Given[]> {
  const given = (one: unknown): Given => (typeof one === "string" ? one : FILE);
  return new Map(
    Object.entries(value as Record<string, unknown>).map(([name, one]) => [
      name,
      repeated.includes(name) ? (one as unknown[]).map(given) : [given(one)],
    ]),
  );
}
