import { ASKS_MASKED } from "../command.ts";
import type { CellMask, Masker, SourceColumn } from "../masker.ts";
import { expressionsOf } from "./expressions.ts";
import type { Grammar } from "./grammar.ts";
import { isItself, judgeDocument, maskedParts, maskOfOutput } from "./judge.ts";
import type { Analysis, Leak, LeakWay, Output } from "./statement.ts";

/**
 * One output column for people: where it comes from, and what becomes of it. `inside`: a document
 * of which the masked parts alone are hidden; `mask` is that of one of them.
 */
export type ExplainedColumn = {
  /** `*`: how many columns there are is not known, and this stands for all. */
  readonly name: string;
  /** What is written for it, or the one column that it is; null: neither. */
  readonly expression: string | null;
  readonly sources: readonly { readonly column: string; readonly mask: CellMask | null }[];
  readonly opaque: boolean;
  readonly mask: CellMask | null;
  /** `whole`: nothing of the value shows, whatever the rule's own technique. */
  readonly how: "clear" | "itself" | "inside" | "whole" | "opaque" | "name";
};

const UNKNOWN: Output = { name: "*", sources: [], exact: false, opaque: true };

/** Every column that the statements of one text return, in order. */
export function explainColumns(
  sql: Uint8Array,
  { statements, unknown }: Analysis,
  grammar: Grammar,
  masker: Masker,
): readonly ExplainedColumn[] {
  const parsed = grammar.parse(sql);
  if (parsed.is === "syntax error") return [];
  if (unknown !== null || parsed.is !== "tree") return [explained(null, null, masker)];
  return statements.flatMap(({ outputs }, i) => {
    if (outputs === null) return [explained(null, null, masker)];
    const written = expressionsOf(sql, parsed.tree.stmts[i]?.stmt ?? {}, outputs.length);
    return outputs.map((output, at) => explained(output, written[at] ?? null, masker));
  });
}

function explained(output: Output | null, written: string | null, masker: Masker): ExplainedColumn {
  const { name, sources, opaque } = output ?? UNKNOWN;
  const document = masker.output(name) === null ? judgeDocument(output, masker) : null;
  const parts = document && maskedParts(document);
  const mask = parts === null ? maskOfOutput(output, name, masker) : (parts[0]?.mask ?? null);
  const own = sources.map((source) => ({ column: nameOf(source), mask: masker.source(source) }));
  const itself = output !== null && isItself(output);
  return {
    name,
    expression: (itself ? own[0]?.column : null) ?? written,
    sources: own,
    opaque,
    mask,
    how:
      parts !== null && mask !== null
        ? "inside"
        : howOf(mask, own, itself, opaque && masker.hidesColumns),
  };
}

function howOf(
  mask: CellMask | null,
  sources: ExplainedColumn["sources"],
  itself: boolean,
  hidden: boolean,
): ExplainedColumn["how"] {
  if (mask === null) return "clear";
  if (sources.some((source) => source.mask !== null)) return itself ? "itself" : "whole";
  return hidden ? "opaque" : "name";
}

/** A line that says all, then the tree of its sources where there is more than the line says. */
export function columnTree(column: ExplainedColumn, detects: boolean): readonly string[] {
  const { name, expression, sources, opaque, how } = column;
  const from = expression === null ? "" : ` ← ${expression}`;
  const head = `${name}${from}: ${sayMask(column, detects)}`;
  if (how === "itself" || (sources.length === 1 && sources[0]?.column === expression))
    return [head];
  const leaves = [
    ...sources.map(({ column: each, mask }) => `${each}: ${mask === null ? "no rule" : by(mask)}`),
    ...(opaque ? ["what cannot be followed"] : []),
  ];
  return [head, ...leaves.map((leaf, i) => `${i + 1 < leaves.length ? "├─" : "└─"} ${leaf}`)];
}

const by = ({ rule, technique }: CellMask): string => `${rule} (${technique})`;

/** What becomes of a column, in words. */
export function sayMask({ mask, how }: ExplainedColumn, detects: boolean): string {
  if (mask === null) return detects ? "not masked, but its cells are searched" : "not masked";
  switch (how) {
    case "inside":
      return `masked inside by ${mask.rule}`;
    case "whole":
      return `masked whole by ${mask.rule}`;
    case "opaque":
      return `opaque, masked whole by ${mask.rule}`;
    case "name":
      return `masked by ${by(mask)}, for its name`;
    default:
      return `masked by ${by(mask)}`;
  }
}

/** Why a statement is refused for masked data: the column, and what would be told of it. */
export function sayLeak({ risk, source, by: { way, ...more } }: Leak, masker: Masker): string {
  if (source === null) {
    if (risk === ASKS_MASKED) {
      return "What may hold masked values is asked about, where a rule says that nothing may be.";
    }
    if (!("column" in more)) return "Masked columns would be reached by other names or own code.";
    return `A value that cannot be followed would be written into ${more.column}.`;
  }
  const rule = masker.source(source)?.rule ?? "a rule";
  const column = `${nameOf(source)} (${rule})`;
  if (risk !== ASKS_MASKED) {
    const to = "column" in more ? `be written into ${more.column}` : `be given to ${WAYS[way]}`;
    return `${column} would ${to}, where no rule masks it.`;
  }
  const allowed = masker.asks(source) === "deny" ? "nothing may be asked" : "only = may be asked";
  return `${column} is asked about by ${WAYS[way]}; ${allowed}.`;
}

const WAYS: Readonly<Record<LeakWay["way"], string>> = {
  equality: "equality",
  "equality with others": "equality with what is not masked",
  condition: "a condition",
  order: "an order",
  "may fail": "an operation that fails for some values",
  "branch that may fail": "a branch that fails for some values",
  into: "another column",
  "own code": "code that Sluice does not read",
  names: "other names",
};

const nameOf = ({ schema, table, column }: SourceColumn): string => `${schema}.${table}.${column}`;
