import { EMPTY, strictText, text, utf8 } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { formBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { pathOf } from "./parts.ts";
import { Texts } from "./texts.ts";

/**
 * A form (`application/x-www-form-urlencoded`, WHATWG URL section 5), read whole. Brackets and
 * dots in a name lead inwards: `card[number]` is `number` in `card`. A value may be a document.
 */
export class FormBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #texts: Texts;
  readonly #held = new Growing(0);
  #failed = false;

  constructor(rules: BodyRules) {
    this.#texts = new Texts(rules, this.tally);
  }

  push(chunk: Uint8Array): Uint8Array | null {
    this.#failed ||= this.#held.length + chunk.length > formBytesMax;
    if (this.#failed) return null;
    this.#held.put(chunk);
    return EMPTY;
  }

  finish(): Uint8Array | null {
    const bytes = this.#held.take();
    const pairs = strictText(bytes)?.split("&");
    if (this.#failed || pairs === undefined) return null;
    const shown = pairs.map((pair) => this.#pair(pair));
    if (shown.includes(null)) return null;
    return shown.every((pair, i) => pair === pairs[i]) ? bytes : utf8(shown.join("&"));
  }

  /** Null: it is not UTF-8. */
  #pair(pair: string): string | null {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    const [plainName, plain] = [decoded(name), decoded(value)];
    if (plainName === null || plain === null) return null;
    const shown = this.#texts.field(utf8(plain), pathOf(plainName));
    return shown === null ? pair : `${name}=${encodeURIComponent(text(shown))}`;
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return null;
  }
}
