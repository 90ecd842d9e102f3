import type { ConsoleTold } from "../../core/api/console.ts";

type Told<K extends ConsoleTold["on"]> = Extract<ConsoleTold, { on: K }>;
export type Cell = string | null;
export type Failed = Told<"failed">;

/** A statement of this page, and all that came of it. */
export type Run = {
  readonly id: number;
  readonly sql: string;
  readonly resource: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly notices: readonly string[];
  /** Of the review that it waits for, or waited for. */
  readonly review: string | null;
  /** `more`: rows are left that can be asked for. `ended`: the session ended first. */
  readonly state: "running" | "more" | "done" | "failed" | "ended";
  readonly done: Told<"done"> | null;
  readonly failed: Failed | null;
};

export type ConsoleState = {
  readonly line: "closed" | "opening" | "open";
  /** The one that is open, or was last. */
  readonly session: string | null;
  /** Why it ended, when nobody here ended it. */
  readonly ended: string | null;
  readonly run: Run | null;
};

export const CLOSED: ConsoleState = { line: "closed", session: null, ended: null, run: null };

/** More rows than anybody reads: the page stops asking there. */
export const rowsMax = 20_000;

export const newRun = (id: number, sql: string, resource: string): Run => ({
  id,
  sql,
  resource,
  columns: [],
  rows: [],
  notices: [],
  review: null,
  state: "running",
  done: null,
  failed: null,
});

export const isBusy = ({ run }: ConsoleState): boolean =>
  run?.state === "running" || run?.state === "more";

/** What the page knows after that message. */
export function heard(state: ConsoleState, told: ConsoleTold): ConsoleState {
  if (told.on === "opened") return { ...state, line: "open", session: told.session, ended: null };
  const { run } = state;
  if (told.on === "ended") {
    const over = run !== null && isBusy(state) ? { ...run, state: "ended" as const } : run;
    return { ...state, line: "closed", ended: told.message, run: over };
  }
  return run === null || run.id !== told.id ? state : { ...state, run: after(run, told) };
}

function after(run: Run, told: Told<"rows" | "notice" | "done" | "failed">): Run {
  switch (told.on) {
    case "rows":
      return {
        ...run,
        columns: told.columns.map(({ name }) => name),
        rows: [...run.rows, ...told.rows],
        state: told.more ? "more" : "running",
      };
    case "notice":
      if (told.review !== null) return { ...run, review: told.review };
      return { ...run, notices: [...run.notices, `${told.severity}: ${told.message}`] };
    case "done":
      return { ...run, state: "done", done: told };
    case "failed":
      return { ...run, state: "failed", failed: told };
  }
}

/** Where in the statement, for people: "line 2, column 5". `position` counts characters from 1. */
export function placeOf(sql: string, position: number): string {
  const before = [...sql].slice(0, position - 1).join("");
  const lines = before.split("\n");
  return `line ${lines.length}, column ${[...(lines.at(-1) ?? "")].length + 1}`;
}
