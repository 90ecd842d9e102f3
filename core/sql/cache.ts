import { strictText, utf8 } from "../bytes.ts";
import { analysisCacheEntries } from "../limits.ts";
import type { Masker } from "../masker.ts";
import { analyse } from "./analyse.ts";
import type { Grammar } from "./grammar.ts";
import type { Names } from "./names.ts";
import type { Analysis } from "./statement.ts";

/** Longer texts are read anew each time: a cache of them would be the larger cost. */
const textBytesMax = 16_384;

/** Analyses by exact text and the meaning of names, the least recently used given up first. */
export class Analyses {
  readonly #grammar: Grammar;
  readonly #entries = new Map<string, Analysis>();
  #masker: Masker | null = null;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  analyse(sql: Uint8Array, names: Names, masker: Masker): Analysis {
    if (masker !== this.#masker) this.#entries.clear();
    this.#masker = masker;
    const exact = sql.length > textBytesMax ? null : strictText(sql);
    const key = exact === null ? null : `${names.version}\0${exact}`;
    const known = key === null ? undefined : this.#entries.get(key);
    if (key !== null && known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const analysis = analyse(sql, this.#grammar, names, {
      isMasked: (source) => masker.source(source) !== null,
      asks: (source) => masker.asks(source),
      denies: masker.denies,
      tells: (source, by) => masker.tells(source, by),
      detects: (literal) => masker.detects && masker.scan(utf8(literal), "") !== null,
    });
    if (key !== null && lasting(analysis)) this.#keep(key, analysis);
    return analysis;
  }

  #keep(key: string, analysis: Analysis): void {
    this.#entries.set(key, analysis);
    if (this.#entries.size <= analysisCacheEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/**
 * EXECUTE and FETCH mean what the session's names mean at that moment; the parser may be back
 * next time.
 */
const lasting = (analysis: Analysis): boolean =>
  analysis.unknown === null &&
  analysis.statements.every(
    ({ operations }) => !operations.includes("execute") && !operations.includes("cursor"),
  );
