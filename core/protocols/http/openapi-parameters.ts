import { utf8 } from "../../bytes.ts";
import { readJson } from "./json.ts";
import {
  check,
  FILE,
  isObject,
  type Misfit,
  misfit,
  type Schema,
  shapeOf,
  Walk,
} from "./schema.ts";
import { type Located, type Reading, Unusable } from "./schema-reading.ts";

/*
 * Texts of queries, paths and forms as the values that schemas speak of (OpenAPI 3.1.1, "Style
 * Values"). `7` may be a number or a text: it fits where one of its readings does.
 */

export type Style = {
  readonly style: "form" | "spaceDelimited" | "pipeDelimited" | "deepObject" | "simple" | "json";
  readonly explode: boolean;
};

export type Parameter = Style & {
  readonly place: "query" | "path";
  readonly name: string;
  readonly required: boolean;
  /** `?flag=` says nothing else than that it is there. */
  readonly mayBeEmpty: boolean;
  readonly schema: Schema;
};

/** What came under one name, each time. */
export type Given = string | typeof FILE;
export type Fields = ReadonlyMap<string, readonly Given[]>;

const STYLES = {
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  path: ["simple"],
} as const;

/** Null: what is not looked at here, headers and cookies. */
export function parameter(from: Located, reading: Reading): Parameter | null {
  const { value, at } = reading.follow(from);
  if (!isObject(value)) throw new Unusable(`${at}: this is no parameter.`);
  const { name, in: place, required, schema, content, style, explode, allowEmptyValue } = value;
  if (typeof name !== "string" || typeof place !== "string") {
    throw new Unusable(`${at}: this is no parameter.`);
  }
  if (place !== "query" && place !== "path") return null;
  const styles: readonly Style["style"][] = STYLES[place];
  const mayBeEmpty = allowEmptyValue === true;
  const common = {
    place,
    name,
    required: place === "path" || required === true,
    mayBeEmpty,
  } as const;
  if (content !== undefined) {
    const [[type, media] = []] = Object.entries(content as Record<string, { schema?: unknown }>);
    const isJson = type === "application/json";
    const part = { value: isJson ? (media?.schema ?? {}) : {}, at: `${at}/content` };
    const style = isJson ? "json" : place === "path" ? "simple" : "form";
    return { ...common, style, explode: false, schema: reading.schema(part) };
  }
  const said = style ?? styles[0];
  if (!styles.includes(said as Style["style"])) {
    throw new Unusable(`${at}: the style of ${name} is not checked here.`);
  }
  return {
    ...common,
    style: said as Style["style"],
    explode: typeof explode === "boolean" ? explode : said === "form",
    schema: reading.schema({ value: schema ?? {}, at: `${at}/schema` }),
  };
}

/** "missing": nothing came that belongs to it. */
export function valueOf(one: Parameter, fields: Fields): { readonly value: unknown } | "missing" {
  if (one.style === "deepObject") return deepObject(one, fields);
  const { types, properties } = shapeOf(one.schema);
  if (one.style === "form" && one.explode && types?.size === 1 && types.has("object")) {
    const there = [...properties].filter(([name]) => fields.has(name));
    if (there.length === 0) return "missing";
    return {
      value: Object.fromEntries(
        there.map(([name, schema]) => [name, best(schema, fields.get(name) ?? [])]),
      ),
    };
  }
  const given = fields.get(one.name);
  return given === undefined ? "missing" : { value: best(one.schema, given, one) };
}

/** `filter[name]=x`, one level deep. */
function deepObject(one: Parameter, fields: Fields): { readonly value: unknown } | "missing" {
  const { properties } = shapeOf(one.schema);
  const members: [string, unknown][] = [];
  for (const [name, given] of fields) {
    if (!name.startsWith(`${one.name}[`) || !name.endsWith("]")) continue;
    const key = name.slice(one.name.length + 1, -1);
    const schema = properties.get(key);
    members.push([key, schema === undefined ? plain(given) : best(schema, given)]);
  }
  return members.length === 0 ? "missing" : { value: Object.fromEntries(members) };
}

const plain = (given: readonly Given[]): unknown => (given.length === 1 ? given[0] : given);

const REPEATED: Style = { style: "form", explode: true };

