import { schemaDepthMax, schemaStepsMax } from "../../limits.ts";

/*
 * A JSON Schema, ready to check values (JSON Schema 2020-12, and OpenAPI 3.0's dialect of it).
 * schema-reading.ts makes it of a document, schema-keywords.ts has what each keyword asks.
 */

export const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;
export type Type = (typeof TYPES)[number];

/** Where in the value, and what does not fit there: "is over the maximum of 10". No value. */
export type Misfit = { readonly path: readonly (string | number)[]; readonly what: string };

export type Rule = (value: unknown, walk: Walk) => Misfit | null;

export class Schema {
  readonly rules: Rule[] = [];
  /** Null: any. What takes numbers takes integers, and says so. */
  types: ReadonlySet<Type> | null = null;
  readonly properties = new Map<string, Schema>();
  items: Schema | null = null;
  /** Whether it marks what only answers hold (`readOnly`). */
  readOnly = false;
  /** What it asks of the same value besides: each of these … */
  readonly all: Schema[] = [];
  /** … and some of each list of these. */
  readonly either: Schema[][] = [];
  /** All that is asked about the same value, negations too. */
  readonly inPlace: Schema[] = [];
}

/** A file of a form: a text of which nothing is known. */
export const FILE = Symbol("file");

/** One check: what it has cost. */
export class Walk {
  steps = 0;
  depth = 0;

  /** It costs more than anybody may ask for: the answer means nothing. */
  get over(): boolean {
    return this.steps > schemaStepsMax;
  }

  /** For work that grows with the length of a text. */
  pay(characters: number): void {
    this.steps += characters >> 6;
  }
}

export const misfit = (what: string): Misfit => ({ path: [], what });

/** Null: the value fits. */
export function check(schema: Schema, value: unknown, walk: Walk): Misfit | null {
  if (++walk.depth > schemaDepthMax) walk.steps = Infinity;
  let found: Misfit | null = null;
  for (const rule of schema.rules) {
    walk.steps++;
    // Inside `not`, a misfit would speak for the value: whoever asked looks at `over` first.
    if (walk.over) found = misfit("takes too long to check");
    found ??= rule(value, walk);
    if (found !== null) break;
  }
  walk.depth--;
  return found;
}

/** The same for a part of the value. */
export function checkPart(
  schema: Schema,
  value: unknown,
  at: string | number,
  walk: Walk,
): Misfit | null {
  const found = check(schema, value, walk);
  return found === null ? null : { path: [at, ...found.path], what: found.what };
}

/** Null: it fits. */
export function checkWhole(schema: Schema, value: unknown): Misfit | null {
  const walk = new Walk();
  const found = check(schema, value, walk);
  return walk.over ? misfit("takes too long to check") : found;
}

export function typeOf(value: unknown): Type | null {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) return null;
      return Number.isInteger(value) ? "integer" : "number";
    case "symbol":
      return "string";
    case "boolean":
    case "string":
    case "object":
      return typeof value as "boolean" | "string" | "object";
    default:
      return null;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a schema leads one to expect, with all that it asks of the same value. */
export type Shape = {
  readonly types: ReadonlySet<Type> | null;
  readonly properties: ReadonlyMap<string, Schema>;
  readonly items: Schema | null;
};

const shapes = new WeakMap<Schema, Shape>();

export function shapeOf(schema: Schema): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const parts = schema.all.map(shapeOf);
  const choices = schema.either.map((some) => some.map(shapeOf));
  const every = [...parts, ...choices.flat()];
  const types = [
    schema.types,
    ...parts.map((part) => part.types),
    ...choices.map((some) => union(some.map((part) => part.types))),
  ];
  const shape: Shape = {
    types: types.reduce(both, null),
    properties: new Map([...every.flatMap((part) => [...part.properties]), ...schema.properties]),
    items: schema.items ?? every.find((part) => part.items !== null)?.items ?? null,
  };
  shapes.set(schema, shape);
  return shape;
}

type Types = ReadonlySet<Type> | null;

const both = (a: Types, b: Types): Types => {
  if (a === null || b === null) return a ?? b;
  return new Set([...a].filter((type) => b.has(type)));
};

const union = (some: readonly Types[]): Types =>
  some.includes(null) ? null : new Set(some.flatMap((types) => [...(types as Set<Type>)]));
