import type { Node } from "./grammar.ts";
import { kindOf, last, strings } from "./tree.ts";

/** `certain`: the server gives exactly this name; otherwise the column may answer to any. */
export type ColumnName = { readonly name: string; readonly certain: boolean };

type Figured = {
  readonly name: string | null;
  readonly strong: boolean;
  readonly certain: boolean;
};

const NONE: Figured = { name: null, strong: false, certain: true };
const UNSURE: Figured = { name: null, strong: false, certain: false };
const strong = (name: string | undefined): Figured =>
  name === undefined ? UNSURE : { name, strong: true, certain: true };

/** The server's rule for a column without AS (FigureColname, parse_target.c). */
export function columnName(node: Node): ColumnName {
  const { name, certain } = figure(node);
  return { name: name ?? "?column?", certain };
}

const FIXED: Readonly<Record<string, string>> = {
  GroupingFunc: "grouping",
  MergeSupportFunc: "merge_action",
  A_ArrayExpr: "array",
  RowExpr: "row",
  CoalesceExpr: "coalesce",
};

/** Nodes that give no name. */
const NAMELESS = new Set(["A_Const", "BoolExpr", "NullTest", "BooleanTest", "ParamRef"]);

function figure(node: Node | undefined): Figured {
  const kind = kindOf(node) ?? "";
  const body = node?.[kind];
  const fixed = FIXED[kind];
  if (fixed !== undefined) return strong(fixed);
  if (NAMELESS.has(kind)) return NONE;
  switch (kind) {
    case "ColumnRef":
      return strong(last(strings(body.fields)));
    case "A_Indirection": {
      const field = last((body.indirection as Node[]).filter((step) => step.String !== undefined));
      return field === undefined ? figure(body.arg) : strong(field.String.sval);
    }
    case "FuncCall":
      return strong(last(strings(body.funcname)));
    case "A_Expr":
      return body.kind === "AEXPR_NULLIF" ? strong("nullif") : NONE;
    case "CollateClause":
      return figure(body.arg);
    case "TypeCast":
      return weakly(figure(body.arg), last(strings(body.typeName?.names)));
    case "CaseExpr":
      return weakly(body.defresult === undefined ? NONE : figure(body.defresult), "case");
    case "MinMaxExpr":
      return strong(body.op === "IS_GREATEST" ? "greatest" : "least");
    case "SubLink":
      return subquery(body);
    default:
      return UNSURE;
  }
}

/** A cast or CASE lends its own name where what is below has none of its own. */
const weakly = (below: Figured, name: string | undefined): Figured =>
  below.strong || name === undefined || !below.certain
    ? below
    : { name, strong: false, certain: true };

function subquery(body: Node): Figured {
  if (body.subLinkType === "EXISTS_SUBLINK") return strong("exists");
  if (body.subLinkType === "ARRAY_SUBLINK") return strong("array");
  if (body.subLinkType !== "EXPR_SUBLINK") return NONE;
  const target = body.subselect?.SelectStmt?.targetList?.[0]?.ResTarget;
  if (target === undefined) return UNSURE;
  return target.name === undefined ? figure(target.val) : strong(target.name);
}
