import { strictText, utf8 } from "../../bytes.ts";
import type { Scanned } from "../../masker.ts";
import type { FieldRule } from "../fields.ts";
import type { BodyRules } from "./body.ts";

export type KnownName = {
  readonly name: string;
  readonly rules: readonly FieldRule[];
  /** What detectors found in the name itself. */
  readonly scanned: Scanned | null;
};

/** Names of members as they are written, each decoded once: documents repeat few. */
export class JsonNames {
  readonly #rules: BodyRules;
  readonly #known = new Map<number, { readonly token: Uint8Array; readonly of: KnownName }[]>();
  #count = 0;

  constructor(rules: BodyRules) {
    this.#rules = rules;
  }

  /** Null: it is not UTF-8, or its escapes are none, so that readers may differ about it. */
  read(token: Uint8Array): KnownName | null {
    const hash = hashOf(token);
    const alike = this.#known.get(hash);
    const found = alike?.find((one) => isSame(one.token, token));
    if (found !== undefined) return found.of;
    const name = nameOf(token);
    if (name === null) return null;
    const { fields, detect } = this.#rules;
    const of = { name, rules: fields.named(name), scanned: detect?.scan(utf8(name), "") ?? null };
    if (this.#count++ < namesKeptMax && token.length < tokenKeptBytesMax) {
      this.#known.set(hash, [...(alike ?? []), { token: token.slice(), of }]);
    }
    return of;
  }
}

const namesKeptMax = 2_000;
const tokenKeptBytesMax = 256;

function nameOf(token: Uint8Array): string | null {
  const quoted = strictText(token);
  if (quoted === null) return null;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

function hashOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let i = 0; i < bytes.length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
