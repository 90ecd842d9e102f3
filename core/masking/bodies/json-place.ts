import { jsonDepthMax } from "../../limits.ts";
import type { CellMask } from "../../masker.ts";
import type { FieldRule, FieldRules } from "../fields.ts";
import type { KnownName } from "./json-names.ts";

const NO_RULES: readonly FieldRule[] = [];

/** Where a reader is in a document: what is open around it, and the names that lead there. */
export class JsonPlace {
  /** So many objects and lists are open. */
  depth = 0;
  /** The rules that may speak of the value that follows. */
  candidates = NO_RULES;
  /** Of what is open: whether it is an object, and how many names lead to it. */
  readonly #isObject = new Uint8Array(jsonDepthMax);
  readonly #namesTo = new Uint16Array(jsonDepthMax);
  /** Outermost first; names behind `#named` are of members that are over. */
  readonly #path: string[];
  #named: number;
  readonly #names: number;

  constructor(path: readonly string[]) {
    this.#path = [...path];
    this.#named = path.length;
    this.#names = path.length;
  }

  reset(): void {
    this.depth = 0;
    this.candidates = NO_RULES;
    this.#named = this.#names;
  }

  get inObject(): boolean {
    return this.#isObject[this.depth - 1] === 1;
  }

  get path(): readonly string[] {
    if (this.#path.length > this.#named) this.#path.length = this.#named;
    return this.#path;
  }

  /** False: too many are open. */
  open(isObject: boolean): boolean {
    if (this.depth === jsonDepthMax) return false;
    this.#isObject[this.depth] = isObject ? 1 : 0;
    this.#namesTo[this.depth++] = this.#named;
    this.candidates = NO_RULES;
    return true;
  }

  /** False: nothing of that kind is open here. */
  close(isObject: boolean): boolean {
    if (this.depth === 0 || this.inObject !== isObject) return false;
    this.#named = this.#namesTo[--this.depth] as number;
    return true;
  }

  name({ name, rules }: KnownName): void {
    const place = this.#namesTo[this.depth - 1] as number;
    this.#path[place] = name;
    this.#named = place + 1;
    this.candidates = rules;
  }

  valueIsOver(): void {
    this.candidates = NO_RULES;
  }

  mask(fields: FieldRules): CellMask | null {
    return this.candidates.length === 0 ? null : fields.mask(this.candidates, this.path);
  }
}
