import type { SourceColumn } from "../masker.ts";

/** A literal's text, or the number of a parameter from 1. */
export type Given = string | number;

/**
 * What a value may hold. `exact`: the very value of each of its sources, which then all hold the
 * same.
 */
export type Value = {
  readonly sources: ReadonlySet<SourceColumn>;
  readonly exact: boolean;
  readonly opaque: boolean;
  /** Opaque for it comes of code of a user's, which may have read anything. */
  readonly code?: boolean;
  /** Constants that it may be as they stand in the statement. */
  readonly given?: readonly Given[];
  /** Of a JSON document that the statement builds: what stands where in it. */
  readonly shape?: Shape | undefined;
};

/**
 * `object`: members by name. `tuple`: an array of these, in this order. `each`: an array of any
 * number of the one part. `sources` of the value hold those of all parts, and of `around`: what
 * decides which parts there are, or what else the value may hold.
 */
export type Shape = {
  readonly is: "object" | "tuple" | "each";
  readonly parts: readonly Column[];
  readonly around: Value;
};

/**
 * `spread`: stands for any number of columns, of names not known. `anyName`: one column, whose
 * name we do not know for certain.
 */
export type Column = {
  readonly name: string;
  readonly value: Value;
  readonly spread?: boolean;
  readonly anyName?: boolean;
};

/** One entry of a FROM clause. `hidden` ones are left out of `*`. */
export type Range = {
  alias: string | null;
  readonly schema: string | null;
  columns: readonly Column[];
  hidden: boolean;
  /** A system relation: columns that we do not list, and that hold nobody's data. */
  readonly system: boolean;
};

export type Scope = Range[];

export type Environment = {
  /** Common table expressions by name. */
  readonly ctes: ReadonlyMap<string, readonly Column[]>;
  /** Innermost first. */
  readonly scopes: readonly Scope[];
  /** Output columns that GROUP BY and ORDER BY may name. */
  readonly outputs?: readonly Column[];
  readonly windows?: ReadonlyMap<string, Value>;
};

export const NOTHING: Value = { sources: new Set(), exact: false, opaque: false };
export const OPAQUE: Value = { sources: new Set(), exact: false, opaque: true };
export const CODE: Value = { ...OPAQUE, code: true };

/** Something made from all of these: no longer exact. */
export function mix(values: readonly Value[]): Value {
  let opaque = false;
  let code = false;
  let sources: Set<SourceColumn> | null = null;
  for (const value of values) {
    opaque ||= value.opaque;
    code ||= value.code === true;
    if (value.sources.size === 0) continue;
    sources ??= new Set();
    for (const source of value.sources) sources.add(source);
  }
  if (sources === null) return code ? CODE : opaque ? OPAQUE : NOTHING;
  return code ? { sources, exact: false, opaque, code } : { sources, exact: false, opaque };
}

/** The value as it is, where `around` decided that it is this one. */
export function surrounded(value: Value, around: Value): Value {
  if (around.sources.size === 0 && !around.opaque) return value;
  const { given, shape } = value;
  return {
    ...mix([value, around]),
    ...(given === undefined ? {} : { given }),
    ...(shape === undefined ? {} : { shape: within(shape, around) }),
  };
}

export const within = (shape: Shape, around: Value): Shape => ({
  ...shape,
  around: mix([shape.around, around]),
});

/** One of these as it is: constants among them stay what they are, and so does a common shape. */
export function oneOf(values: readonly Value[]): Value {
  const mixed = mix(values);
  const holding = values.filter(({ given }) => given !== undefined);
  const shape = commonShape(values);
  if (holding.length === 0) return shape === undefined ? mixed : { ...mixed, shape };
  const given = [...new Set(holding.flatMap((value) => value.given ?? []))];
  return shape === undefined ? { ...mixed, given } : { ...mixed, given, shape };
}

/** Of all that hold anybody's data: constants are nobody's. */
function commonShape(values: readonly Value[]): Shape | undefined {
  if (values.every(({ shape }) => shape === undefined)) return undefined;
  const [first, ...others] = values
    .filter(({ shape, sources, opaque }) => shape !== undefined || sources.size > 0 || opaque)
    .map(({ shape }) => shape);
  return others.reduce(sharedShape, first);
}

function sharedShape(left: Shape | undefined, right: Shape | undefined): Shape | undefined {
  if (left === undefined || right === undefined || left.is !== right.is) return undefined;
  const around = mix([left.around, right.around]);
  if (left.is === "object") return { is: "object", parts: [...left.parts, ...right.parts], around };
  if (left.parts.length !== right.parts.length) return undefined;
  return { is: left.is, parts: either(left.parts, right.parts), around };
}

export const all = (columns: readonly Column[]): Value => mix(columns.map(({ value }) => value));

/** Rows of one or the other, by position. */
export function either(left: readonly Column[], right: readonly Column[]): readonly Column[] {
  const spread = [...left, ...right].some((column) => column.spread);
  if (spread || left.length !== right.length) {
    return [{ name: "?", value: mix([all(left), all(right)]), spread: true }];
  }
  return left.map(({ name, value }, i) => ({
    name,
    value: oneOf([value, (right[i] as Column).value]),
  }));
}

export const rename = (columns: readonly Column[], names: readonly string[]): readonly Column[] =>
  names.length === 0
    ? columns
    : columns.map((column, i) => {
        const name = names[i];
        return name === undefined ? column : { ...column, name, anyName: false };
      });

export const unknownColumns = (name: string): readonly Column[] => [
  { name, value: OPAQUE, spread: true },
];

export const ROOT: Environment = { ctes: new Map(), scopes: [] };

/** The range that a qualifier names, from the innermost scope outwards. */
export function rangeNamed(qualifier: readonly string[], env: Environment): Range | null {
  const name = qualifier[qualifier.length - 1];
  const schema = qualifier.length > 1 ? qualifier[qualifier.length - 2] : null;
  for (const scope of env.scopes) {
    const found = scope.find(
      (range) => range.alias === name && (schema === null || range.schema === schema),
    );
    if (found !== undefined) return found;
  }
  return null;
}

/** All that a name could mean in these scopes, when nearer ones may or may not have it. */
export function outward(name: string, scopes: readonly Scope[]): Value {
  return mix(
    scopes
      .flat()
      .flatMap(({ alias, columns }) =>
        columns
          .filter(
            (column) => column.name === name || column.spread || column.anyName || alias === name,
          )
          .map(({ value }) => value),
      ),
  );
}
