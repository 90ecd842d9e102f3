import { formFieldsMax } from "../../limits.ts";
import { plainName } from "../../plain-name.ts";

/*
 * Names with values, as forms have them. Some services do not tell `Amount` from `amount`, and PHP
 * takes `pay.amount` for `pay_amount`: a form that has one name in two spellings is refused.
 */

export type Field<Value> = readonly [name: string, value: Value];

export type Gathered = {
  /** One value, or the list of those of a name that came more than once. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly repeated: readonly string[];
};

export function gather(fields: readonly Field<unknown>[]): Gathered | { readonly wrong: string } {
  if (fields.length > formFieldsMax) return { wrong: "The form has too many fields." };
  const values = new Map<string, unknown[]>();
  const spelled = new Map<string, string>();
  for (const [name, value] of fields) {
    // The field of HTML (section "form submission") that says another character set.
    if (name === "_charset_" && !/^utf-?8$/iu.test(String(value))) {
      return { wrong: "The form says that it is not in UTF-8." };
    }
    const plain = plainName(name);
    if ((spelled.get(plain) ?? name) !== name) {
      return { wrong: `The form has ${JSON.stringify(name)} in two spellings.` };
    }
    spelled.set(plain, name);
    const there = values.get(name);
    if (there === undefined) values.set(name, [value]);
    else there.push(value);
  }
  const repeated = [...values].filter(([, list]) => list.length > 1).map(([name]) => name);
  const value = Object.fromEntries(
    [...values].map(([name, list]) => [name, list.length > 1 ? list : list[0]]),
  );
  return { value, repeated };
}

/** Why a name of a form is refused. The sentence does not hold it. */
export function strangeName(name: string): string | null {
  if (/\p{Cc}/u.test(name)) {
    return "A name of the form has a control character.";
  }
  // Services that read any body as JSON find a document in the first name.
  if (name.includes("{")) return "A name of the form could be read as JSON.";
  // PHP makes `pay_amount` of `pay[amount`.
  const brackets = (one: string): number => name.split(one).length;
  return brackets("[") === brackets("]") ? null : "A name of the form has a bracket too many.";
}
