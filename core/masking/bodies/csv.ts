import { concat, EMPTY, text } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { rowBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { TextBody } from "./text.ts";

const [LF, QUOTE] = [0x0a, 0x22];
const DELIMITERS = [",", ";", "\t", "|"];

type Column = { readonly name: string; readonly mask: CellMask | null };

/**
 * Comma-separated values (RFC 4180), row by row. The first row names the columns; where a rule
 * names none of them, the body is looked through as text. Else each row must have the columns of
 * the first and no quote outside of quoted values, for a reader that splits it in another way
 * would find a masked column in another place.
 */
export class CsvBody implements BodyMasker {
  readonly tally: Tally;
  readonly #rules: BodyRules;
  readonly #row = new Growing(0);
  #inQuotes = false;
  #columns: readonly Column[] | null = null;
  #delimiter = ",";
  /** No column is masked. */
  readonly #text: TextBody;
  #isText = false;
  #failed = false;

  constructor(rules: BodyRules) {
    this.#rules = rules;
    this.#text = new TextBody(rules);
    this.tally = this.#text.tally;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    const out: Uint8Array[] = [];
    let at = 0;
    for (; at < chunk.length && !this.#failed && !this.#isText; at++) {
      const byte = chunk[at] as number;
      this.#row.putByte(byte);
      if (byte === QUOTE) this.#inQuotes = !this.#inQuotes;
      if (byte === LF && !this.#inQuotes) this.#take(out);
      else if (this.#row.length > rowBytesMax) this.#failed = true;
    }
    if (this.#failed) return null;
    if (this.#isText) out.push(this.#text.push(chunk.subarray(at)));
    return concat(out);
  }

  finish(): Uint8Array | null {
    const out: Uint8Array[] = [];
    if (!this.#failed && this.#row.length > 0) this.#take(out);
    if (this.#failed || this.#inQuotes) return null;
    return concat([...out, this.#isText ? this.#text.finish() : EMPTY]);
  }

  #take(out: Uint8Array[]): void {
    const row = this.#row.take();
    const isHeader = this.#columns === null;
    if (isHeader) this.#readHeader(row);
    const shown = this.#isText ? this.#text.push(row) : this.#shown(row, isHeader);
    if (shown === null) this.#failed = true;
    else out.push(shown);
  }

  #readHeader(row: Uint8Array): void {
    const line = binary(row).replace(BYTE_ORDER_MARK, "");
    const counts = DELIMITERS.map((one) => line.split(one).length);
    this.#delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
    const { fields } = this.#rules;
    const names = splitRow(withoutEnd(line).row, this.#delimiter) ?? [];
    this.#columns = names.map((cell) => {
      const name = text(bytesOf(plain(cell))).trim();
      return { name, mask: fields.mask(fields.named(name), [name]) };
    });
    this.#isText = this.#columns.every(({ mask }) => mask === null);
  }

  /** Null: its cells are not those of the header. */
  #shown(bytes: Uint8Array, isHeader: boolean): Uint8Array | null {
    const { row, end } = withoutEnd(binary(bytes));
    const columns = this.#columns ?? [];
    if (row === "") return bytes;
    const cells = splitRow(row, this.#delimiter);
    if (cells?.length !== columns.length) return null;
    const shown = cells.map((cell, i) => this.#cell(cell, columns[i] as Column, isHeader));
    if (shown.every((cell, i) => cell === cells[i])) return bytes;
    return bytesOf(shown.join(this.#delimiter) + end);
  }

  #cell(cell: string, { name, mask }: Column, isHeader: boolean): string {
    const value = bytesOf(plain(cell));
    if (mask !== null && !isHeader) {
      if (cell === "") return cell;
      this.tally.mask(mask.rule);
      const shown = mask.text(value);
      return shown === null ? "" : quoted(binary(shown), this.#delimiter);
    }
    const scanned = this.#rules.detect?.scan(value, name) ?? null;
    if (scanned === null) return cell;
    this.tally.found(scanned.findings);
    return quoted(binary(scanned.bytes), this.#delimiter);
  }
}

/** A character for each byte, so that what is not masked stays whatever its encoding is. */
function binary(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
}

const bytesOf = (characters: string): Uint8Array =>
  Uint8Array.from(characters, (character) => character.charCodeAt(0));

/** UTF-8's, a character for each byte. */
const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/u;

/** Null: a quote or the end of a line stands where none may. */
function splitRow(row: string, delimiter: string): string[] | null {
  const cells: string[] = [];
  let from = 0;
  for (;;) {
    const isQuoted = row[from] === '"';
    const end = isQuoted ? quotedEnd(row, from + 1) : plainEnd(row, from, delimiter);
    if (end === null) return null;
    cells.push(row.slice(from, end));
    if (end === row.length) return cells;
    if (row[end] !== delimiter) return null;
    from = end + 1;
  }
}

function quotedEnd(row: string, from: number): number | null {
  let at = row.indexOf('"', from);
  while (at >= 0 && row[at + 1] === '"') at = row.indexOf('"', at + 2);
  return at < 0 ? null : at + 1;
}

function plainEnd(row: string, from: number, delimiter: string): number | null {
  const at = row.indexOf(delimiter, from);
  const end = at < 0 ? row.length : at;
  return /["\r\n]/u.test(row.slice(from, end)) ? null : end;
}

const plain = (cell: string): string =>
  cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;

const quoted = (value: string, delimiter: string): string =>
  /["\r\n]/u.test(value) || value.includes(delimiter) ? `"${value.replaceAll('"', '""')}"` : value;

function withoutEnd(line: string): { readonly row: string; readonly end: string } {
  const end = /\r?\n$/u.exec(line)?.[0] ?? "";
  return { row: line.slice(0, line.length - end.length), end };
}
