import { strictText } from "../bytes.ts";
import type { Relation } from "../catalog.ts";
import type { Operation } from "../command.ts";
import { assignedBy } from "./assigned.ts";
import type { Aggregate, Predicates, SourceColumn } from "../masker.ts";
import { copyShape } from "./copy.ts";
import { effectsOf } from "./effects.ts";
import { escapes, hiddenUnder, isHidden } from "./escapes.ts";
import type { Grammar, Node, RawStatement } from "./grammar.ts";
import { type Findings, newFindings } from "./findings.ts";
import { leaksOf } from "./leaks.ts";
import { Lineage } from "./lineage.ts";
import type { Names } from "./names.ts";
import { outputsOf, toOutputs } from "./outputs.ts";
import { numbering } from "./purity.ts";
import { countQuestions } from "./predicates.ts";
import { holdsMasked, shownForm, unreadable } from "./shown.ts";
import type { Analysis, Statement } from "./statement.ts";
import { revealing } from "./system.ts";
import { touched } from "./touched.ts";
import { TooDeep, kindOf } from "./tree.ts";
import { readVerbs, type Verbs } from "./verbs.ts";

export type AnalyseOptions = {
  /** A rule masks this column for this principal. */
  readonly isMasked: (source: SourceColumn) => boolean;
  /** What may be asked about a masked column. */
  readonly asks: (source: SourceColumn) => Predicates;
  /** An aggregate of a masked column shows. */
  readonly tells: (source: SourceColumn, by: Aggregate) => boolean;
  /** Of some column nothing may be asked: nor of what may hold anything. */
  readonly denies?: boolean;
  /** A detector finds something in the text of a literal. */
  readonly detects: (literal: string) => boolean;
};

/** What the text does, statement by statement. Total: what cannot be read is `unknown`. */
export function analyse(
  sql: Uint8Array,
  grammar: Grammar,
  names: Names,
  options: AnalyseOptions,
): Analysis {
  if (strictText(sql) === null) return unknown(sql, "the text is not UTF-8");
  const parsed = grammar.parse(sql);
  if (parsed.is === "too complex") return unknown(sql, "the statement is too complex to be read");
  if (parsed.is === "syntax error") {
    const { message, at } = parsed;
    return { ...unknown(sql, `syntax error: ${message}`), syntaxError: { message, at } };
  }
  const statements: Statement[] = [];
  let why: string | null = null;
  const own = parsed.tree.stmts.length > 1 ? names.fork() : names;
  for (const raw of parsed.tree.stmts) {
    const start = raw.stmt_location ?? 0;
    const text = sql.subarray(
      start,
      raw.stmt_len === undefined ? sql.length : start + raw.stmt_len,
    );
    const read = statement(raw, text, start, grammar, own, options);
    if (own !== names) own.apply(read.statement.effects);
    statements.push(read.statement);
    why ??= read.why;
  }
  return { statements, unknown: why };
}

function unknown(sql: Uint8Array, why: string): Analysis {
  return { statements: [unknownStatement(sql)], unknown: why };
}

const unknownStatement = (text: Uint8Array): Statement => ({
  operations: ["unknown"],
  reads: [],
  writes: [],
  columns: [],
  assigned: [],
  unresolved: [],
  functions: [],
  unbounded: false,
  risks: ["could not be read"],
  leaks: [],
  questions: 0,
  changesNothing: false,
  takesLocks: true,
  outputs: null,
  showsAll: false,
  effects: [{ do: "ddl", code: true }],
  copy: null,
  volatileShape: true,
  namesHidden: false,
  shown: unreadable(text),
  clearParameters: [],
});

function statement(
  raw: RawStatement,
  text: Uint8Array,
  start: number,
  grammar: Grammar,
  names: Names,
  options: AnalyseOptions,
): { statement: Statement; why: string | null } {
  try {
    const read = describe(raw.stmt, grammar, names, options);
    const shown = shownForm(text, start, read, names, options);
    const why = read.statement.operations.includes("unknown")
      ? `${kindOf(raw.stmt) ?? "statement"} is not understood`
      : null;
    return { statement: { ...read.statement, ...shown }, why };
  } catch (error) {
    // RangeError: the tree is deeper than the stack.
    if (!(error instanceof TooDeep) && !(error instanceof RangeError)) throw error;
    return { statement: unknownStatement(text), why: "the statement is too deep to be followed" };
  }
}

