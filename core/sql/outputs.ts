import type { SourceColumn } from "../masker.ts";
import type { Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import { copied } from "./lineage-write.ts";
import { NOTHING, OPAQUE, ROOT, all, mix, rename, unknownColumns, type Column } from "./scope.ts";
import type { Output } from "./statement.ts";
import { kindOf, strings } from "./tree.ts";

export type Outputs = {
  readonly columns: readonly Column[];
  /** The columns of the table that it makes. */
  readonly made: readonly Column[];
  /**
   * What flows into a table that stays, where it could be read back under another name. Views and
   * materialised views are read through their definition, so nothing is copied there.
   */
  readonly copies: readonly Column[];
};

const returns = (columns: readonly Column[]): Outputs => ({ columns, made: [], copies: [] });
const makes = (made: readonly Column[], copied: boolean): Outputs => ({
  columns: [],
  made,
  copies: copied ? made : [],
});
const NO_ROWS = returns([]);

/** The result columns of one statement of any kind. */
export function outputsOf(node: Node, lineage: Lineage): Outputs {
  const kind = kindOf(node) ?? "";
  const body = node[kind];
  switch (kind) {
    case "SelectStmt": {
      const columns = lineage.statement(node, ROOT);
      const into = intoOf(body);
      if (into === null) return returns(columns);
      return makes(rename(columns, strings(into.colNames)), !isTemporary(into));
    }
    case "InsertStmt":
    case "UpdateStmt":
    case "DeleteStmt":
    case "MergeStmt":
    case "ExecuteStmt":
      return returns(lineage.statement(node, ROOT));
    case "FetchStmt":
      return body.ismove === true ? NO_ROWS : returns(lineage.statement(node, ROOT));
    case "ExplainStmt":
      return returns([{ name: "QUERY PLAN", value: explained(body.query, lineage) }]);
    case "CopyStmt":
      return copy(body, lineage);
    case "CreateTableAsStmt":
    case "ViewStmt": {
      const columns = lineage.statement(body.query, ROOT);
      const names = strings(body.into?.colNames ?? body.aliases);
      const stays = kind !== "ViewStmt" && body.objtype !== "OBJECT_MATVIEW";
      return makes(rename(columns, names), stays && !isTemporary(body.into));
    }
    case "DeclareCursorStmt":
      lineage.statement(body.query, ROOT);
      return NO_ROWS;
    case "VariableShowStmt":
      return returns(setting(body.name));
    case "CallStmt":
      lineage.value(body.funccall?.args, ROOT);
      return returns(unknownColumns("?"));
    default:
      return NO_ROWS;
  }
}

/** A table that only this session sees, and whose columns it follows to its end. */
const isTemporary = (into: Node): boolean => into.rel?.relpersistence === "t";

/** The INTO of a SELECT; of a set operation it stands in the leftmost one. */
export function intoOf(select: Node | undefined): Node | null {
  for (let each = select; each !== undefined; each = each.larg) {
    if (each.intoClause !== undefined) return each.intoClause;
  }
  return null;
}

/** A plan shows constants, row counts and conditions: all that the statement looks at. */
function explained(query: Node, lineage: Lineage): Column["value"] {
  const inner = outputsOf(query, lineage);
  return mix([all([...inner.columns, ...inner.made]), ...lineage.findings.filter]);
}

function copy(body: Node, lineage: Lineage): Outputs {
  if (body.query !== undefined) return returns(outputsOf(body.query, lineage).columns);
  const { columns, system } = lineage.relations.columns(body.relation, ROOT, body.is_from === true);
  const own = body.attlist === undefined ? stored(body.relation, columns, lineage) : columns;
  const chosen = system ? unknownColumns("*") : copied(own, body.attlist);
  for (const { value } of chosen) {
    for (const source of value.sources) lineage.findings.columns.add(source);
  }
  if (body.is_from !== true) return returns(chosen);
  for (const [i, { name, value: into }] of chosen.entries()) {
    lineage.findings.stored.push({ name, value: { ...NOTHING, given: [i + 1] }, into });
  }
  return NO_ROWS;
}

/** COPY leaves out generated columns that are not named. */
function stored(variable: Node, columns: readonly Column[], { names }: Lineage): readonly Column[] {
  const found = names.resolve(variable.schemaname ?? null, variable.relname);
  if (found.is !== "relation") return columns;
  const made = found.relation.columns.filter(({ generatedFrom }) => generatedFrom.length > 0);
  return columns.filter(({ name }) => !made.some((column) => column.name === name));
}

/** A parameter of somebody's own making (`a.b`) may hold data. */
function setting(name: string): readonly Column[] {
  const columns = name.toLowerCase() === "all" ? ["name", "setting", "description"] : [name];
  const own = name.includes(".") || columns.length > 1;
  return columns.map((column) => ({ name: column, value: own ? OPAQUE : NOTHING }));
}

/** Null: how many columns there are is not known. */
export function toOutputs(
  columns: readonly Column[],
  isMasked: (source: SourceColumn) => boolean,
): readonly Output[] | null {
  if (columns.some(({ spread }) => spread)) return null;
  return columns.map((column) => toOutput(column, isMasked));
}

function toOutput({ name, value }: Column, isMasked: (source: SourceColumn) => boolean): Output {
  const sources = [...value.sources];
  // An exact value is that of each source: the one that a rule names speaks for it.
  const speaker = sources.find(isMasked) ?? sources[0];
  const chosen = value.exact && speaker !== undefined ? [speaker] : sources;
  const output = { name, sources: chosen, exact: value.exact, opaque: value.opaque };
  if (value.shape === undefined) return output;
  const { is, parts, around } = value.shape;
  const shape = {
    is,
    parts: parts.map((part) => toOutput(part, isMasked)),
    around: toOutput({ name: "", value: around }, isMasked),
  };
  return { ...output, shape };
}
