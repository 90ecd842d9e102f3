import type { CommandId } from "../../decision.ts";
import type { Masker } from "../../masker.ts";
import type { Analysis } from "../../sql/statement.ts";

/** What a portal's statement means, as far as it is settled. */
export type Bound = {
  readonly analysis: Analysis;
  readonly masker: Masker;
  /** Of the names that it was read with. */
  readonly version: string;
  /** Its rows have begun: what is still to come of them means the same. */
  readonly begun: boolean;
  /** Its command has been let through already. */
  decided: CommandId | null;
};

/**
 * The server plans it at Bind; others (EXECUTE, COPY, …) mean what their names mean at Execute, or
 * in part what they meant at Bind.
 */
export function isPlanned({ statements }: Analysis): boolean {
  const [statement] = statements;
  if (statements.length !== 1 || statement === undefined) return false;
  return !statement.volatileShape && statement.copy === null && statement.effects.length === 0;
}

/** Whatever names come to mean, it goes on as it was read. */
export const isFixed = ({ analysis, begun }: Bound): boolean => begun || isPlanned(analysis);

/** Names have changed since Bind, and which of both meanings the server goes by is not certain. */
export function hasMoved(bound: Bound, version: string): boolean {
  if (isFixed(bound) || bound.version === version) return false;
  return bound.analysis.statements.some(({ reads, writes }) => reads.length + writes.length > 0);
}
