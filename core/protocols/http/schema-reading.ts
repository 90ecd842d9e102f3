import { apiSchemasMax, schemasOfValueMax } from "../../limits.ts";
import { ANNOTATIONS, KEYWORDS } from "./schema-keywords.ts";
import type { Make } from "./schema-making.ts";
import { check, isObject, misfit, Schema } from "./schema.ts";
import { decoded } from "./target.ts";

/** Why a document cannot be used; caught where it is compiled. */
export class Unusable extends Error {}

/** Gives what tests texts for a pattern, found anywhere in them; null: the pattern is none. */
export type Matches = (pattern: string) => ((text: string) => boolean) | null;

export type Version = "3.0" | "3.1";

/** A part of the document, and the JSON Pointer of where it is, for people. */
export type Located = { readonly value: unknown; readonly at: string };

const hopsMax = 16;

export class Reading {
  readonly version: Version;
  readonly #document: unknown;
  readonly #matches: Matches;
  readonly #schemas = new Map<object, Schema>();
  readonly #waiting: { readonly schema: Schema; readonly from: Located }[] = [];

  constructor(document: unknown, version: Version, matches: Matches) {
    this.#document = document;
    this.version = version;
    this.#matches = matches;
  }

  /** Empty until `finish`: schemas lead to each other, and back. */
  schema(from: Located): Schema {
    const known = isObject(from.value) ? this.#schemas.get(from.value) : undefined;
    if (known !== undefined) return known;
    const schema = new Schema();
    if (isObject(from.value)) this.#schemas.set(from.value, schema);
    if (this.#schemas.size > apiSchemasMax) throw new Unusable("The description is too large.");
    this.#waiting.push({ schema, from });
    return schema;
  }

  finish(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.#fill(next.schema, next.from);
    }
    const heights = new Map<Schema, number>();
    for (const schema of this.#schemas.values()) height(schema, heights, 0);
  }

  /** Follows `$ref`s that stand for a whole part: a parameter, a body, a path. */
  follow(from: Located): Located {
    let part = from;
    for (let hops = 0; isObject(part.value) && typeof part.value["$ref"] === "string"; hops++) {
      if (hops >= hopsMax) throw new Unusable(`${from.at}: its $ref leads nowhere.`);
      part = this.target(part.value["$ref"], part.at);
    }
    return part;
  }

  /** RFC 6901, in a fragment of this document. */
  target(ref: string, from: string): Located {
    if (ref !== "#" && !ref.startsWith("#/")) {
      throw new Unusable(`${from}: $ref leads out of the document, or to an anchor.`);
    }
    let value = this.#document;
    for (const token of ref.split("/").slice(1)) {
      const name = decoded(token)?.replaceAll("~1", "/").replaceAll("~0", "~") ?? "";
      const there = typeof value === "object" && value !== null && Object.hasOwn(value, name);
      if (!there) throw new Unusable(`${from}: $ref leads to nothing.`);
      value = (value as Record<string, unknown>)[name];
    }
    return { value, at: ref };
  }

  #fill(schema: Schema, { value, at }: Located): void {
    if (value === true) return;
    if (value === false) {
      schema.rules.push(() => misfit("is not described"));
      return;
    }
    if (!isObject(value)) throw new Unusable(`${at}: this is no schema.`);
    schema.readOnly = value["readOnly"] === true;
    const ref = value["$ref"];
    if (ref !== undefined) {
      if (typeof ref !== "string") throw new Unusable(`${at}: $ref is no text.`);
      const target = this.schema(this.target(ref, at));
      schema.all.push(target);
      schema.inPlace.push(target);
      schema.rules.push((one, walk) => check(target, one, walk));
      // What stands beside it is not looked at (OpenAPI 3.0.3, "Reference Object").
      if (this.version === "3.0") return;
    }
    for (const [name, argument] of Object.entries(value))
      this.#keyword(name, argument, value, {
        version: this.version,
        schema,
        matches: this.#matches,
        make: (part, ...path) => this.schema({ value: part, at: [at, ...path].join("/") }),
        fail: (why) => {
          throw new Unusable(`${at}: ${name} ${why}.`);
        },
      });
  }

  #keyword(name: string, argument: unknown, whole: Readonly<Record<string, unknown>>, make: Make) {
    if (name === "$ref" || name.startsWith("x-") || ANNOTATIONS.has(name)) return;
    const keyword = KEYWORDS[this.version].get(name);
    if (keyword === undefined) make.fail(`is a keyword that is not checked here`);
    const rule = keyword(argument, make, whole);
    if (rule !== null) make.schema.rules.push(rule);
  }
}

/** Throws where schemas ask something of a value by way of each other without end. */
function height(schema: Schema, heights: Map<Schema, number>, above: number): number {
  const known = heights.get(schema);
  if (known !== undefined) return known;
  if (above > schemasOfValueMax) {
    throw new Unusable("Schemas refer to each other in a circle, or too deep.");
  }
  const below = schema.inPlace.map((part) => height(part, heights, above + 1));
  const own = 1 + Math.max(0, ...below);
  if (own > schemasOfValueMax) throw new Unusable("Schemas refer to each other too deep.");
  heights.set(schema, own);
  return own;
}
