import type { Masker, SourceColumn } from "../../masker.ts";
import { judgeDocument, judgeOutput, maskOfOutput } from "../../sql/judge.ts";
import type { Names } from "../../sql/names.ts";
import type { Output, Statement } from "../../sql/statement.ts";
import { planInside } from "./inside.ts";
import { isDocument, JSON_TYPE } from "./types.ts";
import { planRow, type ColumnPlan, type RowPlan } from "./cells.ts";
import type { RowField } from "./messages.ts";

/*
 * How each column of a result is masked. Two judges, independent of each other:
 *
 *   lineage         what the statement's text says that the column derives from (core/sql)
 *   row description the table's oid and attribute number that the server itself reports
 *
 * A column is clear only if neither taints it. If they do not agree on how many columns there are,
 * every column is opaque.
 */

type Masked = Pick<ColumnPlan, "mask" | "inside">;
type Verdict = Masked | "clear" | { readonly unknown: string };

/** Formats as Bind gives them (manual, "Bind"): none: all text; one: for all; else one each. */
export function formatOf(formats: readonly number[], column: number): 0 | 1 {
  const format = formats.length === 1 ? formats[0] : formats[column];
  return format === 1 ? 1 : 0;
}

/** One of any number of columns that hold nothing hidden. */
const SHOWN: Output = { name: "*", sources: [], exact: false, opaque: false };

/**
 * The plan for a result, or the name that the catalog must be asked about first. `refreshed`: it
 * was asked already, so what is unknown now is opaque.
 */
export function planResult(
  fields: readonly RowField[],
  formats: readonly number[],
  statement: Statement | null,
  names: Names,
  masker: Masker,
  refreshed: boolean,
): RowPlan | { readonly unknown: string } {
  const outputs = statement?.outputs ?? null;
  const agree = outputs !== null && outputs.length === fields.length;
  const columns: ColumnPlan[] = [];
  for (const [index, field] of fields.entries()) {
    const output = agree ? (outputs[index] as Output) : statement?.showsAll ? SHOWN : null;
    const verdict = judge(field, output, names, masker);
    if (typeof verdict === "object" && "unknown" in verdict && !refreshed) return verdict;
    columns.push({
      name: field.name,
      type: field.type,
      format: formatOf(formats, index),
      ...maskOf(verdict, masker),
      scan: masker.detects,
    });
  }
  return planRow(columns);
}

function maskOf(verdict: Verdict, masker: Masker): Masked {
  if (verdict === "clear") return { mask: null };
  return "unknown" in verdict ? { mask: masker.whole(masker.opaqueRule) } : verdict;
}

function judge(field: RowField, output: Output | null, names: Names, masker: Masker): Verdict {
  const named = masker.output(field.name);
  const byName: Verdict = named === null ? "clear" : { mask: named };
  if (!masker.hidesColumns) return byName;
  // Attribute 0 of a table is its whole row, in which lineage sees every column.
  const column = field.tableOid !== 0 && field.attribute !== 0;
  const byOid = column ? names.column(field.tableOid, field.attribute) : "none";
  if (typeof byOid === "object" && byOid !== null) {
    const mask = masker.source(byOid);
    if (mask !== null) return { mask };
  }
  const typeOf = (source: SourceColumn): number => names.typeOf(source);
  const document = named === null && isDocument(field.type);
  const inside = document ? insideOf(output, typeOf, masker) : null;
  if (inside !== null) return inside;
  const mask = judgeOutput(output, masker);
  if (mask !== "clear") return { mask };
  if (byOid === null && !names.hasOverlay)
    return { unknown: `the table with oid ${field.tableOid}` };
  return byName;
}

/** Masks inside a document, where it shows them all; null: it is masked as any other value. */
function insideOf(
  output: Output | null,
  typeOf: (source: SourceColumn) => number,
  masker: Masker,
): Masked | null {
  const document = judgeDocument(output, masker);
  if (document === null) return null;
  const inside = planInside(document, typeOf);
  const [rule] = inside.rules;
  return rule === undefined ? { mask: null } : { mask: masker.whole(rule), inside };
}

/**
 * The columns of a COPY TO: the protocol names none, so lineage alone decides; null: opaque
 * throughout.
 */
export function planCopy(
  statement: Statement | null,
  count: number,
  format: 0 | 1,
  typeOf: (source: SourceColumn) => number,
  masker: Masker,
): readonly ColumnPlan[] {
  const outputs = statement?.outputs ?? null;
  const agree = outputs !== null && outputs.length === count;
  return Array.from({ length: count }, (_, index) => {
    const output = agree ? (outputs[index] as Output) : null;
    const name = output?.name ?? `column${index + 1}`;
    const inside = masker.output(name) === null ? insideOf(output, typeOf, masker) : null;
    const rest = { name, format, scan: masker.detects };
    // Json or jsonb: their texts are masked alike, and in binary this is not known.
    if (inside !== null && format === 0) return { ...rest, ...inside, type: JSON_TYPE };
    const [source] = output?.sources ?? [];
    const type = output?.exact === true && source !== undefined ? typeOf(source) : 0;
    return { ...rest, type, mask: maskOfOutput(output, name, masker) };
  });
}
