import { type Answer, call } from "./api.ts";

export type Step = Answer<"rehearsal">;
export type Difference = Step["items"][number];
export type Why = Step["unjudged"][number]["why"];

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

export function withStep(run: Run, step: Step): Run {
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

export type Asked = {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly resource?: string;
};

/** Step after step, until the last one or until somebody asks no further. */
export async function rehearse(
  asked: Asked,
  signal: AbortSignal,
  tell: (run: Run) => void,
): Promise<void> {
  let run = BEGUN;
  let after: string | null = null;
  do {
    const json = { ...asked, ...(after !== null && { after }) };
    const step: Step = await call("rehearsal", { json, signal });
    run = withStep(run, step);
    tell(run);
    after = step.next;
  } while (after !== null && !signal.aborted);
}
