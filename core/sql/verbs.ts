import { configuredName } from "./fixed-setting.ts";
import type { Operation } from "../command.ts";
import { alwaysTrue, namesTarget } from "./always.ts";
import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { LOOKS, NESTED, OPERATION_OF } from "./operations.ts";
import { harmless, riskOf } from "./purity.ts";
import { safeSetting, settingValues } from "./settings.ts";
import { kindOf, last, strings, visit } from "./tree.ts";

/** What the tree says without resolving relations. */
export type Verbs = {
  readonly operations: Set<Operation>;
  readonly functions: Set<string>;
  readonly risks: Set<string>;
  /** Of the statement that EXECUTE or FETCH names. */
  questions: number;
  unbounded: boolean;
  /** One SELECT or SHOW, made of nothing but the server's own functions, operators and types. */
  onlyLooks: boolean;
  takesLocks: boolean;
  volatileShape: boolean;
};

/** Bodies that are stored and run later: what stands in them is no effect of this statement. */
const STORED = new Set(["CreateFunctionStmt", "RuleStmt", "PrepareStmt", "ViewStmt"]);
/** Besides, expressions in these are kept, not run. */
const KEPT = new Set([
  ...STORED,
  "CreateStmt",
  "CreateTrigStmt",
  "CreatePolicyStmt",
  "AlterPolicyStmt",
  "CreateDomainStmt",
  "CreateForeignTableStmt",
]);
/** What MERGE does to the rows that it matched, or did not. */
const MERGED: ReadonlyMap<string, Operation> = new Map([
  ["CMD_INSERT", "insert"],
  ["CMD_UPDATE", "update"],
  ["CMD_DELETE", "delete"],
]);
const VOLATILE = new Set([
  "ExecuteStmt",
  "FetchStmt",
  "ExplainStmt",
  "VariableShowStmt",
  "CallStmt",
]);

export function readVerbs(node: Node, names: Names): Verbs {
  const kind = kindOf(node) ?? "";
  const verbs: Verbs = {
    operations: new Set(),
    functions: new Set(),
    risks: new Set(),
    questions: 0,
    unbounded: false,
    onlyLooks: kind === "SelectStmt" || kind === "VariableShowStmt",
    takesLocks: false,
    volatileShape: VOLATILE.has(kind),
  };
  topOperation(kind, node[kind] ?? {}, names, verbs);
  const body = node[kind];
  const runs = kind !== "ExplainStmt" || analyses(body);
  if (!STORED.has(kind)) nested(kind, body, names, verbs, runs);
  if (!KEPT.has(kind)) calls(kind, body, names, verbs);
  for (const operation of verbs.operations) if (!LOOKS.has(operation)) verbs.takesLocks = true;
  if (verbs.takesLocks) verbs.onlyLooks = false;
  return verbs;
}

/** EXPLAIN with ANALYZE runs what it explains. An option's value may be off; we take it as on. */
const analyses = (body: Node): boolean =>
  (body.options ?? []).some(({ DefElem: option }: Node) => {
    if (option.defname !== "analyze") return false;
    const word = String(option.arg?.String?.sval ?? option.arg?.Integer?.ival ?? "on");
    return !/^(false|off|0)$/i.test(word);
  });

function topOperation(kind: string, body: Node, names: Names, verbs: Verbs): void {
  const { operations, risks } = verbs;
  switch (kind) {
    case "VariableSetStmt":
      operations.add(setOperation(body));
      return;
    case "AlterTableStmt":
      operations.add("alter");
      visit(body, (inner, command) => {
        if (inner === "AlterTableCmd" && /Owner|RowSecurity|Trig|Rule/.test(command.subtype)) {
          operations.add("grant");
        }
      });
      return;
    case "CopyStmt":
      copyOperations(body, verbs);
      return;
    case "ExecuteStmt":
    case "FetchStmt":
      operations.add(kind === "ExecuteStmt" ? "execute" : "cursor");
      return referTo(kind, body, names, verbs);
    case "DoStmt":
      operations.add("do");
      risks.add("opaque code");
      return;
    case "CallStmt":
      operations.add("call");
      risks.add("opaque code");
      verbs.functions.add(strings(body.funccall?.funcname).join("."));
      return;
    case "TruncateStmt":
      operations.add("truncate");
      verbs.unbounded = true;
      return;
    default:
      operations.add(OPERATION_OF[kind] ?? "unknown");
  }
}

