import { maskedValues } from "../tally.ts";
import { decodeRecord, KINDS, recordAt, splitRecords, type StoredFact } from "./record.ts";

/** What is counted for each hour and resource: a name never changes its meaning. */
export type Counted = "sessions" | "commands" | "blocked" | "held" | "masked";

/** So many of a kind, in the record `seq`; `hour` counts from 1970, in UTC. */
export type Count = {
  readonly seq: number;
  readonly hour: number;
  readonly kind: Counted;
  readonly n: number;
};

export const HOUR_MS = 3_600_000;

/** Whole records to what they count; the first of them is number `first`. */
export function countsOf(first: number, bytes: Uint8Array): readonly Count[] {
  const records = splitRecords(bytes) ?? [];
  return records.flatMap((record, index) => {
    const counted = countedBy(record);
    if (counted === null) return [];
    return [{ seq: first + index, hour: Math.floor(recordAt(record) / HOUR_MS), ...counted }];
  });
}

type Found = Pick<Count, "kind" | "n"> | null;

/** A chunk is megabytes of texts and answers: what its kind alone tells is not read. */
function countedBy(record: Uint8Array): Found {
  switch (record[4]) {
    case KINDS.opened:
      return { kind: "sessions", n: 1 };
    case KINDS.command:
      return { kind: "commands", n: 1 };
    case KINDS.decision:
    case KINDS.completed: {
      const event = decodeRecord(record);
      return event === null ? null : countedIn(event.fact);
    }
    default:
      return null;
  }
}

function countedIn(fact: StoredFact): Found {
  switch (fact.kind) {
    case "decision":
      if (fact.verdict === "allow") return null;
      return { kind: fact.verdict === "block" ? "blocked" : "held", n: 1 };
    case "completed": {
      const n = maskedValues(fact);
      return n === 0 ? null : { kind: "masked", n };
    }
    default:
      return null;
  }
}
