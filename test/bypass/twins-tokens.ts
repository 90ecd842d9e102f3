import { i32 } from "../../core/bytes.ts";

/*
 * What `hash` and `tokenise` write differs between two resources, each with a key of its own, even
 * for equal values. So each side's tokens get numbers, in the order in which that side shows them
 * first in answers to plain questions. After that nothing is learnt: whatever else an answer holds
 * stands as it is, but for tokens of values that a statement wrote, whose form nothing else has.
 */

/** Of texts and JSON; uuids of version 8; integers in text, and all of these in binary. */
const TOKEN = /^\P{L}?"?(tok_[a-z2-7]{26}|[0-9a-f]{32})"?$/u;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const BINARY_UUID = /^[^]{6}[\x80-\x8f][^][\x80-\xbf][^]{7}$/;
const INTEGER = /^(\d{1,19}|[^]{4}|[^]{8})$/;

const NEW = "tok_[a-z2-7]{26}";

/** A pattern of these very bytes. */
const literally = (form: string): string =>
  Buffer.from(form, "latin1").toString("hex").replaceAll(/../g, "\\x$&");
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

export class Tokens {
  readonly #numbers = new Map<string, number>();
  #any: RegExp | null = null;

  /** A cell that shows a masked value as it is. Throws an Error where it is no token. */
  learn(cell: Uint8Array): void {
    for (const form of forms(latin1(cell))) {
      if (!this.#numbers.has(form)) this.#numbers.set(form, this.#numbers.size);
    }
    const longestFirst = [...this.#numbers.keys()].toSorted((a, b) => b.length - a.length);
    this.#any = new RegExp([...longestFirst.map(literally), NEW].join("|"), "g");
  }

  /** Whole messages, as Latin-1: rows and copied data with numbers for tokens, without lengths. */
  numbered(bytes: Uint8Array): string {
    const any = this.#any;
    if (any === null) return latin1(bytes);
    const written = new Map<string, number>();
    const numberOf = (form: string): string => {
      const known = this.#numbers.get(form);
      if (known !== undefined) return `«${known}»`;
      if (!written.has(form)) written.set(form, written.size);
      return `«written ${written.get(form)}»`;
    };
    let out = "";
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + i32(bytes, at + 1);
      const letter = String.fromCharCode(bytes[at] as number);
      const number = (part: Uint8Array): string => latin1(part).replaceAll(any, numberOf);
      if (letter === "D") out += letter + numberedCells(bytes.subarray(at + 7, end), number);
      else if (letter === "d") out += letter + number(bytes.subarray(at + 5, end));
      else out += latin1(bytes.subarray(at, end));
      at = end;
    }
    return out;
  }
}

/** A number in a document is as long as it is: then the cell's length says nothing. */
function numberedCells(cells: Uint8Array, number: (cell: Uint8Array) => string): string {
  let out = "";
  for (let at = 0; at < cells.length;) {
    const end = at + 4 + Math.max(0, i32(cells, at));
    const before = latin1(cells.subarray(at, end));
    const after = number(cells.subarray(at, end));
    const keeps = after === before || after.slice(0, 4) !== before.slice(0, 4);
    out += keeps ? after : `…${after.slice(4)}`;
    at = end;
  }
  return out;
}

/** Where a token has no form of its own in the bytes, its length stands before it. */
function forms(cell: string): readonly string[] {
  const [, token] = TOKEN.exec(cell) ?? [];
  if (token !== undefined) return [token];
  const length = latin1(Uint8Array.of(0, 0, 0, cell.length));
  if (UUID.test(cell) || /^\d+$/.test(cell)) return [length + cell, cell];
  if (BINARY_UUID.test(cell) || INTEGER.test(cell)) return [length + cell];
  throw new Error(`a masked column shows ${JSON.stringify(cell)}`);
}
