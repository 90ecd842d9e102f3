import type { Difference, RehearsedStep } from "../../core/api/rehearsal.ts";

type Why = RehearsedStep["unjudged"][number]["why"];

/** What a dry run has found so far. */
export type Run = {
  readonly state: "running" | "done" | "stopped";
  readonly items: readonly Difference[];
  /** Differences that are counted and not shown. */
  readonly more: number;
  readonly examined: number;
  readonly unjudged: ReadonlyMap<Why, number>;
  readonly sessions: { readonly done: number; readonly of: number };
};

export const BEGUN: Run = {
  state: "running",
  items: [],
  more: 0,
  examined: 0,
  unjudged: new Map(),
  sessions: { done: 0, of: 0 },
};

/** More than anybody reads; beyond it they are only counted. */
const itemsMax = 300;

export function withStep(run: Run, step: RehearsedStep): Run {
  const items = [...run.items, ...step.items];
  const unjudged = new Map(run.unjudged);
  for (const { why, count } of step.unjudged) {
    unjudged.set(why, (unjudged.get(why) ?? 0) + count);
  }
  return {
    state: step.next === null ? "done" : "running",
    items: items.slice(0, itemsMax),
    more: run.more + Math.max(items.length - itemsMax, 0),
    examined: run.examined + step.examined,
    unjudged,
    sessions: step.sessions,
  };
}
