import { KINDS, decodeRecord, splitRecords, type StoredFact } from "./record.ts";

/** What is counted for each hour and resource: a name never changes its meaning. */
export const COUNTED = ["sessions", "commands", "blocked", "held", "masked"] as const;
export type Counted = (typeof COUNTED)[number];

/** So many of a kind, in the record `seq`; `hour` counts from 1970, in UTC. */
export type Count = {
  readonly seq: number;
  readonly hour: number;
  readonly kind: Counted;
  readonly n: number;
};

export const HOUR_MS = 3_600_000;

/** A chunk is megabytes of what was answered: nothing is read but what may count. */
const TELLING: ReadonlySet<number> = new Set([
  KINDS.opened,
  KINDS.command,
  KINDS.decision,
  KINDS.completed,
]);

/** Whole records to what they count; the first of them is number `first`. */
export function countsOf(first: number, bytes: Uint8Array): readonly Count[] {
  const records = splitRecords(bytes) ?? [];
  return records.flatMap((record, index) => {
    const event = TELLING.has(record[4] ?? 0) ? decodeRecord(record) : null;
    const counted = event === null ? null : countedIn(event.fact);
    if (event === null || counted === null) return [];
    return [{ seq: first + index, hour: Math.floor(event.at / HOUR_MS), ...counted }];
  });
}

function countedIn(fact: StoredFact): Pick<Count, "kind" | "n"> | null {
  switch (fact.kind) {
    case "opened":
      return { kind: "sessions", n: 1 };
    case "command":
      return { kind: "commands", n: 1 };
    case "decision":
      if (fact.verdict === "allow") return null;
      return { kind: fact.verdict === "block" ? "blocked" : "held", n: 1 };
    case "completed": {
      const n = fact.masked.reduce((sum, { cells }) => sum + cells, 0);
      return n === 0 ? null : { kind: "masked", n };
    }
    default:
      return null;
  }
}