function setOperation(body: Node): Operation {
  if (body.kind === "VAR_RESET_ALL") return "configure";
  const name: string = body.name ?? "";
  const toDefault = body.kind === "VAR_SET_DEFAULT" || body.kind === "VAR_RESET";
  if (/^transaction|^session characteristics/i.test(name)) return "transaction";
  if (body.kind === "VAR_SET_CURRENT") return "configure";
  return safeSetting(name, toDefault ? null : settingValues(body.args)) ? "set" : "configure";
}

function copyOperations(body: Node, { operations, risks }: Verbs): void {
  if (body.is_program === true || body.filename !== undefined) {
    operations.add("program");
    risks.add(body.is_program === true ? "runs a program" : "reads or writes a server file");
  }
  if (body.is_from === true) operations.add("copy").add("insert");
  else if (body.query === undefined) operations.add("select");
}

/** EXECUTE, FETCH and MOVE are what they name. */
function referTo(kind: "ExecuteStmt" | "FetchStmt", body: Node, names: Names, verbs: Verbs): void {
  const named =
    kind === "ExecuteStmt" ? names.prepared(body.name)?.statement : names.cursor(body.portalname);
  if (named === undefined || named === null) {
    verbs.operations.add("unknown");
    return;
  }
  for (const operation of named.operations) verbs.operations.add(operation);
  for (const name of named.functions) verbs.functions.add(name);
  for (const risk of named.risks) verbs.risks.add(risk);
  verbs.questions = named.questions;
  verbs.unbounded ||= named.unbounded;
  verbs.takesLocks ||= named.takesLocks;
}

/** Statements within, locking clauses, INTO. `runs` is false below a plain EXPLAIN. */
function nested(top: string, body: Node, names: Names, verbs: Verbs, runs: boolean): void {
  const { operations, risks } = verbs;
  const look = (kind: string, node: Node): void => {
    if (!runs) return;
    if (kind === "LockingClause") verbs.takesLocks = true;
    if (node.intoClause !== undefined) operations.add("create");
    if (node.onConflictClause?.action === "ONCONFLICT_UPDATE") operations.add("update");
    if (kind === "UpdateStmt" || kind === "DeleteStmt") {
      verbs.unbounded ||= alwaysTrue(node.whereClause) || !namesTarget(node);
    }
    if (kind === "MergeStmt") verbs.unbounded ||= alwaysTrue(node.joinCondition);
    const merged = MERGED.get(node.commandType);
    if (kind === "MergeWhenClause" && merged !== undefined) operations.add(merged);
  };
  look(top, body);
  visit(body, (kind, node) => {
    look(kind, node);
    if (!/^[A-Z].*Stmt$/.test(kind) || !runs) return;
    // A bare list of values, as INSERT has it, reads nothing.
    if (kind === "SelectStmt" && node.valuesLists !== undefined) return;
    if (kind === "ExecuteStmt") referTo(kind, node, names, verbs);
    operations.add(OPERATION_OF[kind] ?? "unknown");
    const inside = NESTED.has(kind) && kind !== "SelectStmt";
    if (inside && NESTED.has(top)) risks.add("writes inside a CTE");
  });
}

function calls(top: string, body: Node, names: Names, verbs: Verbs): void {
  const call = (name: readonly string[], node: Node | null): void => {
    verbs.functions.add(name.join("."));
    const risk = riskOf(last(name) ?? "");
    if (risk !== null) verbs.risks.add(risk);
    if (!names.pure(name) && !harmless(name)) verbs.operations.add("function");
    if (last(name) === "set_config") verbs.operations.add(configures(node, body, names));
  };
  visit(body, (kind, node) => {
    if (kind === "FuncCall") call(strings(node.funcname), node);
    if (kind === "TypeCast" || kind === "ColumnDef") {
      const type = last(strings(node.typeName?.names)) ?? "";
      if (!names.plainType(type)) verbs.onlyLooks = false;
    }
    const operator = kind === "A_Expr" ? node.name : (node.operName ?? node.useOp);
    // A user's operator is a call of the function behind it.
    if (operator !== undefined && !names.ownOperator(last(strings(operator)) ?? "")) {
      verbs.operations.add("function");
    }
  });
  if (top === "ExplainStmt") verbs.onlyLooks = false;
}

/** set_config with a literal name is that SET; with any other it may be every one. */
function configures(node: Node | null, statement: Node, names: Names): Operation {
  const name = node === null ? null : configuredName(node, statement, names);
  const to = settingValues(node?.args?.slice(1, 2));
  return name !== null && to !== null && safeSetting(name, to) ? "set" : "configure";
}
