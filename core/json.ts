import { concat, text, utf8 } from "./bytes.ts";

/*
 * JSON text (RFC 8259) in which some values are replaced. What is not replaced stays as it was,
 * byte for byte.
 */

/** What becomes of a value and of what is in it. */
export type JsonPlan =
  | { readonly is: "clear" }
  /** Takes the value as it is written, a text with its quotes, and gives what stands for it. */
  | { readonly is: "replaced"; replace(json: Uint8Array): Uint8Array }
  | { readonly is: "object"; readonly members: ReadonlyMap<string, JsonPlan> }
  | { readonly is: "tuple"; readonly items: readonly JsonPlan[] }
  | { readonly is: "each"; readonly item: JsonPlan };

/**
 * Null: the text is not as the plan says (a member that it does not know, another number of items,
 * no JSON), and nothing of it may be shown. A `null` may stand in the place of any object or array.
 */
export function rewriteJson(json: Uint8Array, plan: JsonPlan): Uint8Array | null {
  const rewriting = new Rewriting(json);
  return rewriting.value(plan) ? rewriting.finish() : null;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const NULL_FIRST = 0x6e;
const spaceMax = 0x20;

class Rewriting {
  readonly #json: Uint8Array;
  readonly #parts: Uint8Array[] = [];
  #at = 0;
  #copied = 0;

  constructor(json: Uint8Array) {
    this.#json = json;
  }

  /** Reads one value. False: it is not as planned. */
  value(plan: JsonPlan): boolean {
    const first = this.#peek();
    switch (plan.is) {
      case "clear":
        return this.#skip();
      case "replaced": {
        const start = this.#at;
        if (!this.#skip()) return false;
        this.#parts.push(this.#json.subarray(this.#copied, start));
        this.#parts.push(plan.replace(this.#json.subarray(start, this.#at)));
        this.#copied = this.#at;
        return true;
      }
      case "object":
        if (first === NULL_FIRST) return this.#skip();
        return this.#items(OPEN, CLOSE, () => this.#member(plan.members));
      case "each":
        if (first === NULL_FIRST) return this.#skip();
        return this.#items(OPEN_ARRAY, CLOSE_ARRAY, () => this.value(plan.item));
      case "tuple": {
        if (first === NULL_FIRST) return this.#skip();
        let index = 0;
        const whole = this.#items(OPEN_ARRAY, CLOSE_ARRAY, () => {
          const item = plan.items[index++];
          return item !== undefined && this.value(item);
        });
        // A constant in its place may be empty.
        return whole && (index === 0 || index === plan.items.length);
      }
    }
  }

  finish(): Uint8Array | null {
    if (this.#peek() !== undefined) return null;
    this.#parts.push(this.#json.subarray(this.#copied));
    return concat(this.#parts);
  }

  #member(members: ReadonlyMap<string, JsonPlan>): boolean {
    if (this.#peek() !== QUOTE) return false;
    const start = this.#at;
    if (!this.#skip()) return false;
    const plan = members.get(nameIn(this.#json.subarray(start, this.#at)));
    return plan !== undefined && this.#take(COLON) && this.value(plan);
  }

  /** `open`, items with commas between them, `close`. */
  #items(open: number, close: number, item: () => boolean): boolean {
    if (!this.#take(open)) return false;
    if (this.#take(close)) return true;
    do if (!item()) return false;
    while (this.#take(COMMA));
    return this.#take(close);
  }

  /** The byte after white space. */
  #peek(): number | undefined {
    while ((this.#json[this.#at] ?? 0xff) <= spaceMax) this.#at++;
    return this.#json[this.#at];
  }

  #take(byte: number): boolean {
    const there = this.#peek() === byte;
    if (there) this.#at++;
    return there;
  }

  /** Over one value, whatever is in it. */
  #skip(): boolean {
    let open = 0;
    do {
      const byte = this.#peek();
      if (byte === undefined) return false;
      if (byte === QUOTE) {
        if (!this.#skipText()) return false;
      } else if (byte === OPEN || byte === OPEN_ARRAY) {
        open++;
        this.#at++;
      } else if (byte === CLOSE || byte === CLOSE_ARRAY) {
        if (--open < 0) return false;
        this.#at++;
      } else if (byte === COMMA || byte === COLON) {
        if (open === 0) return false;
        this.#at++;
      } else this.#skipWord();
    } while (open > 0);
    return true;
  }

  #skipText(): boolean {
    for (let at = this.#at + 1; at < this.#json.length; at++) {
      if (this.#json[at] === BACKSLASH) at++;
      else if (this.#json[at] === QUOTE) {
        this.#at = at + 1;
        return true;
      }
    }
    return false;
  }

  /** A number, true, false or null: up to white space or punctuation. */
  #skipWord(): void {
    while (this.#at < this.#json.length && !ENDS_WORD.has(this.#json[this.#at] as number)) {
      this.#at++;
    }
  }
}

const ENDS_WORD = new Set(utf8('",:{}[] \t\n\r'));

function nameIn(quoted: Uint8Array): string {
  const name = text(quoted.subarray(1, -1));
  if (!quoted.includes(BACKSLASH)) return name;
  try {
    return JSON.parse(`"${name}"`) as string;
  } catch {
    return name;
  }
}
