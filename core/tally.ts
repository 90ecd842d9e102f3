import type { Finding } from "./masker.ts";

export type Tallied = {
  readonly masked: readonly { readonly rule: string; readonly cells: number }[];
  readonly findings: readonly Finding[];
};

/** How many values were masked, by rules and for what detectors found in them. */
export const maskedValues = ({ masked, findings }: Tallied): number =>
  masked.reduce((sum, { cells }) => sum + cells, 0) +
  findings.reduce((sum, { count }) => sum + count, 0);

/** What was masked and found, by rule and by kind; never what it was. */
export class Tally {
  #masked = new Map<string, { cells: number }>();
  #found = new Map<string, number>();
  /** The rule of the last cell: most often that of the next one too. */
  #last = { rule: "", count: { cells: 0 } };

  mask(rule: string, cells = 1): void {
    if (rule !== this.#last.rule) this.#last = { rule, count: this.#countOf(rule) };
    this.#last.count.cells += cells;
  }

  #countOf(rule: string): { cells: number } {
    const known = this.#masked.get(rule);
    if (known !== undefined) return known;
    const count = { cells: 0 };
    this.#masked.set(rule, count);
    return count;
  }

  found(findings: readonly Finding[]): void {
    for (const { kind, count } of findings) {
      this.#found.set(kind, (this.#found.get(kind) ?? 0) + count);
    }
  }

  get empty(): boolean {
    return this.#masked.size === 0 && this.#found.size === 0;
  }

  /** Moves here what the other has counted. */
  add(other: Tally): void {
    if (other.empty) return;
    for (const [rule, { cells }] of other.#masked) this.mask(rule, cells);
    for (const [kind, count] of other.#found) {
      this.#found.set(kind, (this.#found.get(kind) ?? 0) + count);
    }
    other.#clear();
  }

  /** Hands over the counts and begins again. */
  take(): Tallied {
    const masked = [...this.#masked].map(([rule, { cells }]) => ({ rule, cells }));
    const findings = [...this.#found].map(([kind, count]) => ({ kind, count }));
    this.#clear();
    return { masked, findings };
  }

  #clear(): void {
    this.#masked.clear();
    this.#last = { rule: "", count: { cells: 0 } };
    this.#found.clear();
  }
}
