import type { Cell, Heard, Rows } from "./answer.ts";

/** What two copies that differ in masked values alone, and the first once more, say to one text. */
export type Trial = { readonly one: Heard; readonly again: Heard; readonly other: Heard };

/** `needed`: masked values show in it. `undecided`: it holds nothing that could differ. */
export type Need = "needed" | "without need" | "undecided";

/** What no mask of a column hides differs: an error, a tag, or a number of rows. */
export const tells = ({ one, other }: Trial): boolean =>
  one.error !== other.error ||
  one.tags.join() !== other.tags.join() ||
  one.results.some(({ rows }, i) => rows.length !== other.results[i]?.rows.length);

/** The answers of both copies differ, and not by themselves from one run to the next. */
function differs(trial: Trial): boolean {
  const cells = trial.one.results.some(({ rows }, n) =>
    (rows[0] ?? []).some((_, at) => needOf(trial, n, at) === "needed"),
  );
  return tells(trial) || cells;
}

/** Whether a column of the n-th result shows masked values. */
export function needOf(trial: Trial, n: number, column: number): Need {
  const [one, again, other] = [trial.one, trial.again, trial.other].map((heard) =>
    columnOf(heard.results[n], column),
  ) as [Cell[], Cell[], Cell[]];
  if ([...one, ...other].every((cell) => cell === null)) return "undecided";
  if (!same(one, again)) return "undecided";
  return same(one, other) ? "without need" : "needed";
}

/** The first cell of a column that differs, in both copies. */
export function difference({ one, other }: Trial, n: number, column: number): string {
  const [ours, theirs] = [one, other].map((heard) => columnOf(heard.results[n], column));
  const at = (ours ?? []).findIndex((cell, i) => cell !== theirs?.[i]);
  return `${ours?.[at]} and ${theirs?.[at]}`;
}

/** Whether refusing hides anything. A query without rows on either side cannot tell. */
export function needOfRefusal(trial: Trial): Need {
  if (differs(trial)) return "needed";
  const { results } = trial.one;
  const empty = results.length > 0 && results.every(({ rows }) => rows.length === 0);
  return empty ? "undecided" : "without need";
}

const columnOf = (result: Rows | undefined, at: number): Cell[] =>
  (result?.rows ?? []).map((row) => row[at] ?? null);

const same = (a: readonly Cell[], b: readonly Cell[]): boolean =>
  a.length === b.length && a.every((cell, i) => cell === b[i]);
