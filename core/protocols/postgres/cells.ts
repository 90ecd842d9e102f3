import { concat, EMPTY, hex, i32, strictText, text, u16, u32Bytes, utf8 } from "../../bytes.ts";
import type { CellMask, Finding, Masker } from "../../masker.ts";
import type { Inside } from "./inside.ts";
import { JSONB_VERSION, typeOf, type Type } from "./types.ts";

/*
 * One cell, masked as a value of its own type (DESIGN §5, invariant 5). A masked cell never
 * fails and never passes: text becomes what the rule makes of it, every other type its filler, a
 * type that we do not know NULL. `hash` and `tokenise` keep integers and uuids distinguishable,
 * the same in both formats.
 */

export type ColumnPlan = {
  readonly name: string;
  /** Type oid; 0: not known. */
  readonly type: number;
  readonly format: 0 | 1;
  readonly mask: CellMask | null;
  /** Masks in a document, where the whole need not be masked; `mask` is then what else it gets. */
  readonly inside?: Inside | undefined;
  /** Detectors read its cells. */
  readonly scan: boolean;
};

export type PlannedColumn = ColumnPlan & { readonly how: Type };

export type RowPlan = {
  readonly columns: readonly PlannedColumn[];
  /** Some column is masked or scanned; else rows pass as they came. */
  readonly touches: boolean;
};

/**
 * Looks each type up once; detectors skip what cannot hold what they look for. A mask comes
 * before them, but for one that leaves something to be seen inside.
 */
export function planRow(columns: readonly ColumnPlan[]): RowPlan {
  const planned = columns.map((column) => {
    const how = typeOf(column.type);
    const shows = column.mask === null || column.inside !== undefined;
    return { ...column, how, scan: column.scan && shows && how.scans !== "none" };
  });
  return {
    columns: planned,
    touches: planned.some((column) => column.mask !== null || column.scan),
  };
}

const REDACTED_JSON = utf8('"[redacted]"');
const VERSION = Uint8Array.of(JSONB_VERSION);

/** The filler of a column's type in its format; null where there is none. */
export function fillerOf({ how, format }: PlannedColumn): Uint8Array | null {
  if (how.is === "unknown") return null;
  return format === 1 ? how.binary : how.text;
}

/** What the client sees of a masked cell; null is SQL NULL. The column has a mask. */
export function maskCell(cell: Uint8Array, column: PlannedColumn): Uint8Array | null {
  const mask = column.mask as CellMask;
  const { how, format } = column;
  if (mask.technique === "null") return null;
  if (how.is === "text") return mask.text(cell);
  if (how.is === "json" || (how.is === "jsonb" && format === 0)) return maskJson(cell, mask);
  if (how.is === "jsonb") {
    const json = maskJson(cell.subarray(1), mask);
    return json === null ? null : concat([VERSION, json]);
  }
  if (mask.technique === "hash" || mask.technique === "tokenise") {
    if (how.is === "int") return maskInteger(cell, column, mask);
    if (how.is === "uuid") return maskUuid(cell, column, mask);
  }
  return fillerOf(column);
}

/** What stands for NULL where its being NULL would tell: what stands for any other value. */
export const maskNull = (column: PlannedColumn): Uint8Array | null =>
  maskCell(column.how.is === "jsonb" && column.format === 1 ? VERSION : EMPTY, column);

/**
 * A JSON string of the masked text. The parts that `partial` keeps would be those of the
 * document.
 */
function maskJson(json: Uint8Array, mask: CellMask): Uint8Array | null {
  if (mask.technique === "partial") return REDACTED_JSON;
  const masked = mask.text(json);
  return masked === null ? null : utf8(JSON.stringify(text(masked)));
}

function maskInteger(cell: Uint8Array, column: PlannedColumn, mask: CellMask): Uint8Array | null {
  const { binary } = column.how;
  const plain = column.format === 0 ? cell : integerText(cell, binary.length);
  const masked = plain === null ? null : mask.text(plain);
  if (masked === null) return fillerOf(column);
  const value = fold(masked) & ((1n << BigInt(8 * binary.length - 1)) - 1n);
  return column.format === 0 ? utf8(value.toString()) : bigEndian(value, binary.length);
}

function integerText(cell: Uint8Array, bytes: number): Uint8Array | null {
  if (cell.length !== bytes) return null;
  return utf8(BigInt.asIntN(8 * bytes, BigInt(`0x${hex(cell)}`)).toString());
}

function maskUuid(cell: Uint8Array, column: PlannedColumn, mask: CellMask): Uint8Array | null {
  const plain = column.format === 0 ? cell : utf8(uuidText(cell));
  const masked = mask.text(plain);
  if (masked === null) return null;
  const uuid = bigEndian(fold(masked), 16);
  // RFC 9562: version 8 (the bits are our own), variant 10.
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return column.format === 0 ? utf8(uuidText(uuid)) : uuid;
}

