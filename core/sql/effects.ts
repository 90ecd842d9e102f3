import { configuredName } from "./fixed-setting.ts";
import type { Node } from "./grammar.ts";
import type { SourceColumn } from "../masker.ts";
import { alteredColumns, createdColumns } from "./columns.ts";
import type { Findings } from "./findings.ts";
import type { Names } from "./names.ts";
import { intoOf } from "./outputs.ts";
import { settingValues } from "./settings.ts";
import type { Output, SessionEffect, Statement } from "./statement.ts";
import { kindOf, last, strings, visit } from "./tree.ts";
import type { Verbs } from "./verbs.ts";

/** DDL that can make no code. */
const CODELESS = new Set([
  "IndexStmt",
  "CommentStmt",
  "GrantStmt",
  "CreateSeqStmt",
  "AlterSeqStmt",
  "CreateEnumStmt",
]);

/** Statements that can write rows; a SELECT by its CTEs. */
const CHANGERS = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "SelectStmt"]);

/**
 * What the statement does to the names that the session keeps, once the server says that it
 * succeeded.
 */
export function effectsOf(
  node: Node,
  verbs: Verbs,
  findings: Findings,
  made: readonly Output[] | null,
  describe: (query: Node) => Statement,
  names: Names,
  isMasked: (source: SourceColumn) => boolean,
): readonly SessionEffect[] {
  const kind = kindOf(node) ?? "";
  const body = node[kind];
  const own = ownEffects(kind, body, made, describe, names);
  const rewrites = CHANGERS.has(kind) ? rewritten(findings, names, isMasked) : [];
  const effects = [...own, ...rewrites, ...configured(body, names)];
  const DDL = ["create", "alter", "drop", "unknown", "role", "grant", "load", "configure"] as const;
  const other = DDL.some((operation) => verbs.operations.has(operation));
  return effects.length === 0 && other && kind !== "VariableSetStmt"
    ? [{ do: "ddl", code: !CODELESS.has(kind) }]
    : effects;
}

function ownEffects(
  kind: string,
  body: Node,
  made: readonly Output[] | null,
  describe: (query: Node) => Statement,
  names: Names,
): readonly SessionEffect[] {
  switch (kind) {
    case "TransactionStmt":
      return transaction(body);
    case "PrepareStmt":
      return [{ do: "prepare", name: body.name, statement: describe(body.query) }];
    case "DeallocateStmt":
      return [{ do: "deallocate", name: body.name ?? null }];
    case "DeclareCursorStmt": {
      // CURSOR_OPT_HOLD of parsenodes.h.
      const hold = ((body.options ?? 0) & 0x0020) !== 0;
      return [{ do: "declare", name: body.portalname, statement: describe(body.query), hold }];
    }
    case "ClosePortalStmt":
      return [{ do: "closeCursor", name: body.portalname ?? null }];
    case "DiscardStmt":
      return body.target === "DISCARD_ALL" || body.target === "DISCARD_TEMP"
        ? [{ do: "discardAll" }]
        : [];
    case "VariableSetStmt":
      return setting(body);
    case "DoStmt":
    case "CallStmt":
      return [{ do: "ddl", code: true }];
    default:
      return tables(kind, body, made, names);
  }
}

function tables(
  kind: string,
  body: Node,
  made: readonly Output[] | null,
  names: Names,
): readonly SessionEffect[] {
  const create = (relation: Node, columns: readonly Output[] | null): SessionEffect => ({
    do: "createTable",
    schema: relation.schemaname ?? null,
    name: relation.relname,
    temporary: relation.relpersistence === "t" || relation.schemaname === "pg_temp",
    columns,
  });
  switch (kind) {
    case "SelectStmt": {
      const into = intoOf(body);
      return into === null ? [] : [create(into.rel, made)];
    }
    case "CreateTableAsStmt":
      return [create(body.into.rel, made)];
    case "ViewStmt":
      return [create(body.view, made)];
    case "CreateStmt":
      return [create(body.relation, createdColumns(body, names))];
    case "AlterTableStmt":
      return [{ do: "alterTable", ...nameOf(body.relation), change: alteredColumns(body, names) }];
    case "RenameStmt":
      return renamed(body);
    case "DropStmt":
      return ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"].includes(body.removeType)
        ? (body.objects as Node[]).map((object) => dropped(strings(object.List?.items)))
        : [];
    default:
      return [];
  }
}

