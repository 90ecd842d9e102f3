/** Classes of bytes, as bits: one table, one load per byte. */
export const DIGIT = 1;
export const LETTER = 2;
/** Base64url and what provider keys are made of: letters, digits, `-`, `_`. */
export const TOKEN = 4;
/** The local part of an address (RFC 5321 atext that people use, and UTF-8 by RFC 6531). */
export const LOCAL = 8;
/** Labels of a domain and their dots, and UTF-8. */
export const DOMAIN = 16;

export const CLASS = /* @__PURE__ */ makeClasses();

export const WORD = DIGIT | LETTER;

function makeClasses(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (characters: string, bits: number): void => {
    for (const c of characters) table[c.charCodeAt(0)] = (table[c.charCodeAt(0)] as number) | bits;
  };
  const lower = "abcdefghijklmnopqrstuvwxyz";
  mark("0123456789", DIGIT | TOKEN | LOCAL | DOMAIN);
  mark(lower + lower.toUpperCase(), LETTER | TOKEN | LOCAL | DOMAIN);
  mark("-_", TOKEN);
  mark("._%+-'&#!$*/=?^`{|}~", LOCAL);
  mark(".-", DOMAIN);
  for (let byte = 0x80; byte < 256; byte++) table[byte] = LOCAL | DOMAIN;
  return table;
}

/** Of the byte at a place; 0 outside the range. */
export const classAt = (cell: Uint8Array, at: number, from: number, to: number): number =>
  at < from || at >= to ? 0 : (CLASS[cell[at] as number] as number);

/** The end of the run of bytes in these classes that begins at a place. */
export function runEnd(cell: Uint8Array, at: number, to: number, classes: number): number {
  let end = at;
  while (end < to && ((CLASS[cell[end] as number] as number) & classes) !== 0) end++;
  return end;
}