/** The reading that fits, or one that does not where none does. */
export function best(schema: Schema, given: readonly Given[], style: Style = REPEATED): unknown {
  const readings = readingsOf(schema, given, style);
  return readings.find((value) => fits(schema, value)) ?? readings[0];
}

function fits(schema: Schema, value: unknown): boolean {
  const walk = new Walk();
  return check(schema, value, walk) === null && !walk.over;
}

function readingsOf(schema: Schema, given: readonly Given[], style: Style): readonly unknown[] {
  const { types, properties, items } = shapeOf(schema);
  const [only] = given;
  const readings: unknown[] = [];
  if (given.length === 1 && only !== undefined) {
    if (style.style === "json") return [parsed(only)];
    readings.push(...scalars(only, types));
  }
  const parts = partsOf(given, style);
  if (types === null ? given.length !== 1 : types.has("array")) {
    readings.push(parts.map((part) => (items === null ? part : best(items, [part]))));
  }
  if (types?.has("object") === true) {
    if (!style.explode && parts.length % 2 === 0) readings.push(paired(parts, properties));
  }
  return readings.length === 0 ? [plain(given)] : readings;
}

function partsOf(given: readonly Given[], { style, explode }: Style): readonly Given[] {
  const [only] = given;
  if (explode || given.length !== 1 || typeof only !== "string") return given;
  const between = style === "spaceDelimited" ? " " : style === "pipeDelimited" ? "|" : ",";
  return only.split(between);
}

/** `x,1,y,2`. */
const paired = (parts: readonly Given[], properties: ReadonlyMap<string, Schema>): unknown =>
  Object.fromEntries(
    parts.flatMap((name, i) => {
      if (i % 2 === 1) return [];
      const value = parts[i + 1] as Given;
      const schema = properties.get(String(name));
      return [[String(name), schema === undefined ? value : best(schema, [value])]];
    }),
  );

type Types = ReturnType<typeof shapeOf>["types"];

function scalars(given: Given, types: Types): unknown[] {
  if (typeof given !== "string") return [given];
  const readings: unknown[] = [];
  const may = (type: "string" | "integer" | "boolean" | "null"): boolean =>
    types === null || types.has(type);
  if (may("integer") && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/iu.test(given)) {
    readings.push(Number(given));
  }
  if (may("boolean") && /^(?:true|false)$/u.test(given)) readings.push(given === "true");
  if (may("null") && given === "") readings.push(null);
  if (may("string")) readings.push(given);
  return readings;
}

/** A text that is no document fits no schema but one that takes all. */
function parsed(given: Given): unknown {
  if (typeof given !== "string") return given;
  const read = readJson(utf8(given));
  return "wrong" in read ? undefined : read.value;
}

export type Encodings = ReadonlyMap<string, Style>;

/**
 * The fields of a form as the object that its schema describes. What it does not describe stays as
 * it came. Objects without a style of their own come as JSON ("Encoding Object").
 */
export function objectOf(
  schema: Schema,
  fields: Fields,
  encodings: Encodings,
): { readonly value: unknown } | { readonly wrong: Misfit } {
  const left = new Map(fields);
  const members: [string, unknown][] = [];
  for (const [name, part] of shapeOf(schema).properties) {
    const isText = (given: readonly Given[] | undefined) => given?.every((one) => one !== FILE);
    const types = shapeOf(part).types;
    const asJson = types?.has("object") === true && isText(fields.get(name)) === true;
    const style = encodings.get(name) ?? (asJson ? JSON_STYLE : REPEATED);
    const value = valueOf(
      { place: "query", name, required: false, mayBeEmpty: false, schema: part, ...style },
      fields,
    );
    if (value === "missing") continue;
    if (value.value === undefined) return { wrong: { ...misfit("is no JSON"), path: [name] } };
    members.push([name, value.value]);
    for (const key of left.keys()) {
      const belongs = key === name || (style.style === "deepObject" && key.startsWith(`${name}[`));
      if (belongs) left.delete(key);
    }
  }
  const rest = [...left].map(([name, given]): [string, unknown] => [name, plain(given)]);
  return { value: Object.fromEntries([...rest, ...members]) };
}

const JSON_STYLE: Style = { style: "json", explode: false };
