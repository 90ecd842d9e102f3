import { text, utf8 } from "../../bytes.ts";

/* Rows of comma-separated values (RFC 4180) as bytes: what is not masked keeps its encoding. */

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];
const DELIMITERS = utf8(",;\t|");
const MARK = utf8("\u{feff}");

/** Where the line end begins of a row that ends at `to`. */
export function rowEnd(row: Uint8Array, from: number, to: number): number {
  let end = to;
  if (end > from && row[end - 1] === LF) end--;
  return end < to && end > from && row[end - 1] === CR ? end - 1 : end;
}

/** Behind a byte order mark. */
export const headerStart = (row: Uint8Array): number =>
  MARK.every((byte, i) => row[i] === byte) ? MARK.length : 0;

/** What stands most often in the header. */
export function delimiterOf(header: Uint8Array): number {
  const counts = Array.from(DELIMITERS, (one) => header.filter((byte) => byte === one).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as number;
}

/** Where a row's cells are, each with its quotes. */
export class Cells {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** False: a quote or the end of a line stands where none may. */
  read(row: Uint8Array, from: number, end: number, delimiter: number): boolean {
    this.starts.length = 0;
    this.ends.length = 0;
    let at = from;
    for (;;) {
      this.starts.push(at);
      at = row[at] === QUOTE ? quotedEnd(row, at + 1, end) : plainEnd(row, at, end, delimiter);
      if (at < 0) return false;
      this.ends.push(at);
      if (at === end) return true;
      if (row[at++] !== delimiter) return false;
    }
  }
}

function quotedEnd(row: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (row[at] !== QUOTE) continue;
    if (at + 1 === end || row[at + 1] !== QUOTE) return at + 1;
    at++;
  }
  return -1;
}

function plainEnd(row: Uint8Array, from: number, end: number, delimiter: number): number {
  for (let at = from; at < end; at++) {
    const byte = row[at];
    if (byte === delimiter) return at;
    if (byte === QUOTE || byte === CR || byte === LF) return -1;
  }
  return end;
}

/** What a cell says. */
export function plain(cell: Uint8Array): Uint8Array {
  if (cell[0] !== QUOTE) return cell;
  const inside = cell.subarray(1, -1);
  if (!inside.includes(QUOTE)) return inside;
  // The first of each two quotes: they come in pairs.
  let isSecond = false;
  return inside.filter((byte) => {
    isSecond = byte === QUOTE && !isSecond;
    return byte !== QUOTE || isSecond;
  });
}

/** As a cell, in quotes where it needs some. */
export function written(value: Uint8Array, delimiter: number): Uint8Array {
  for (const byte of value) {
    if (byte === QUOTE || byte === CR || byte === LF || byte === delimiter) {
      return utf8(`"${text(value).replaceAll('"', '""')}"`);
    }
  }
  return value;
}
