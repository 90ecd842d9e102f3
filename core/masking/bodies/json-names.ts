import { strictText, utf8 } from "../../bytes.ts";
import type { Scanned } from "../../masker.ts";
import type { FieldRule } from "../fields.ts";
import type { BodyRules } from "./body.ts";
import { written } from "./json-words.ts";

export type KnownName = {
  readonly name: string;
  readonly rules: readonly FieldRule[];
  /** What detectors found in the name itself, and what stands for it. */
  readonly scanned: (Scanned & { readonly instead: Uint8Array }) | null;
  /** As it is written, with its quotes. */
  readonly token: Uint8Array;
  /** What came behind it when it was last read: objects in a list are mostly alike. */
  follows: KnownName | null;
};

/** Names of members as they are written, each decoded once: documents repeat few. */
export class JsonNames {
  readonly #rules: BodyRules;
  readonly #known = new Map<number, KnownName[]>();
  #count = 0;
  #last: KnownName | null = null;

  constructor(rules: BodyRules) {
    this.#rules = rules;
  }

  /** The name that begins here, where it is what came behind the last one before. */
  guess(bytes: Uint8Array, at: number): KnownName | null {
    const likely = this.#last?.follows ?? null;
    if (likely === null) return null;
    const { token } = likely;
    const { length } = token;
    if (at + length > bytes.length) return null;
    for (let i = 1; i < length; i++) if (token[i] !== bytes[at + i]) return null;
    this.#last = likely;
    return likely;
  }

  /**
   * The name that stands there with its quotes. Null: it is not UTF-8, or its escapes are none, so
   * that readers may differ about it.
   */
  read(bytes: Uint8Array, start: number, end: number): KnownName | null {
    const hash = hashOf(bytes, start, end);
    const alike = this.#known.get(hash);
    const known = alike?.find((one) => isAt(bytes, start, end, one.token));
    if (known !== undefined) return this.#follow(known);
    const made = this.#make(bytes.slice(start, end));
    if (made === null || this.#count === namesKeptMax || end - start > tokenKeptBytesMax) {
      this.#last = null;
      return made;
    }
    this.#count++;
    if (alike === undefined) this.#known.set(hash, [made]);
    else alike.push(made);
    return this.#follow(made);
  }

  #follow(known: KnownName): KnownName {
    if (this.#last !== null) this.#last.follows = known;
    this.#last = known;
    return known;
  }

  #make(token: Uint8Array): KnownName | null {
    const name = nameOf(token);
    if (name === null) return null;
    const { fields, detect } = this.#rules;
    const found = detect?.scan(utf8(name), "") ?? null;
    const scanned = found && { ...found, instead: written(found.bytes) };
    return { name, rules: fields.named(name), scanned, token, follows: null };
  }
}

const namesKeptMax = 2_000;
const tokenKeptBytesMax = 256;

/** Escapes, and what may only stand in one. */
// oxlint-disable-next-line no-control-regex
const NEEDS_PARSING = /[\\\u0000-\u001f]/u;

function nameOf(token: Uint8Array): string | null {
  const quoted = strictText(token);
  if (quoted === null) return null;
  if (!NEEDS_PARSING.test(quoted)) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash;
}

function isAt(bytes: Uint8Array, start: number, end: number, token: Uint8Array): boolean {
  const { length } = token;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (token[i] !== bytes[start + i]) return false;
  return true;
}
