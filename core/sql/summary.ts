import type { Command } from "../command.ts";
import type { Analysis } from "./statement.ts";

/** What a command says of a query string: all its statements together. */
export type Summary = Pick<
  Command,
  | "shown"
  | "operations"
  | "objects"
  | "columns"
  | "functions"
  | "unbounded"
  | "risks"
  | "changesNothing"
>;

export function summaryOf({ statements, unknown }: Analysis): Summary {
  const operations = statements.flatMap((statement) => statement.operations);
  const columns = statements.flatMap((statement) =>
    statement.columns.map(({ schema, table, column }) => `${schema}.${table}.${column}`),
  );
  return {
    shown: statements.map((statement) => statement.shown).join("; "),
    operations: unique(unknown === null ? operations : [...operations, "unknown"]),
    objects: unique(statements.flatMap(({ reads, writes }) => [...reads, ...writes])),
    columns: unique(columns),
    functions: unique(statements.flatMap((statement) => statement.functions)),
    unbounded: statements.some((statement) => statement.unbounded),
    risks: unique(statements.flatMap((statement) => statement.risks)),
    changesNothing: statements.length === 1 && statements[0]?.changesNothing === true,
  };
}

const unique = <T extends string>(names: readonly T[]): T[] => [...new Set(names)].toSorted();
