import type { SessionEffect } from "../../sql/statement.ts";
import { flush } from "./messages.ts";
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

/** Ends with a ReadyForQuery. */
const ENDING = new Set<Question["of"]>(["sync", "simple", "function"]);

/**
 * Some statement on its way changes what later texts mean; or one has, and an error before the
 * ReadyForQuery that is still to come would take it back.
 */
export const meaningPending = (state: State): boolean =>
  state.questions.some(
    (question) =>
      (state.unsettled && ENDING.has(question.of)) ||
      executionsOf(question).some((execution) =>
        execution.statement?.effects.some((effect) => !PLAIN_EFFECTS.has(effect.do)),
      ),
  );

/**
 * Answers will come by themselves: the client need send nothing more for them. A goodbye behind
 * them waits, for ours closes both ends, where the server's own lets it answer first.
 */
export const answersDue = ({ questions, copyIn }: State): boolean =>
  copyIn === null && questions.some(({ of }) => ENDING.has(of));

/** Questions that a Sync has yet to close. */
const EXTENDED = new Set<Question["of"]>(["parse", "bind", "describe", "execute", "close"]);

/** What was sent last stands in a batch that no Sync has ended. */
export const insideBatch = ({ questions }: State): boolean => {
  const last = questions.at(-1);
  return last !== undefined && EXTENDED.has(last.of);
};

/** The server keeps a batch's answers back until its Sync: who waits for them must ask. */
export function askForAnswers(state: State): void {
  const last = state.questions.at(-1);
  if (!insideBatch(state) || state.askedBehind === last) return;
  state.askedBehind = last;
  state.forward("upstream", flush());
}

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
  if (at < 0) discard(state);
  for (const question of skipped.toReversed()) takeBack(state, question);
}

/** What the client sends up to its Sync is skipped, and so is a command of its that waits. */
function discard(state: State): void {
  state.discarding = true;
  const { held } = state;
  if (held === null) return;
  const reason = "An earlier statement of the same batch failed.";
  state.act({ do: "withdraw", command: held.command, reason });
  state.record(held.command, { kind: "note", message: `not run: ${reason}` });
  state.held = null;
}

type Naming = Extract<Question, { of: "parse" | "bind" | "close" }>;
type Entry = Prepared | Portal | Tombstone;

const names = (question: Question): question is Naming =>
  question.of === "parse" || question.of === "bind" || question.of === "close";

/** The name means again what it meant before; who has taken it since must remember the same. */
function takeBack(state: State, question: Question): void {
  if (!names(question)) return;
  const { entry, previous } = question;
  const map: Map<string, Entry> = isStatement(question) ? state.statements : state.portals;
  const name = nameOf(question);
  if (map.get(name) === entry) {
    if (previous === null || ("closed" in previous && previous.confirmed)) map.delete(name);
    else map.set(name, previous);
    return;
  }
  const later = state.questions.filter(names).find((other) => other.previous === entry);
  if (later !== undefined) (later as { previous: Entry | null }).previous = previous;
}

/**
 * The server has given a name up, or all names (null), by SQL: the unnamed statement outlives that.
 * What the client has named since, and the server has not confirmed yet, is another thing of the
 * same name.
 */
export function forget(state: State, kind: "statement" | "portal", name: string | null): void {
  const map: Map<string, Entry> = kind === "statement" ? state.statements : state.portals;
  const meant = (key: string): boolean =>
    name === null ? kind === "portal" || key !== "" : key === name;
  const gone = (entry: Entry | null | undefined): boolean => entry?.confirmed === true;
  for (const [key, entry] of map) if (meant(key) && gone(entry)) map.delete(key);
  for (const question of state.questions.filter(names)) {
    const same = isStatement(question) === (kind === "statement");
    if (same && meant(nameOf(question)) && gone(question.previous)) question.previous = null;
  }
}

const nameOf = (question: Naming): string =>
  question.of === "close" ? question.name : question.entry.name;

const isStatement = (question: Naming): boolean =>
  question.of === "close" ? question.kind === "statement" : question.of === "parse";