const nameOf = (relation: Node): { schema: string | null; name: string } => ({
  schema: relation.schemaname ?? null,
  name: relation.relname,
});

const dropped = (path: readonly string[]): SessionEffect => ({
  do: "dropTable",
  schema: path.length > 1 ? (path[path.length - 2] as string) : null,
  name: last(path) ?? "",
});

function renamed(body: Node): readonly SessionEffect[] {
  if (body.relation === undefined) return [];
  const names = nameOf(body.relation);
  return body.renameType === "OBJECT_TABLE" || body.renameType === "OBJECT_VIEW"
    ? [{ do: "renameTable", ...names, to: body.newname }]
    : [{ do: "alterTable", ...names, change: null }];
}

function transaction(body: Node): readonly SessionEffect[] {
  // COMMIT AND CHAIN ends one transaction and begins the next.
  const chained: readonly SessionEffect[] = body.chain === true ? [{ do: "begin" }] : [];
  switch (body.kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return [{ do: "begin" }];
    case "TRANS_STMT_COMMIT":
      return [{ do: "commit" }, ...chained];
    case "TRANS_STMT_ROLLBACK":
    case "TRANS_STMT_PREPARE":
      return [{ do: "rollback" }, ...chained];
    case "TRANS_STMT_SAVEPOINT":
      return [{ do: "savepoint", name: body.savepoint_name }];
    case "TRANS_STMT_ROLLBACK_TO":
      return [{ do: "rollbackTo", name: body.savepoint_name }];
    default:
      return [];
  }
}

function setting(body: Node): readonly SessionEffect[] {
  const reset = body.kind === "VAR_RESET" || body.kind === "VAR_SET_DEFAULT";
  const everything = body.kind === "VAR_RESET_ALL";
  if (!everything && String(body.name).toLowerCase() !== "search_path") return [];
  // A path that is not literal is one on which we find nothing.
  const path = reset || everything ? null : (settingValues(body.args) ?? []);
  return [{ do: "searchPath", path, local: body.is_local === true }];
}

/** set_config('search_path', …) anywhere in the statement. */
function configured(body: Node, names: Names): readonly SessionEffect[] {
  const effects: SessionEffect[] = [];
  visit(body, (kind, node) => {
    if (kind !== "FuncCall" || last(strings(node.funcname)) !== "set_config") return;
    const name = configuredName(node, body, names);
    if (name !== null && name.toLowerCase() !== "search_path") return;
    const text = settingValues(node.args?.slice(1, 2))?.[0];
    const plain = name !== null && text !== undefined && /^[a-z0-9_$", ]*$/.test(text);
    const path = plain ? text.split(",").map((part) => part.trim().replaceAll('"', "")) : [];
    const local = settingValues(node.args?.slice(2, 3))?.[0] === "true";
    effects.push({ do: "searchPath", path: path.filter((part) => part !== ""), local });
  });
  return effects;
}

/** Writing what is masked or opaque to a table of the session's own: it may now hold anything. */
function rewritten(
  findings: Findings,
  names: Names,
  isMasked: (source: SourceColumn) => boolean,
): readonly SessionEffect[] {
  const clean = findings.stored.every(
    ({ value }) => !value.opaque && ![...value.sources].some(isMasked),
  );
  if (clean && !names.ownCode) return [];
  return [...findings.writes].flatMap((full): SessionEffect[] => {
    const dot = full.indexOf(".");
    if (dot < 0) return [];
    const [schema, name] = [full.slice(0, dot), full.slice(dot + 1)];
    const own = names.resolve(schema, name).is === "overlay";
    return own ? [{ do: "alterTable", schema, name, change: null }] : [];
  });
}
