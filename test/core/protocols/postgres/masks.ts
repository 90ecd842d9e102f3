import { equal, utf8 } from "../../../../core/bytes.ts";
import type { CellMask, Masker, TechniqueName } from "../../../../core/masker.ts";
import type { ColumnPlan } from "../../../../core/protocols/postgres/cells.ts";

/** What must never be seen: sixteen digits that the test masker's detector finds. */
export const CARD = "4111111111111111";

export function mask(technique: TechniqueName): CellMask {
  return {
    rule: "people",
    technique,
    isPlaceholder: (value) => equal(value, utf8("[redacted]")),
    text: (value) => {
      if (technique === "null") return null;
      if (technique === "redact") return utf8("[redacted]");
      if (technique === "partial") return utf8(`***${value.length}`);
      return utf8(`${technique}-${value.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)}`);
    },
  };
}

/** Finds the card, writes `[card]` for it, or asterisks where lengths must stay. */
export const finder: Masker = {
  idle: false,
  detects: true,
  hidesColumns: true,
  opaqueRule: "people",
  longestPattern: 16,
  source: () => null,
  asks: () => "allow",
  denies: false,
  tells: () => false,
  output: () => null,
  whole: () => mask("redact"),
  body: () => "pass",
  header: (_, value) => ({ text: value, rule: null, findings: [] }),
  rules: "[]",
  sent: null,
  scan: (cell) => {
    const { text, count } = replaced(cell, "[card]");
    return count === 0 ? null : { bytes: bytesOf(text), findings: [{ kind: "card", count }] };
  },
  scanInPlace: (window) => {
    const { text, count } = replaced(window, "*".repeat(CARD.length));
    window.set(bytesOf(text));
    return count === 0 ? [] : [{ kind: "card", count }];
  },
};

function replaced(bytes: Uint8Array, by: string): { text: string; count: number } {
  const parts = latin(bytes).split(CARD);
  return { text: parts.join(by), count: parts.length - 1 };
}

/** One character a byte, and back. */
export const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

export const column = (
  type: number,
  technique: TechniqueName | null,
  format: 0 | 1 = 0,
): ColumnPlan => ({
  name: "c",
  type,
  format,
  mask: technique === null ? null : mask(technique),
  scan: true,
});

/** A row's body: number of columns, then each cell. */
export function body(cells: readonly (Uint8Array | null)[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from([cells.length >> 8, cells.length & 255])];
  for (const cell of cells) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell === null ? -1 : cell.length);
    parts.push(length, Buffer.from(cell ?? []));
  }
  return new Uint8Array(Buffer.concat(parts));
}

export function dataRow(cells: readonly (Uint8Array | null)[]): Uint8Array {
  const payload = body(cells);
  const out = Buffer.alloc(5 + payload.length);
  out.write("D");
  out.writeInt32BE(4 + payload.length, 1);
  out.set(payload, 5);
  return new Uint8Array(out);
}

/** Cells of a body; the inverse of `body`. */
export function cellsOf(bytes: Uint8Array): (string | null)[] {
  const view = Buffer.from(bytes);
  const cells: (string | null)[] = [];
  let at = 2;
  while (at < view.length) {
    const length = view.readInt32BE(at);
    at += 4;
    cells.push(length < 0 ? null : view.toString("latin1", at, at + length));
    at += Math.max(0, length);
  }
  return cells;
}

/** Cuts bytes at the given places. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const inside = places.map((place) => place % (bytes.length + 1));
  const at = [0, ...inside, bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}
