import type { RecordView } from "../../core/api/record.ts";
import type { StoredFact } from "../../core/recording/record.ts";
import { maskedValues } from "../../core/tally.ts";
import { counted, listed } from "./words.ts";

/** One answer of the server to one statement. `seq`: the record that says so. */
export type Result = {
  readonly seq: number;
  readonly tag: string;
  readonly rows: number;
  readonly maskedValues: number;
};

export type FailureStep = { readonly seq: number; readonly says: string };

export type Step =
  /** What happened to the session itself. */
  | { readonly is: "event"; readonly seq: number; readonly at: string; readonly says: string }
  | {
      readonly is: "command";
      readonly seq: number;
      readonly at: string;
      readonly command: number;
      readonly shown: string;
      readonly operations: readonly string[];
      readonly verdict: Verdict;
      readonly rules: readonly string[];
      readonly message: string | null;
      readonly by: readonly string[];
      /** The review that it waited for. */
      readonly review: string | null;
      /** Milliseconds until people answered; null: it did not wait, or waits. */
      readonly waitedMs: number | null;
      /** Milliseconds from when it might run until its last answer. */
      readonly tookMs: number | null;
      readonly results: readonly Result[];
      readonly failure: FailureStep | null;
    };

/** `waiting`: held, and nobody has answered as far as the records go. */
export type Verdict = "allowed" | "blocked" | "waiting" | "approved" | "refused" | "undecided";

type CommandStep = { -readonly [K in keyof Extract<Step, { is: "command" }>]: Of<K> };
type Of<K extends keyof Extract<Step, { is: "command" }>> = Extract<Step, { is: "command" }>[K];

/** Records to steps in their order; the bytes themselves are left out. */
export function timeline(records: readonly RecordView[]): Step[] {
  const steps: Step[] = [];
  const commands = new Map<number, CommandStep>();
  for (const record of records) {
    const fact = { kind: record.kind, ...record.fact } as StoredFact;
    if (fact.kind === "command") {
      const step = opened(record, fact);
      commands.set(record.command, step);
      steps.push(step);
      continue;
    }
    const step = commands.get(record.command);
    if (step !== undefined && learns(step, fact, record)) continue;
    const says = eventInWords(fact);
    if (says !== null) steps.push({ is: "event", seq: record.seq, at: record.at, says });
  }
  return steps;
}

const opened = (
  { seq, at, command }: RecordView,
  { shown, operations }: Extract<StoredFact, { kind: "command" }>,
): CommandStep => ({
  is: "command",
  seq,
  at,
  command,
  shown,
  operations,
  verdict: "undecided",
  rules: [],
  message: null,
  by: [],
  review: null,
  waitedMs: null,
  tookMs: null,
  results: [],
  failure: null,
});

const DECIDED = { allow: "allowed", block: "blocked", review: "waiting" } as const;

/** Whether the fact belongs to the command. */
function learns(step: CommandStep, fact: StoredFact, { seq, at }: RecordView): boolean {
  const since = Date.parse(at) - Date.parse(step.at);
  switch (fact.kind) {
    case "decision":
      step.verdict = DECIDED[fact.verdict];
      step.rules = fact.rules;
      step.message = fact.message;
      return true;
    case "settled":
      step.verdict = fact.verdict === "approved" ? "approved" : "refused";
      step.by = fact.by;
      step.review = fact.review;
      if (step.by.length > 0 || fact.review !== null) step.waitedMs = since;
      step.message = fact.message ?? step.message;
      return true;
    case "completed": {
      const { tag, rows } = fact;
      step.results = [...step.results, { seq, tag, rows, maskedValues: maskedValues(fact) }];
      step.tookMs = since - (step.waitedMs ?? 0);
      return true;
    }
    case "failed":
      step.failure = {
        seq,
        says: `${fact.sqlstate}, said ${fact.from === "sluice" ? "Sluice" : "the server"}`,
      };
      if (fact.from === "upstream") step.tookMs = since - (step.waitedMs ?? 0);
      return true;
    default:
      return false;
  }
}

/** Null: the bytes themselves. */
function eventInWords(fact: StoredFact): string | null {
  switch (fact.kind) {
    case "opened":
      return `${fact.principal} opened ${fact.resource}`;
    case "login":
      return `signed in: server ${fact.server}, client ${fact.client}`;
    case "decision":
      return `${DECIDED[fact.verdict]} by ${listed(fact.rules)}`;
    case "settled":
      return `settled: ${fact.verdict} by ${listed(fact.by)}`;
    case "completed":
      return `completed: ${fact.tag}`;
    case "failed":
      return `failed: ${fact.sqlstate}`;
    case "copyIn":
      return `copied in: ${counted(fact.rows, "row")}, ${counted(fact.bytes, "byte")}`;
    case "cancel":
      return `a cancel was ${fact.outcome}`;
    case "policy":
      return `policy ${fact.version} is in force`;
    case "note":
      return fact.message;
    case "end":
      return `ended: ${fact.message === "" ? fact.code : fact.message}`;
    case "command":
    case "toClient":
    case "toUpstream":
      return null;
    default:
      return null;
  }
}

/** "5 rows, 3 values masked". */
export function resultInWords({ tag, rows, maskedValues: values }: Result): string {
  const masked = values === 0 ? "" : `, ${counted(values, "value")} masked`;
  return `${tag}: ${counted(rows, "row")}${masked}`;
}
