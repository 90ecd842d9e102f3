import { runEnd, TOKEN } from "../bytes.ts";
import type { Detect } from "./span.ts";

const DOT = 46;
/** Headers are a few hundred bytes; the bound keeps `-eyJ-eyJ…` linear. */
const headerBytesMax = 1_024;

/**
 * Wakes at `eyJ`: base64url of `{"`, as every JOSE header begins (RFC 7515 section 3.1). Three or
 * five parts.
 */
export const findJwt: Detect = (cell, at, _from, to, span) => {
  const header = runEnd(cell, at, Math.min(to, at + headerBytesMax), TOKEN);
  if (header - at < 12 || cell[header] !== DOT || header >= to) return false;
  let end = runEnd(cell, header + 1, to, TOKEN);
  if (end - header < 8 && end < to) return false;
  while (end < to && cell[end] === DOT) {
    end = runEnd(cell, end + 1, to, TOKEN);
  }
  span.start = at;
  span.end = end;
  return true;
};
