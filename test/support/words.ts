import { concat, fromHex, hex, strictText, utf8 } from "../../core/bytes.ts";

/*
 * The words of which captures are made: names, "texts" with JSON's escapes, 0xhex, NULL,
 * name="text" and [lists]. "x"*1000 stands for a text a thousand times over, and a word followed by
 * x9 for nine of it in a row.
 */

const WORD =
  /"(?:[^"\\]|\\.)*"(?:\*\d+)?|[\w.]+=(?:"(?:[^"\\]|\\.)*"|[^\s"[\]]*)|[^\s"[\]]+|[[\]]/g;

export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(WORD)) {
    const [, times] = /^x(\d+)$/.exec(word) ?? [];
    const last = words.at(-1);
    if (times === undefined || last === undefined) words.push(word);
    else for (let i = 1; i < Number(times); i++) words.push(last);
  }
  return words;
}

/** Fewer than this many equal words in a row are written out. */
const RUN = 5;

export function lineOf(words: readonly string[]): string {
  const out: string[] = [];
  for (let at = 0; at < words.length;) {
    const word = words[at] as string;
    let end = at + 1;
    while (words[end] === word) end++;
    if (end - at >= RUN && !/^[[\]]$/.test(word)) out.push(word, `x${end - at}`);
    else for (let i = at; i < end; i++) out.push(word);
    at = end;
  }
  return out.join(" ").replaceAll("[ ", "[").replaceAll(" ]", "]");
}

export const unquoted = (word: string): string =>
  word.startsWith('"') ? (JSON.parse(word) as string) : word;

/** Bytes for people: a text where they are one, hexadecimal where they are not. */
export function wordOf(bytes: Uint8Array | null): string {
  if (bytes === null) return "NULL";
  const text = strictText(bytes);
  if (text === null || unprintable(text)) return `0x${hex(bytes)}`;
  const first = text[0] ?? "";
  const same = text.length > 64 && text === first.repeat(text.length);
  return same ? `${JSON.stringify(first)}*${text.length}` : JSON.stringify(text);
}

const unprintable = (text: string): boolean =>
  [...text].some((c) => c < " " && c !== "\n" && c !== "\t" && c !== "\r");

export function bytesOf(word: string): Uint8Array | null {
  if (word === "NULL") return null;
  if (word.startsWith("0x")) return fromHex(word.slice(2));
  const [, text, times] = /^("(?:[^"\\]|\\.)*")(?:\*(\d+))?$/.exec(word) ?? [];
  if (text === undefined) throw new Error(`a text or 0xhex was expected, not ${word}`);
  const once = utf8(JSON.parse(text) as string);
  return times === undefined ? once : concat(Array.from({ length: Number(times) }, () => once));
}

/** Words one after the other; complains in terms of the capture. */
export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get left(): number {
    return this.#words.length - this.#at;
  }

  /** Whether the next word is this one; then it is taken. */
  takes(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  get ends(): boolean {
    return this.left === 0 || this.#words[this.#at] === "]";
  }

  next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Error(`a word is missing in: ${this.#words.join(" ")}`);
    return word;
  }

  rest(): readonly string[] {
    const rest = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return rest;
  }
}
