import { isObject, misfit, type Misfit, type Rule, type Schema, type Walk } from "./schema.ts";

/** What keywords of schemas are made with: their own values as they must be, and simple rules. */

/** The schema in which a keyword stands. */
export type Whole = Readonly<Record<string, unknown>>;

/** What a keyword has at hand while its schema is read. */
export type Make = {
  readonly version: "3.0" | "3.1";
  readonly schema: Schema;
  readonly matches: (pattern: string) => ((text: string) => boolean) | null;
  /** A schema inside this one, and the way to it. */
  readonly make: (part: unknown, ...path: (string | number)[]) => Schema;
  /** Says why the keyword's own value cannot be used. */
  readonly fail: (why: string) => never;
};

/** Null: it asks nothing by itself. */
export type Keyword = (argument: unknown, make: Make, whole: Whole) => Rule | null;

export const count = (argument: unknown, { fail }: Make): number =>
  Number.isInteger(argument) && (argument as number) >= 0
    ? (argument as number)
    : fail("is no count");

export const number = (argument: unknown, { fail }: Make): number =>
  Number.isFinite(argument) ? (argument as number) : fail("is no number");

export function texts(argument: unknown, { fail }: Make): readonly string[] {
  const are = Array.isArray(argument) && argument.every((one) => typeof one === "string");
  return are ? argument : fail("is no list of names");
}

export function schemas(argument: unknown, name: string, { make, fail }: Make): Schema[] {
  if (!Array.isArray(argument) || argument.length === 0) return fail("is no list of schemas");
  return argument.map((part, i) => make(part, name, i));
}

export function named(argument: unknown, name: string, { make, fail }: Make): [string, Schema][] {
  if (!isObject(argument)) return fail("is no table of schemas");
  return Object.entries(argument).map(([key, part]) => [key, make(part, name, key)]);
}

export function pattern(argument: unknown, { matches, fail }: Make): (text: string) => boolean {
  if (typeof argument !== "string") return fail("is no text");
  return matches(argument) ?? fail("is a pattern that is not checked here");
}

// Rules that hold for one type, and say nothing of others.

export const text =
  (rule: (value: string, walk: Walk) => string | null): Rule =>
  (value, walk) =>
    said(typeof value === "string" ? rule(value, walk) : null);
export const amount =
  (rule: (value: number) => string | null): Rule =>
  (value) =>
    said(typeof value === "number" ? rule(value) : null);
export const list =
  (rule: (value: readonly unknown[], walk: Walk) => Misfit | null): Rule =>
  (value, walk) =>
    Array.isArray(value) ? rule(value, walk) : null;
export const object =
  (rule: (value: Whole, walk: Walk) => Misfit | null): Rule =>
  (value, walk) =>
    isObject(value) ? rule(value, walk) : null;

export const said = (what: string | null): Misfit | null => (what === null ? null : misfit(what));
export const unless = (holds: boolean, what: string): Misfit | null =>
  holds ? null : misfit(what);
