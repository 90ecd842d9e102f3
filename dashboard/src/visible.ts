import { escaped, UNSAFE } from "../../core/visible.ts";

/** A stretch of text; `hidden` is set where it is one character that nobody would see. */
export type Piece = { readonly text: string; readonly hidden: string | null };

/** Spaces that look like a space and are none to a parser. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u;
const UNSEEN = new RegExp(`(?!\\n|\\t|\\r\\n)(?:${UNSAFE.source})|${SPACES.source}`, "gu");

/** All of the text, cut where a hidden character stands. Line ends and tabs are what they are. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    if (index > from) found.push({ text: text.slice(from, index), hidden: null });
    found.push({ text: character, hidden: escaped(character) });
    from = index + character.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), hidden: null });
  return found;
}

export const hiddenIn = (text: string): number =>
  pieces(text).filter(({ hidden }) => hidden !== null).length;

/** One line for a list: hidden characters are written out, white space is one space. */
export const oneLine = (text: string): string =>
  pieces(text)
    .map(({ text, hidden }) => hidden ?? text)
    .join("")
    .replace(/\s+/g, " ")
    .trim();
