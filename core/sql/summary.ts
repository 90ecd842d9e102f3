import type { Command } from "../command.ts";
import type { Analysis } from "./statement.ts";

/** What a command says by its text alone, whoever runs it and with whatever values. */
export type Summary = Omit<
  Command,
  "id" | "protocol" | "text" | "parameters" | "overwrites" | "holdsLocks" | "searchPath"
>;

/** Of a command that has no text to be read. */
export const NO_SUMMARY: Summary = {
  shown: "",
  clearParameters: [],
  operations: [],
  objects: [],
  columns: [],
  functions: [],
  unbounded: false,
  risks: [],
  questions: 0,
  changesNothing: false,
};

/** One analysis serves every run of a prepared statement, and so does what is made of it here. */
const known = new WeakMap<Analysis, Summary>();

/** All statements of a query string together: what is decided is decided of the whole. */
export function summaryOf(analysis: Analysis): Summary {
  const before = known.get(analysis);
  if (before !== undefined) return before;
  const made = summarise(analysis);
  known.set(analysis, made);
  return made;
}

function summarise({ statements, unknown }: Analysis): Summary {
  const operations = statements.flatMap((statement) => statement.operations);
  const columns = statements.flatMap((statement) =>
    statement.columns.map(({ schema, table, column }) => `${schema}.${table}.${column}`),
  );
  return {
    shown: statements.map((statement) => statement.shown).join("; "),
    clearParameters: statements.length === 1 ? (statements[0]?.clearParameters ?? []) : [],
    operations: unique(unknown === null ? operations : [...operations, "unknown"]),
    objects: unique(statements.flatMap(({ reads, writes }) => [...reads, ...writes])),
    columns: unique(columns),
    functions: unique(statements.flatMap((statement) => statement.functions)),
    unbounded: statements.some((statement) => statement.unbounded),
    risks: unique(statements.flatMap((statement) => statement.risks)),
    questions: statements.reduce((sum, { questions }) => sum + questions, 0),
    changesNothing: statements.length === 1 && statements[0]?.changesNothing === true,
  };
}

/** The command that a text would be, for those who ask what would become of it. */
export const trialCommand = (text: string, analysis: Analysis): Command => ({
  ...summaryOf(analysis),
  id: 1,
  protocol: "postgres",
  text,
  parameters: [],
  overwrites: null,
  holdsLocks: false,
  searchPath: null,
});

const unique = <T extends string>(names: readonly T[]): T[] => [...new Set(names)].toSorted();
