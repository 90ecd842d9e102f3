import type { SessionEffect } from "../../sql/statement.ts";
import type { Execution, Portal, Prepared, Question, State, Tombstone } from "./state.ts";

/**
 * Effects that change what the text of a later statement means: analysis waits for their success.
 */
const PLAIN_EFFECTS = new Set<SessionEffect["do"]>(["begin", "commit", "savepoint"]);

const executionsOf = (question: Question): readonly Execution[] =>
  question.of === "simple"
    ? question.executions
    : question.of === "execute"
      ? [question.execution]
      : [];

/**
 * Some statement on its way changes what later texts mean; or one has, and an error before the
 * ReadyForQuery that is still to come would take it back.
 */
export const meaningPending = (state: State): boolean =>
  state.questions.some(
    (question) =>
      (state.unsettled && (question.of === "sync" || question.of === "simple")) ||
      executionsOf(question).some((execution) =>
        execution.statement?.effects.some((effect) => !PLAIN_EFFECTS.has(effect.do)),
      ),
  );

/** A COPY FROM STDIN was sent and the server has not asked for data yet. */
export const copyInPending = (state: State): boolean =>
  state.questions.some((question) =>
    executionsOf(question).some(
      ({ statement, copyInBegun }) => statement?.copy?.direction === "in" && !copyInBegun,
    ),
  );

/**
 * The server has failed and skips to Sync: so do the answers that we expect. What the skipped
 * messages would have named is taken back, latest first.
 */
export function skipToSync(state: State): void {
  const at = state.questions.findIndex((question) => question.of === "sync");
  const skipped = at < 0 ? state.questions : state.questions.slice(0, at);
  state.questions = at < 0 ? [] : state.questions.slice(at);
  if (at < 0) state.discarding = true;
  for (const question of skipped.toReversed()) takeBack(state, question);
}

function takeBack(state: State, question: Question): void {
  switch (question.of) {
    case "parse":
      restore(state.statements, question.entry.name, question.entry, question.previous);
      return;
    case "bind":
      restore(state.portals, question.entry.name, question.entry, question.previous);
      return;
    case "close": {
      const { kind, name, previous } = question;
      const map: Map<string, Prepared | Portal | Tombstone> =
        kind === "statement" ? state.statements : state.portals;
      if (previous === null) map.delete(name);
      else map.set(name, previous);
      return;
    }
    case "describe":
      if (question.target.fields === "asked") question.target.fields = "none";
      return;
    default:
  }
}

function restore<T>(map: Map<string, T>, name: string, entry: T, previous: T | null): void {
  if (map.get(name) !== entry) return;
  if (previous === null) map.delete(name);
  else map.set(name, previous);
}
