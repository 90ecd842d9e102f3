import { safeJson } from "../../core/visible.ts";
import { visible, visibleLines } from "./visible.ts";

export type Cells = readonly (string | null)[];

/** Writes a result's rows as text, each as it comes: no result is ever held whole. */
export interface RowWriter {
  begin(titles: readonly string[]): string;
  row(cells: Cells): string;
  /** A line of COPY TO STDOUT, with its end. */
  copied(line: string): string;
  /** `tag` is CommandComplete's: "SELECT 5". */
  end(tag: string): string;
}

/** So many rows are looked at before the widths are fixed. */
const measuredRowsMax = 100;
const cellWidthMax = 60;

/** Aligned columns. NULL is told from the empty string. */
export class TableWriter implements RowWriter {
  #titles: readonly string[] = [];
  #waiting: string[][] | null = null;
  #widths: readonly number[] = [];

  begin(titles: readonly string[]): string {
    this.#titles = titles.map(visible);
    this.#waiting = [];
    return "";
  }

  row(cells: Cells): string {
    const shown = cells.map((cell) => (cell === null ? "NULL" : visible(cell)));
    if (this.#waiting === null) return this.#line(shown);
    this.#waiting.push(shown);
    return this.#waiting.length < measuredRowsMax ? "" : this.#measured();
  }

  copied(line: string): string {
    return visibleLines(line);
  }

  end(tag: string): string {
    return `${this.#measured()}${visible(tag)}\n`;
  }

  /** The titles and what waited for them. */
  #measured(): string {
    const rows = this.#waiting;
    this.#waiting = null;
    if (rows === null) return "";
    const count = Math.max(this.#titles.length, ...rows.map((row) => row.length));
    this.#widths = Array.from({ length: count }, (_, i) =>
      Math.min(
        cellWidthMax,
        Math.max(...[this.#titles, ...rows].map((row) => (row[i] ?? "").length)),
      ),
    );
    const rule = this.#widths.map((width) => "-".repeat(width)).join("-+-");
    const head = this.#titles.length === 0 ? "" : `${this.#line(this.#titles)}${rule}\n`;
    return head + rows.map((row) => this.#line(row)).join("");
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, i) => cell.padEnd(this.#widths[i] ?? 0));
    return `${padded.join(" | ").trimEnd()}\n`;
  }
}

/**
 * RFC 4180, one header per result. NULL is empty, the empty string is quoted. Text stays as it
 * is, except on a terminal.
 */
export class CsvWriter implements RowWriter {
  readonly #shown: (text: string) => string;

  constructor(onTerminal: boolean) {
    this.#shown = onTerminal ? visibleLines : (text) => text;
  }

  begin(titles: readonly string[]): string {
    return this.row(titles);
  }

  row(cells: Cells): string {
    const line = cells.map(csvCell).join(",");
    return `${this.#shown(line)}\r\n`;
  }

  copied(line: string): string {
    return this.#shown(line);
  }

  end(_tag: string): string {
    return "";
  }
}

function csvCell(cell: string | null): string {
  if (cell === null) return "";
  return cell === "" || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * One JSON array over all results, an object per row; values are PostgreSQL's text, NULL is null.
 */
export class JsonWriter implements RowWriter {
  #titles: readonly string[] = [];
  #rows = 0;

  begin(titles: readonly string[]): string {
    this.#titles = titles;
    return "";
  }

  row(cells: Cells): string {
    const entries = cells.map((cell, i) => [this.#titles[i] ?? `column${i + 1}`, cell]);
    return `${this.#rows++ === 0 ? "[" : ",\n"}${safeJson(Object.fromEntries(entries))}`;
  }

  copied(line: string): string {
    this.#titles = ["line"];
    return this.row([line.replace(/\n$/, "")]);
  }

  end(_tag: string): string {
    return "";
  }

  /** After the last result. */
  close(): string {
    return this.#rows === 0 ? "[]\n" : "]\n";
  }
}
