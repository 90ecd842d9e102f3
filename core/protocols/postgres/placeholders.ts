import { equal, i32, strictText, text, u16, utf8 } from "../../bytes.ts";
import type { Overwritten, Parameter } from "../../command.ts";
import type { CellMask, Masker } from "../../masker.ts";
import type { Assigned, Statement } from "../../sql/statement.ts";
import { uuidText } from "./cells.ts";
import { JSONB_VERSION, typeOf, type Type } from "./types.ts";

const SPACE = 0x20;
const QUOTE = 0x22;

/*
 * Placeholders on their way back. Somebody reads a row, changes one field and saves them all: what
 * the mask showed would be written over the value. cells.ts says what a mask shows of each type;
 * here are all the ways in which a client may write that same value.
 */

/** The first masked column into which the statements write a placeholder of its own mask. */
export function overwritten(
  statements: readonly Pick<Statement, "assigned">[],
  parameters: readonly Parameter[],
  masker: Masker,
): Overwritten | null {
  for (const { assigned } of statements) {
    for (const one of assigned) {
      const mask = masker.source(one.column);
      if (mask !== null && holdsPlaceholder(one, parameters, mask)) return named(one, mask);
    }
  }
  return null;
}

export const named = ({ column }: Assigned, { rule }: CellMask): Overwritten => ({
  column: `${column.table}.${column.column}`,
  rule,
});

function holdsPlaceholder(
  { type, value }: Assigned,
  parameters: readonly Parameter[],
  mask: CellMask,
): boolean {
  if (typeof value === "string") return isPlaceholder(utf8(value), type, 0, mask);
  const bound = parameters[value - 1];
  if (bound === undefined || bound.value === null) return false;
  // A text is read as the column's type; binary forms are those of the type that was declared.
  const format = bound.format === 1 ? 1 : 0;
  const own = format === 1 && bound.type !== 0 ? bound.type : type;
  return isPlaceholder(bound.value, own, format, mask);
}

/** Whether a value of this type may be what a client was shown in the place of another. */
export function isPlaceholder(
  value: Uint8Array,
  type: number,
  format: 0 | 1,
  mask: CellMask,
): boolean {
  const how = typeOf(type);
  if (how.is === "text" || how.is === "unknown") return mask.isPlaceholder(value);
  if (how.is === "json" || how.is === "jsonb") {
    const versioned = how.is === "jsonb" && format === 1 && value[0] === JSONB_VERSION;
    return isJsonPlaceholder(versioned ? value.subarray(1) : value, mask);
  }
  if (mask.technique === "null") return false;
  if (mask.technique === "hash" || mask.technique === "tokenise") {
    // A masked integer looks like any other.
    if (how.is === "int") return false;
    if (how.is === "uuid") return UUID_8.test(format === 1 ? uuidText(value) : text(value).trim());
  }
  return format === 1 ? isBinaryFiller(value, how) : isTextFiller(text(value).trim(), how);
}

/** A document is a placeholder as a whole, or not: what begins otherwise is not read. */
function isJsonPlaceholder(json: Uint8Array, mask: CellMask): boolean {
  const begins = json.find((byte) => byte > SPACE);
  if (begins !== QUOTE) return false;
  try {
    const value: unknown = JSON.parse(strictText(json) ?? "");
    return typeof value === "string" && mask.isPlaceholder(utf8(value));
  } catch {
    return false;
  }
}

/** RFC 9562: version 8, variant 10, as cells.ts makes them. */
const UUID_8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const NUMBER = /^[0.]+$/;
const FALSE = /^(f|fa|fal|fals|false|n|no|of|off|0)$/i;
/** Drivers write a date as a timestamp, and a time zone behind what has none. */
const MIDNIGHT = /^2000-01-01([T ]00:00(:00(\.0+)?)?)?([+-].*|Z)?$/i;
const DAY = /^2000-01-01(?!\d)/;
const START = Date.UTC(2000, 0, 1);

function isBinaryFiller(value: Uint8Array, how: Type): boolean {
  // numeric: no digits, whatever scale; array: no dimensions.
  if (how.is === "numeric" && value.length === 8) return u16(value, 0) === 0 && u16(value, 4) === 0;
  if (how.is === "array") return value.length >= 4 && i32(value, 0) === 0;
  return equal(value, how.binary);
}

function isTextFiller(value: string, how: Type): boolean {
  const filler = text(how.text);
  if (value === filler) return true;
  if (NUMBER.test(filler)) return value !== "" && Number(value) === 0;
  switch (filler) {
    case "f":
      return FALSE.test(value);
    case "2000-01-01":
      return DAY.test(value);
    case "2000-01-01 00:00:00":
      return MIDNIGHT.test(value);
    case "2000-01-01 00:00:00+00":
      return instantOf(value) === START;
    default:
      return false;
  }
}

/** As ISO 8601 has it and the server prints it; without a zone it is UTC. NaN: neither. */
function instantOf(value: string): number {
  const [, day, time, zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]([\d:.]+) ?(Z|[+-]\d.*)?)?$/i.exec(value) ?? [];
  if (day === undefined) return NaN;
  const [, hours, minutes = ":00"] = /^([+-]\d\d)(:?\d\d)?$/.exec(zone) ?? [];
  const offset = hours === undefined ? "Z" : `${hours}:${minutes.replace(":", "")}`;
  return Date.parse(`${day}T${time ?? "00:00:00"}${offset}`);
}
