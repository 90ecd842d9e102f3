import { startsWith } from "../match.ts";
import type { Detect } from "./span.ts";

const LABEL = new TextEncoder().encode("PRIVATE KEY");
const END = new TextEncoder().encode("-----END ");
const DASHES = new TextEncoder().encode("-----");
const labelBytesMax = 64;

/**
 * Wakes at `-----BEGIN ` (RFC 7468). Only private keys; up to the end line, or all that follows
 * without one.
 */
export const findPrivateKey: Detect = (cell, at, _from, to, span) => {
  const labelEnd = Math.min(to, at + labelBytesMax);
  let label = at + 11;
  while (label < labelEnd && !startsWith(cell, label, to, LABEL)) label++;
  if (label >= labelEnd) return false;
  span.start = at;
  span.end = blockEnd(cell, label, to);
  return true;
};

/** Behind the dashes that close a PEM block's end line; `to` when there is none. */
export function blockEnd(cell: Uint8Array, at: number, to: number): number {
  for (let end = cell.indexOf(DASHES[0] as number, at); end >= 0 && end < to;) {
    if (startsWith(cell, end, to, END)) {
      const close = endOfLabel(cell, end + END.length, to);
      return close;
    }
    end = cell.indexOf(DASHES[0] as number, end + 1);
  }
  return to;
}

function endOfLabel(cell: Uint8Array, at: number, to: number): number {
  for (let place = at; place < Math.min(to, at + labelBytesMax); place++) {
    if (startsWith(cell, place, to, DASHES)) return place + DASHES.length;
  }
  return to;
}
