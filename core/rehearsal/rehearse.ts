import { utf8 } from "../bytes.ts";
import type { Command } from "../command.ts";
import type { Crypto } from "../crypto.ts";
import type { Decision, UnixMs } from "../decision.ts";
import type { Masker } from "../masker.ts";
import { resourceOf } from "../policy/resource.ts";
import { Analyses } from "../sql/cache.ts";
import { type ExplainedColumn, explainColumns, sayLeak } from "../sql/explain.ts";
import type { Grammar } from "../sql/grammar.ts";
import { Names } from "../sql/names.ts";
import { trialCommand } from "../sql/summary.ts";
import { policyOn, type Stage } from "./stage.ts";

export type Rehearsed = {
  readonly command: Command;
  readonly decision: Decision;
  readonly masker: Masker;
  readonly columns: readonly ExplainedColumn[];
  /** Why it is refused for masked data, column by column. */
  readonly leaks: readonly string[];
  /** Names that the catalog does not have. */
  readonly unresolved: readonly string[];
  /** Why it could not be read. */
  readonly unread: string | null;
};

/**
 * What the gateway would do with each statement if it were the first of its session, by its own
 * code and without any database. No value is ever masked here: the masker is only asked which rule
 * holds, so its keys are of no account.
 */
export function rehearsal(
  stage: Stage,
  grammar: Grammar,
  crypto: Crypto,
): (sql: string, now: UnixMs) => Rehearsed {
  const policy = policyOn(stage, resourceOf(stage.resource, stage.resource.name), crypto);
  const { masker } = policy;
  const analyses = new Analyses(grammar);
  return (sql, now) => {
    const text = utf8(sql);
    const analysis = analyses.analyse(text, new Names(stage.catalog), masker);
    const command = trialCommand(sql, analysis);
    const leaks = analysis.statements.flatMap((statement) => statement.leaks);
    const unresolved = analysis.statements.flatMap((statement) => statement.unresolved);
    return {
      command,
      decision: policy.decide(command, now),
      masker,
      columns: explainColumns(text, analysis, grammar, masker),
      leaks: [...new Set(leaks.map((leak) => sayLeak(leak, masker)))],
      unresolved: [...new Set(unresolved)],
      unread: analysis.unknown,
    };
  };
}
