import { searchedCharactersMax, searchedMarksMax, searchedStatementMax } from "../limits.ts";
import { maskedValues } from "../tally.ts";
import { decodeRecord, kindOf, type StoredFact } from "./record.ts";

/*
 * What a session can be found by, besides who and where: made of the recorded facts, and so of
 * shown forms alone. It only grows, so the same records again change nothing.
 */

/** What a session may have met. */
export const VERDICTS = [
  "blocked",
  "held",
  "approved",
  "rejected",
  "expired",
  "withdrawn",
  "masked",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Each value once. */
export type Findable = {
  readonly verdicts: readonly Verdict[];
  /** Ids of grants and guardrails that decided, and of rules that masked. */
  readonly rules: readonly string[];
  /** `schema.name` of all that a statement names, whether or not it ran. */
  readonly objects: readonly string[];
  /** Shown forms, each cut to `searchedStatementMax`. */
  readonly statements: readonly string[];
};

export const NOTHING: Findable = { verdicts: [], rules: [], objects: [], statements: [] };

type Kind = StoredFact["kind"];
/** A large result is mostly bytes: they are not even looked at. */
const TELLING: ReadonlySet<Kind | null> = new Set<Kind>([
  "command",
  "decision",
  "settled",
  "completed",
]);

/** What the records add to what came before them; the very same object when that is nothing. */
export function findableIn(before: Findable, records: readonly Uint8Array[]): Findable {
  const seen = new Collector(before);
  for (const record of records) {
    const fact = TELLING.has(kindOf(record)) ? decodeRecord(record)?.fact : undefined;
    if (fact !== undefined) seen.learn(fact);
  }
  return seen.grew ? seen.all() : before;
}

class Collector {
  grew = false;
  readonly #verdicts: Set<Verdict>;
  readonly #rules: Set<string>;
  readonly #objects: Set<string>;
  readonly #statements: Set<string>;
  /** What the bound still has room for. */
  #characters: number;

  constructor({ verdicts, rules, objects, statements }: Findable) {
    this.#verdicts = new Set(verdicts);
    this.#rules = new Set(rules);
    this.#objects = new Set(objects);
    this.#statements = new Set(statements);
    this.#characters =
      searchedCharactersMax - statements.reduce((sum, { length }) => sum + length, 0);
  }

  learn(fact: StoredFact): void {
    switch (fact.kind) {
      case "command":
        this.#say(fact.shown);
        for (const object of fact.objects) this.#mark(this.#objects, object);
        return;
      case "decision":
        if (fact.verdict === "block") this.#met("blocked");
        if (fact.verdict === "review") this.#met("held");
        for (const rule of fact.rules) this.#mark(this.#rules, rule);
        return;
      case "settled":
        this.#met(fact.verdict);
        return;
      case "completed":
        if (maskedValues(fact) > 0) this.#met("masked");
        for (const { rule } of fact.masked) this.#mark(this.#rules, rule);
        return;
      default:
    }
  }

  all(): Findable {
    return {
      verdicts: [...this.#verdicts],
      rules: [...this.#rules],
      objects: [...this.#objects],
      statements: [...this.#statements],
    };
  }

  #met(verdict: string): void {
    const known = VERDICTS.find((one) => one === verdict);
    if (known !== undefined) this.#add(this.#verdicts, known);
  }

  #mark(marks: Set<string>, value: string): void {
    if (this.#rules.size + this.#objects.size < searchedMarksMax) this.#add(marks, value);
  }

  #say(shown: string): void {
    const text = shown.slice(0, Math.min(searchedStatementMax, this.#characters));
    if (text === "" || this.#statements.has(text)) return;
    this.#characters -= text.length;
    this.#add(this.#statements, text);
  }

  #add<T>(set: Set<T>, value: T): void {
    if (set.has(value)) return;
    set.add(value);
    this.grew = true;
  }
}
