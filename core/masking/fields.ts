import type { CellMask } from "../masker.ts";

/*
 * Fields of documents (JSON, forms) by name. A path is the names of the members that lead to a
 * value, outermost first; places in lists do not count.
 */

/** One name of a pattern: null stands for any. A quoted name is exact; others ignore case. */
type NamePattern = { readonly name: string; readonly exact: boolean } | null;

export type FieldPattern = {
  /** The names lead all the way from the document's top. */
  readonly fromTop: boolean;
  /** At least one; the last is the field's own. */
  readonly names: readonly NamePattern[];
};

const PART = /^(?:\*|"((?:[^"]|"")+)"|([^\s".*$[\]]+))$/u;

/**
 * `name`, `outer.name` (wherever these stand one in the other) or `$.outer.name` (from the top);
 * each part a name, a quoted name or `*`. Unquoted names match in any case, for a mask that misses
 * is worse than one too many. Null: not a pattern.
 */
export function parseFieldPattern(pattern: string): FieldPattern | null {
  const fromTop = pattern.startsWith("$.");
  const parts = (fromTop ? pattern.slice(2) : pattern)
    .split(/\.(?=(?:[^"]*"[^"]*")*[^"]*$)/u)
    .map(parsePart);
  if (parts.includes(undefined) || parts.every((part) => part === null)) return null;
  return { fromTop, names: parts as NamePattern[] };
}

function parsePart(part: string): NamePattern | undefined {
  const found = PART.exec(part);
  if (found === null) return undefined;
  if (found[1] !== undefined) return { name: found[1].replaceAll('""', '"'), exact: true };
  return found[2] === undefined ? null : { name: found[2].toLowerCase(), exact: false };
}

const isNamed = (pattern: NamePattern, name: string): boolean =>
  pattern === null || (pattern.exact ? name : name.toLowerCase()) === pattern.name;

/** The path's last name is known to be the pattern's. */
function leadsTo({ fromTop, names }: FieldPattern, path: readonly string[]): boolean {
  const outer = path.length - names.length;
  if (outer < 0 || (fromTop && outer > 0)) return false;
  for (let i = names.length - 2; i >= 0; i--) {
    if (!isNamed(names[i] as NamePattern, path[outer + i] as string)) return false;
  }
  return true;
}

/** A pattern with what becomes of its fields. */
export type FieldRule = { readonly pattern: FieldPattern; readonly mask: CellMask };

/** Rules by the field's own name, so that most names are done with at once. */
export class FieldRules {
  readonly #rules: readonly FieldRule[];
  readonly #byName = new Map<string, readonly FieldRule[]>();

  /** Of several rules for one field the first stands. */
  constructor(rules: readonly FieldRule[]) {
    this.#rules = rules;
  }

  get empty(): boolean {
    return this.#rules.length === 0;
  }

  /** The rules that may speak of a field of that name. */
  named(name: string): readonly FieldRule[] {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const rules = this.#rules.filter(({ pattern }) => isNamed(pattern.names.at(-1) ?? null, name));
    if (this.#byName.size < namesKeptMax) this.#byName.set(name, rules);
    return rules;
  }

  /** The mask of the field at the path's end, by the rules that speak of its name. */
  mask(rules: readonly FieldRule[], path: readonly string[]): CellMask | null {
    for (const { pattern, mask } of rules) if (leadsTo(pattern, path)) return mask;
    return null;
  }
}

const namesKeptMax = 10_000;
