import type { SourceColumn } from "../masker.ts";

/** One name of a pattern: null stands for any. A quoted name is exact; others ignore case. */
type NamePattern = { readonly name: string; readonly exact: boolean } | null;

export type ColumnPattern = {
  readonly schema: NamePattern;
  readonly table: NamePattern;
  readonly column: NamePattern;
};

const PART = /^(?:\*|"((?:[^"]|"")+)"|([^\s".*]+))$/u;

/**
 * `table.column` or `schema.table.column`, each part a name, a quoted name or `*`. Names are
 * written as in SQL (PostgreSQL manual 4.1.1); unquoted ones also match a column made with quotes
 * and capitals, for a mask that misses is worse than one too many. Null: not a pattern.
 */
export function parseColumnPattern(pattern: string): ColumnPattern | null {
  const parts = splitName(pattern).map(parsePart);
  if (parts.includes(undefined) || parts.length < 2 || parts.length > 3) return null;
  const [schema, table, column] = (parts.length === 2 ? [null, ...parts] : parts) as NamePattern[];
  return { schema: schema ?? null, table: table ?? null, column: column ?? null };
}

/** At dots outside quotes. */
const splitName = (pattern: string): string[] => pattern.split(/\.(?=(?:[^"]*"[^"]*")*[^"]*$)/u);

function parsePart(part: string): NamePattern | undefined {
  const found = PART.exec(part);
  if (found === null) return undefined;
  if (found[1] !== undefined) return { name: found[1].replaceAll('""', '"'), exact: true };
  return found[2] === undefined ? null : { name: found[2].toLowerCase(), exact: false };
}

const names = (pattern: NamePattern, name: string): boolean =>
  pattern === null || (pattern.exact ? name : name.toLowerCase()) === pattern.name;

export const namesColumn = (pattern: ColumnPattern, { schema, table, column }: SourceColumn) =>
  names(pattern.schema, schema) && names(pattern.table, table) && names(pattern.column, column);

/** Patterns of any table (`*.ssn`) also speak of an output column by its name alone. */
export const namesOutput = (pattern: ColumnPattern, output: string): boolean =>
  pattern.schema === null && pattern.table === null && names(pattern.column, output);
