import { DOMAIN, LETTER, LOCAL, CLASS, runEnd } from "../bytes.ts";
import type { Detect } from "./span.ts";

const DOT = 46;
/** RFC 5321 section 4.5.3.1: 64 before the `@`, 255 behind. Bounds also keep `@@@@…` linear. */
const localMax = 64;
const domainMax = 255;

/** Wakes at `@`. The domain has a dot and ends in a label of two or more letters. */
export const findEmail: Detect = (cell, at, from, to, span) => {
  let start = at;
  const first = Math.max(from, at - localMax);
  while (start > first && (CLASS[cell[start - 1] as number] as number) & LOCAL) start--;
  while (start < at && cell[start] === DOT) start++;
  if (start === at) return false;
  const end = runEnd(cell, at + 1, Math.min(to, at + 1 + domainMax), DOMAIN);
  let label = end;
  for (let place = end - 1; place > at + 1; place--) {
    if (cell[place] !== DOT) continue;
    if (label - place > 2 && isTopLevel(cell, place + 1, label)) {
      span.start = start;
      span.end = label;
      return true;
    }
    label = place;
  }
  return false;
};

function isTopLevel(cell: Uint8Array, start: number, end: number): boolean {
  const byte = cell[start] as number;
  return (byte >= 0x80 || ((CLASS[byte] as number) & LETTER) !== 0) && end > start + 1;
}
