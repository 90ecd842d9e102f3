import type { Place } from "./yaml-place.ts";

/** Of JSON Schema (2020-12) what the policy's own uses. */
export type Schema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly description?: string;
};

/** What may stand in a place. `text` is what is put there. */
export type Option = {
  readonly label: string;
  readonly text: string;
  readonly is: "key" | "value";
  readonly info?: string;
};

export function optionsAt(schema: Schema, { path, of, present }: Place): readonly Option[] {
  const here = path.reduce<readonly Schema[]>(into, alternatives(schema));
  if (of !== null) return into(here, of).flatMap(valuesOf);
  const keys = here.flatMap(({ properties = {} }) => Object.entries(properties));
  const left = keys.filter(([key]) => !present.includes(key));
  return [...left.map(([key, { description }]) => keyOption(key, description)), ...enums(here)];
}

const into = (schemas: readonly Schema[], step: string): readonly Schema[] =>
  schemas.flatMap(({ properties, items }) => {
    const next = step === "*" ? items : properties?.[step];
    return next === undefined ? [] : alternatives(next);
  });

/** One that may be this or that counts as both, each with the words of the whole. */
const alternatives = (schema: Schema): readonly Schema[] =>
  schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternatives);

/** Of a list in brackets its items'. */
const valuesOf = (schema: Schema): readonly Option[] =>
  schema.type === "boolean"
    ? ["true", "false"].map(valueOption)
    : enums(schema.items === undefined ? [schema] : alternatives(schema.items));

const enums = (schemas: readonly Schema[]): readonly Option[] =>
  schemas.flatMap((schema) => (schema.enum ?? []).map(valueOption));

const keyOption = (label: string, info: string | undefined): Option => ({
  label,
  text: `${label}: `,
  is: "key",
  ...(info !== undefined && { info }),
});

const valueOption = (label: string): Option => ({ label, text: label, is: "value" });