export const uuidText = (uuid: Uint8Array): string =>
  hex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** FNV-1a, 128 bits: spreads what a keyed mask has made unpredictable already. */
function fold(bytes: Uint8Array): bigint {
  let sum = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of bytes) {
    sum = BigInt.asUintN(128, (sum ^ BigInt(byte)) * 0x1000000000000000000013bn);
  }
  return sum ^ (sum >> 64n);
}

function bigEndian(value: bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let i = bytes - 1, rest = value; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

/** A cell as detectors leave it; null stands for SQL NULL. */
export type ScannedCell = {
  readonly bytes: Uint8Array | null;
  readonly findings: readonly Finding[];
};

/** Detectors over a cell. Null: nothing found, the very bytes go on. */
export function scanCell(
  cell: Uint8Array,
  column: PlannedColumn,
  masker: Masker,
): ScannedCell | null {
  const { how, format, name } = column;
  if (how.scans === "digits" && how.is !== "array") return scanDigits(cell, column, masker);
  if (how.is === "json" || (how.is === "jsonb" && format === 0)) {
    return scanJson(cell, name, masker);
  }
  if (how.is === "jsonb") {
    const found = scanJson(cell.subarray(1), name, masker);
    return found && { ...found, bytes: concat([VERSION, found.bytes]) };
  }
  if (how.is === "array" && format === 1) return scanArray(cell, column, masker);
  const found = masker.scan(cell, name);
  if (found === null || how.is === "text") return found;
  // Digits have no place in a number list, nor other lengths in a binary form that we do not know.
  return how.scans === "text" && format === 0 ? found : { ...found, bytes: fillerOf(column) };
}

function scanJson(json: Uint8Array, name: string, masker: Masker) {
  const found = masker.scan(json, name);
  if (found === null) return null;
  return isJson(found.bytes) ? found : { ...found, bytes: utf8(JSON.stringify(text(found.bytes))) };
}

/** A number that was overwritten is no JSON any more: then the whole becomes a string. */
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(strictText(bytes) ?? "");
    return true;
  } catch {
    return false;
  }
}

/** A card number kept as a number is a card number; what is no number of its type does not pass. */
function scanDigits(cell: Uint8Array, column: PlannedColumn, masker: Masker): ScannedCell | null {
  const plain = column.format === 0 ? cell : digitsOf(cell, column.how);
  if (plain === null) return { bytes: fillerOf(column), findings: [] };
  const found = masker.scan(plain, column.name);
  return found && { bytes: fillerOf(column), findings: found.findings };
}

function digitsOf(cell: Uint8Array, how: Type): Uint8Array | null {
  return how.is === "int" ? integerText(cell, how.binary.length) : numericText(cell);
}

/** 36 digits: no detector looks for a longer number. */
const NUMERIC_WEIGHT_MAX = 8;

/**
 * numeric's integer part: u16 digits · i16 weight · u16 sign · u16 scale · digits in base
 * 10,000. Empty where there is none, or none short enough; null: malformed.
 */
function numericText(cell: Uint8Array): Uint8Array | null {
  if (cell.length < 8) return null;
  const digits = u16(cell, 0);
  const weight = (u16(cell, 2) << 16) >> 16;
  if (cell.length !== 8 + 2 * digits) return null;
  if (weight < 0 || weight > NUMERIC_WEIGHT_MAX) return EMPTY;
  let out = "";
  for (let i = 0; i <= weight; i++) {
    out += (i < digits ? u16(cell, 8 + 2 * i) : 0).toString().padStart(4, "0");
  }
  return utf8(out.replace(/^0+(?=\d)/, ""));
}

/**
 * i32 dimensions · i32 flags · u32 element type · (i32 size · i32 lower bound)* · (i32
 * length · bytes)*
 */
function scanArray(cell: Uint8Array, column: PlannedColumn, masker: Masker): ScannedCell | null {
  const element = { ...column, how: typeOf(column.how.element) };
  const findings: Finding[] = [];
  const parts: Uint8Array[] = [];
  let changed = false;
  const dimensions = cell.length < 12 ? -1 : i32(cell, 0);
  if (dimensions < 0 || dimensions > 6) return { bytes: null, findings };
  let at = 12 + 8 * dimensions;
  parts.push(cell.subarray(0, at));
  while (at + 4 <= cell.length) {
    const length = i32(cell, at);
    const next = at + 4 + Math.max(0, length);
    const found = length > 0 ? scanCell(cell.subarray(at + 4, next), element, masker) : null;
    if (found === null) parts.push(cell.subarray(at, next));
    else {
      changed = true;
      findings.push(...found.findings);
      const bytes = found.bytes ?? new Uint8Array(0);
      parts.push(u32Bytes(bytes.length), bytes);
    }
    at = next;
  }
  return changed ? { bytes: concat(parts), findings } : null;
}
