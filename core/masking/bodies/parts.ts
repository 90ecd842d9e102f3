import { EMPTY, utf8 } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { formBytesMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { Texts } from "./texts.ts";

/** Where a field's name leads: `card[number]` and `card.number` are `number` in `card`. */
export const pathOf = (name: string): readonly string[] => name.split(/[[\].]+/u).filter(Boolean);

/** One field's value, read whole. */
export class FieldBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #texts: Texts;
  readonly #path: readonly string[];
  readonly #held = new Growing(0);

  constructor(rules: BodyRules, path: readonly string[]) {
    this.#texts = new Texts(rules, this.tally);
    this.#path = path;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    if (this.#held.length + chunk.length > formBytesMax) return null;
    this.#held.put(chunk);
    return EMPTY;
  }

  finish(): Uint8Array {
    const value = this.#held.take();
    return this.#texts.field(value, this.#path) ?? value;
  }
}

/** A value of which nothing is read and nothing shows. */
export class ReplacedBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #mask: CellMask;

  constructor(mask: CellMask) {
    this.#mask = mask;
  }

  push(): Uint8Array {
    return EMPTY;
  }

  finish(): Uint8Array {
    this.tally.mask(this.#mask.rule);
    return this.#mask.technique === "null" ? EMPTY : utf8("[redacted]");
  }
}