export type Described = {
  readonly node: Node;
  readonly statement: Omit<Statement, "shown" | "clearParameters">;
  readonly verbs: Verbs;
  /**
   * What each literal, by byte offset, meets: all sources of the column, and whether they are
   * certain.
   */
  readonly met: ReadonlyMap<number, { sources: ReadonlySet<SourceColumn>; opaque: boolean }>;
};

/** What they name is there: where the catalog does not have it, it is old. */
const CHANGING = new Set(["AlterTableStmt", "RenameStmt", "AlterObjectSchemaStmt", "DropStmt"]);

/** Of a statement inside another: that one is shown. */
const UNSEEN = { shown: "", clearParameters: [] };

function describe(node: Node, grammar: Grammar, names: Names, options: AnalyseOptions): Described {
  const findings = newFindings();
  const lineage = new Lineage(names, grammar, findings, options.tells);
  const verbs = readVerbs(node, names);
  const result = outputsOf(node, lineage);
  for (const { name, known } of touched(node, names)) {
    findings.writes.add(name);
    if (!known && CHANGING.has(kindOf(node) ?? "")) findings.unresolved.add(name);
  }
  const outputs = toOutputs(result.columns, options.isMasked);
  const functions = [...verbs.functions, ...findings.hiddenFunctions];
  // What it finds is not in the statement.
  const { relations } = new Lineage(names, grammar, newFindings(), options.tells);
  const columnsOf = (relation: Relation) => relations.of(relation);
  const around = { names, isMasked: options.isMasked, columnsOf, made: result.made };
  const leaks = leaksOf(
    {
      findings,
      copies: result.copies,
      escapes: escapes(node, around),
      unsure: () => mayHoldMasked(findings, functions, names, options),
    },
    options,
  );
  const risks = [...verbs.risks, ...leaks.map(({ risk }) => risk)];
  const hiddenCode = [...findings.hiddenFunctions].some((name) => !names.pure([name]));
  const plain =
    verbs.onlyLooks &&
    findings.strange.size === 0 &&
    findings.hiddenFunctions.size === 0 &&
    findings.unresolved.size === 0;
  const sorted = (set: Iterable<string>): string[] => [...new Set(set)].toSorted();
  return {
    node,
    verbs,
    met: findings.met,
    statement: {
      operations: sorted([...verbs.operations, ...(hiddenCode ? ["function"] : [])]) as Operation[],
      reads: sorted(findings.reads),
      writes: sorted(findings.writes),
      columns: [...findings.columns],
      assigned: assignedBy(node, findings, names, options.isMasked),
      unresolved: sorted(findings.unresolved),
      functions: sorted(functions),
      unbounded: verbs.unbounded,
      risks: sorted(risks),
      leaks,
      questions: verbs.questions + countQuestions(findings, options),
      changesNothing: plain,
      takesLocks: verbs.takesLocks || findings.hiddenFunctions.size > 0,
      outputs,
      showsAll: outputs === null && result.columns.every((one) => !isHidden(one, options)),
      effects: effectsOf(
        node,
        verbs,
        findings,
        toOutputs(result.made, options.isMasked),
        (query) => ({ ...describe(query, grammar, names, options).statement, ...UNSEEN }),
        names,
        options.isMasked,
      ),
      copy: node.CopyStmt === undefined ? null : copyShape(node.CopyStmt),
      volatileShape: verbs.volatileShape,
      namesHidden: hiddenUnder(node, around).length > 0,
    },
  };
}

/** What is opaque in the statement may hold masked values. */
function mayHoldMasked(
  { reads, unresolved }: Findings,
  functions: readonly string[],
  names: Names,
  { isMasked }: AnalyseOptions,
): boolean {
  const own = (name: readonly string[]): boolean => !names.pure(name) && !numbering(name);
  return (
    unresolved.size > 0 ||
    functions.some((name) => own(name.split("."))) ||
    [...reads].some(
      (name) => revealing(name.slice(name.indexOf(".") + 1)) || holdsMasked(name, names, isMasked),
    )
  );
}
