import type { Cell } from "./console.ts";

type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * RFC 4180. NULL is nothing, the empty text is `""`. What a spreadsheet would take for a formula
 * gets an apostrophe before it, but plain numbers stay what they are.
 */
export const toCsv = ({ columns, rows }: Table): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  const isFormula = /^\s*[=+\-@\t\r＝＋－＠]/.test(cell) && !NUMBER.test(cell);
  const safe = isFormula ? `'${cell}` : cell;
  return safe === "" || /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Objects; a second column of one name is `name_2`. Values stay texts, as they came. */
export function toJson({ columns, rows }: Table): string {
  const names = distinct(columns);
  const objects = rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], cell])));
  return JSON.stringify(objects, null, 2);
}

function distinct(columns: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return columns.map((column) => {
    const times = (seen.get(column) ?? 0) + 1;
    seen.set(column, times);
    return times === 1 ? column : `${column}_${times}`;
  });
}
