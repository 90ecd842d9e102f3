import { jsonDepthMax } from "../../limits.ts";

/*
 * JSON (RFC 8259) laid out for people. No value is read, rounded or put right: what is shown are
 * the characters that were sent, in their order, with other white space between them.
 */

export type Json =
  | { readonly is: "leaf"; readonly text: string }
  | {
      readonly is: "group";
      readonly open: "{" | "[";
      readonly items: readonly JsonItem[];
      /** False: the text ends within it. */
      readonly closed: boolean;
    };

/** `name` is as it was written, with its quotes; null in a list. `value` null: the text ends. */
export type JsonItem = { readonly name: string | null; readonly value: Json | null };

/** Null: no JSON. A text that ends too early is read as far as it goes. */
export function jsonTree(text: string): Json | null {
  const reading = new Reading(text);
  const json = reading.value(0);
  return json !== null && reading.over ? json : null;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\\n\r]*(?:\\.[^"\\\n\r]*)*(?:"|\\?$)/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** As a number may begin. */
const CUT_NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?)?)?$/y;
const WORDS = ["true", "false", "null"] as const;

class Reading {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get over(): boolean {
    this.#skip(SPACE);
    return this.#at === this.#text.length;
  }

  value(depth: number): Json | null {
    if (this.over || depth > jsonDepthMax) return null;
    const first = this.#text[this.#at];
    if (first === "{" || first === "[") return this.#group(first, depth);
    const text = first === '"' ? this.#skip(STRING) : this.#scalar();
    return text === "" ? null : { is: "leaf", text };
  }

  #group(open: "{" | "[", depth: number): Json | null {
    const close = open === "{" ? "}" : "]";
    const items: JsonItem[] = [];
    this.#at++;
    for (let first = true; !this.over; first = false) {
      if (first && this.#took(close)) return { is: "group", open, items, closed: true };
      const item = this.#item(open, depth);
      if (item === null) return null;
      items.push(item);
      if (this.over) break;
      if (this.#took(close)) return { is: "group", open, items, closed: true };
      if (!this.#took(",")) return null;
    }
    return { is: "group", open, items, closed: false };
  }

  /** Null: no JSON. */
  #item(open: "{" | "[", depth: number): JsonItem | null {
    if (open === "[") {
      const value = this.value(depth + 1);
      return value === null ? null : { name: null, value };
    }
    const name = this.#skip(STRING);
    if (name === "") return null;
    if (this.over) return { name, value: null };
    if (!this.#took(":")) return null;
    if (this.over) return { name, value: null };
    const value = this.value(depth + 1);
    return value === null ? null : { name, value };
  }

  #scalar(): string {
    const rest = this.#text.slice(this.#at, this.#at + 5);
    const isLast = rest !== "" && this.#at + rest.length === this.#text.length;
    const word = WORDS.find((each) => rest.startsWith(each) || (isLast && each.startsWith(rest)));
    if (word === undefined) return this.#skip(CUT_NUMBER) || this.#skip(NUMBER);
    const taken = rest.slice(0, word.length);
    this.#at += taken.length;
    return taken;
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** What fits here, and is behind us then; empty: nothing does. */
  #skip(shape: RegExp): string {
    shape.lastIndex = this.#at;
    const found = shape.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}

const INDENT = "  ";

/** A line for each value. */
export function laidOut(json: Json, before = ""): string {
  if (json.is === "leaf") return json.text;
  const { open, items, closed } = json;
  const close = closed ? (open === "{" ? "}" : "]") : "";
  if (items.length === 0) return `${open}${close}`;
  const inner = before + INDENT;
  const lines = items.map(
    ({ name, value }) =>
      `${inner}${name === null ? "" : `${name}: `}${value === null ? "" : laidOut(value, inner)}`,
  );
  return `${open}\n${lines.join(",\n")}${closed ? `\n${before}${close}` : ""}`;
}
