import { concat, utf8 } from "../../bytes.ts";
import type { Tally } from "../../tally.ts";
import type { BodyRules } from "./body.ts";
import { JsonBody } from "./json.ts";
import { UNREADABLE } from "./json-values.ts";
import { BEGINS_DOCUMENT, beginsDocument, spaceMax } from "./json-words.ts";

/** Short texts that are held whole: fields of forms, cells, data of events. */
export class Texts {
  readonly #rules: BodyRules;
  readonly #tally: Tally;
  readonly #json: JsonBody;

  constructor(rules: BodyRules, tally: Tally) {
    this.#rules = rules;
    this.#tally = tally;
    this.#json = new JsonBody(rules, { several: "loose" });
  }

  /** The value of a field: what its rule says, else as `text`. Null: it shows as it is. */
  field(value: Uint8Array, path: readonly string[]): Uint8Array | null {
    const { fields } = this.#rules;
    const name = path.at(-1) ?? "";
    const mask = fields.mask(fields.named(name), path);
    if (mask === null) return this.text(value, name);
    this.#tally.mask(mask.rule);
    return mask.text(value) ?? utf8("");
  }

  /** Whether a text that begins so may be replaced though no rule names it. */
  mayReplace(first: number | undefined): boolean {
    const { detect, fields } = this.#rules;
    if (detect !== null) return true;
    return !fields.empty && first !== undefined && MAY_BEGIN_DOCUMENT[first] === 1;
  }

  /**
   * A document is masked as such, all else looked through by detectors, which `name` helps. What
   * has members of a document and is none, since it is cut short or goes on as something else, is
   * replaced whole. Null: it shows as it is.
   */
  text(value: Uint8Array, name: string): Uint8Array | null {
    if (!this.#rules.fields.empty && beginsDocument(value)) {
      const json = this.#json;
      json.reset();
      const parts = [json.push(value), json.finish()];
      if (!parts.includes(null)) return this.#document(parts as Uint8Array[]);
      json.tally.take();
      if (json.hasMembers) {
        this.#tally.mask(UNREADABLE);
        return HIDDEN;
      }
    }
    const scanned = this.#rules.detect?.scan(value, name) ?? null;
    if (scanned !== null) this.#tally.found(scanned.findings);
    return scanned?.bytes ?? null;
  }

  #document(parts: readonly Uint8Array[]): Uint8Array | null {
    if (this.#json.tally.empty) return null;
    this.#tally.add(this.#json.tally);
    return parts[1]?.length === 0 ? (parts[0] as Uint8Array) : concat(parts);
  }
}

const HIDDEN = utf8("[redacted]");

const MAY_BEGIN_DOCUMENT = BEGINS_DOCUMENT.slice().fill(1, 0, spaceMax + 1);
