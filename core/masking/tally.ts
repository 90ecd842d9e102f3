import type { Finding } from "../masker.ts";

/** How often each rule replaced a value and each detector found one: never the values. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  addAll(findings: readonly Finding[]): void {
    for (const { kind, count } of findings) this.add(kind, count);
  }

  get findings(): readonly Finding[] {
    return [...this.#counts].map(([kind, count]) => ({ kind, count }));
  }
}
