import { strictText, text, utf8 } from "../../bytes.ts";
import { rewriteJson, type JsonPlan } from "../../json.ts";
import type { CellMask, SourceColumn } from "../../masker.ts";
import { isItself, maskedParts, type JudgedDocument, type JudgedPart } from "../../sql/judge.ts";
import { planRow, maskCell, type PlannedColumn } from "./cells.ts";

/*
 * Masks inside a JSON document that the statement builds from columns: each of its values as the
 * column itself would be masked, written as JSON writes a value of its type (manual, "JSON
 * Functions": to_json).
 */

/** `rules` of the masks in it. */
export type Inside = { readonly plan: JsonPlan; readonly rules: readonly string[] };

/** What becomes of a document's parts; no rule: none of them is masked. */
export function planInside(
  document: JudgedDocument,
  typeOf: (source: SourceColumn) => number,
): Inside {
  const rules = maskedParts(document).flatMap(({ mask }) => mask?.rule ?? []);
  return { plan: planOf(document, typeOf), rules: [...new Set(rules)] };
}

const CLEAR: JsonPlan = { is: "clear" };

function planOf({ is, parts }: JudgedDocument, typeOf: (source: SourceColumn) => number): JsonPlan {
  const plans = parts.map((part) => [part.output.name, partPlan(part, typeOf)] as const);
  if (plans.every(([, plan]) => plan === CLEAR)) return CLEAR;
  if (is === "object") return { is, members: membersOf(plans) };
  const items = plans.map(([, plan]) => plan);
  return is === "tuple" ? { is, items } : { is, item: items[0] ?? CLEAR };
}

function partPlan(
  { output, mask, below }: JudgedPart,
  typeOf: (source: SourceColumn) => number,
): JsonPlan {
  if (below !== null) return planOf(below, typeOf);
  if (mask === null) return CLEAR;
  const { name, sources } = output;
  const [source] = sources;
  const type = isItself(output) && source !== undefined ? typeOf(source) : 0;
  const { columns } = planRow([{ name, type, format: 0, mask, scan: false }]);
  const column = columns[0] as PlannedColumn;
  return { is: "replaced", replace: (json) => maskValue(json, column) };
}

/** Of members of one name the document may hold one or all: none of them is told from another. */
function membersOf(planned: readonly (readonly [string, JsonPlan])[]): Map<string, JsonPlan> {
  const members = new Map<string, JsonPlan>();
  for (const [name, plan] of planned) {
    const other = members.get(name) ?? plan;
    members.set(name, plan === other ? plan : HIDDEN);
  }
  return members;
}

const HIDDEN: JsonPlan = { is: "replaced", replace: () => REDACTED };
const REDACTED = utf8('"[redacted]"');
const NULL = utf8("null");

/** Types of which JSON has numbers: int8, int2, int4, float4, float8, numeric. */
const NUMBERS = new Set([20, 21, 23, 700, 701, 1700]);
/** In JSON, times are written as ISO 8601 has them. */
const TIMES: ReadonlyMap<number, Uint8Array> = new Map([
  [1114, utf8('"2000-01-01T00:00:00"')],
  [1184, utf8('"2000-01-01T00:00:00+00:00"')],
]);
const BOOL = 16;

function maskValue(json: Uint8Array, column: PlannedColumn): Uint8Array {
  const { how, type } = column;
  const mask = column.mask as CellMask;
  const document = how.is === "json" || how.is === "jsonb";
  // In a document, and in what may be one, SQL's NULL is not told from JSON's.
  const unsure = document || how.is === "unknown";
  if (mask.whole !== true && !unsure && isNull(json)) return NULL;
  if (mask.technique === "null") return NULL;
  if (mask.whole === true) return quoted(mask.text(json));
  if (how.is === "array") return utf8("[]");
  const time = TIMES.get(type);
  if (time !== undefined) return time;
  const masked = maskCell(document ? json : plainText(json), column);
  if (masked === null || document) return masked ?? NULL;
  if (type === BOOL) return utf8("false");
  return NUMBERS.has(type) ? masked : quoted(masked);
}

const isNull = (json: Uint8Array): boolean => json.length === 4 && text(json) === "null";

const quoted = (plain: Uint8Array | null): Uint8Array =>
  plain === null ? NULL : utf8(JSON.stringify(text(plain)));

/** A text without its quotes and escapes. */
function plainText(json: Uint8Array): Uint8Array {
  try {
    const value: unknown = JSON.parse(strictText(json) ?? "");
    return typeof value === "string" ? utf8(value) : json;
  } catch {
    return json;
  }
}

/** Null: it is not as the statement says. */
export function maskInside(
  cell: Uint8Array,
  { plan }: Inside,
  { how, format }: Pick<PlannedColumn, "how" | "format">,
): Uint8Array | null {
  if (how.is === "json" || (how.is === "jsonb" && format === 0)) return rewriteJson(cell, plan);
  const json = how.is === "jsonb" ? rewriteJson(cell.subarray(1), plan) : null;
  if (json === null) return null;
  const out = new Uint8Array(json.length + 1);
  out[0] = cell[0] as number;
  out.set(json, 1);
  return out;
}
