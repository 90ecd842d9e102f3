import { concat, EMPTY, text, utf8 } from "../../bytes.ts";
import { formBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";

/**
 * A form (`application/x-www-form-urlencoded`, WHATWG URL section 5), read whole. Brackets and
 * dots in a name lead inwards: `card[number]` is `number` in `card`.
 */
export class FormBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #rules: BodyRules;
  #held: Uint8Array = EMPTY;

  constructor(rules: BodyRules) {
    this.#rules = rules;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    this.#held = concat([this.#held, chunk]);
    return this.#held.length > formBytesMax ? null : EMPTY;
  }

  finish(): Uint8Array | null {
    if (this.#held.length > formBytesMax) return null;
    const pairs = text(this.#held).split("&");
    const shown = pairs.map((pair) => this.#pair(pair));
    if (shown.includes(null)) return null;
    return shown.every((pair, i) => pair === pairs[i]) ? this.#held : utf8(shown.join("&"));
  }

  /** Null: it is not UTF-8. */
  #pair(pair: string): string | null {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    const [path, plain] = [
      decoded(name)
        ?.split(/[[\].]+/u)
        .filter(Boolean),
      decoded(value),
    ];
    if (path === undefined || plain === null) return null;
    const { fields, detect } = this.#rules;
    const field = path.at(-1) ?? "";
    const mask = fields.mask(fields.named(field), path);
    if (mask !== null) {
      this.tally.mask(mask.rule);
      return `${name}=${encodeURIComponent(text(mask.text(utf8(plain)) ?? EMPTY))}`;
    }
    const scanned = detect?.scan(utf8(plain), field) ?? null;
    if (scanned === null) return pair;
    this.tally.found(scanned.findings);
    return `${name}=${encodeURIComponent(text(scanned.bytes))}`;
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return null;
  }
}
