import { strictText, utf8 } from "../bytes.ts";
import type { Command, Parameter } from "../command.ts";
import type { Masker } from "../masker.ts";

/** A bound value as reviewers see it. `type`: null where it was not said, or is not one of ours. */
export type ShownParameter = {
  readonly position: number;
  readonly type: string | null;
  readonly shown: string;
};

/** A COPY in pieces may bind thousands; who decides looks at the first. */
const parametersMax = 100;
const charactersMax = 200;
const HIDDEN = "…";

/** PostgreSQL's oids (pg_type.dat), and how many bytes of a whole number come in binary. */
const TYPES: ReadonlyMap<number, readonly [name: string, integerBytes: number]> = new Map([
  [16, ["boolean", 1]],
  [20, ["bigint", 8]],
  [21, ["smallint", 2]],
  [23, ["integer", 4]],
  [25, ["text", 0]],
  [114, ["json", 0]],
  [700, ["real", 0]],
  [701, ["double precision", 0]],
  [1043, ["varchar", 0]],
  [1082, ["date", 0]],
  [1114, ["timestamp", 0]],
  [1184, ["timestamptz", 0]],
  [1700, ["numeric", 0]],
  [2950, ["uuid", 0]],
  [3802, ["jsonb", 0]],
]);
/** Their binary form is their text. */
const TEXTS = new Set([25, 114, 1043]);

/**
 * CONTRACTS §6: what meets a masked column, or what a detector finds, is not shown; nor is what a
 * statement that could not be followed is given.
 */
export function shownParameters(
  { parameters, clearParameters }: Command,
  masker: Masker,
): readonly ShownParameter[] {
  const clear = new Set(clearParameters);
  return parameters.slice(0, parametersMax).map((parameter, i): ShownParameter => {
    const [type = null] = TYPES.get(parameter.type) ?? [];
    const position = i + 1;
    if (parameter.value === null) return { position, type, shown: "NULL" };
    const text = clear.has(position) ? textOf(parameter, parameter.value) : HIDDEN;
    const found = masker.detects && masker.scan(utf8(text), "") !== null;
    const cut = text.length > charactersMax ? `${text.slice(0, charactersMax)} ${HIDDEN}` : text;
    return { position, type, shown: found ? HIDDEN : cut };
  });
}

function textOf({ type, format }: Parameter, value: Uint8Array): string {
  const binary = `(${value.length} bytes)`;
  if (format !== 1 || TEXTS.has(type)) return strictText(value) ?? binary;
  const [, bytes = 0] = TYPES.get(type) ?? [];
  if (bytes === 0 || bytes !== value.length) return binary;
  if (type === 16) return value[0] === 0 ? "false" : "true";
  const number = value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return String(BigInt.asIntN(bytes * 8, number));
}

/** Of the columns that a command names, those that are masked for whoever runs it. */
export const maskedAmong = (columns: readonly string[], masker: Masker): readonly string[] =>
  masker.hidesColumns ? columns.filter((name) => isMasked(name.split("."), masker)) : [];

/** A name with a point in it may be read in several ways. */
const isMasked = (parts: readonly string[], masker: Masker): boolean =>
  parts.some((_, table) =>
    parts.some((_, column) => {
      if (table < 1 || column <= table) return false;
      const source = {
        schema: parts.slice(0, table).join("."),
        table: parts.slice(table, column).join("."),
        column: parts.slice(column).join("."),
      };
      return masker.source(source) !== null;
    }),
  );
