import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import type { Output } from "./statement.ts";
import { kindOf, strings, visit } from "./tree.ts";

/** Their values come from counters, clocks and chance, never from a table's rows. */
const MAKERS = new Set(["nextval", "gen_random_uuid", "uuidv4", "uuidv7", "random"]);

/**
 * The columns of a plain CREATE TABLE: they hold what is written into them, and nothing yet. Null:
 * they come from elsewhere too (LIKE, INHERITS, OF, PARTITION OF).
 */
export function createdColumns(body: Node, names: Names): readonly Output[] | null {
  const borrowed = ["inhRelations", "partbound", "ofTypename"].some(
    (field) => body[field] !== undefined,
  );
  const elements: readonly Node[] = body.tableElts ?? [];
  const own = elements.filter((element) => kindOf(element) !== "Constraint");
  if (borrowed || own.some((element) => kindOf(element) !== "ColumnDef")) return null;
  return own.map((element) => newColumn(element.ColumnDef, names));
}

/** What ALTER TABLE does to columns; null: more than adding, dropping and constraining them. */
export function alteredColumns(
  body: Node,
  names: Names,
): { readonly add: readonly Output[]; readonly drop: readonly string[] } | null {
  const add: Output[] = [];
  const drop: string[] = [];
  for (const { AlterTableCmd: command } of (body.cmds ?? []) as Node[]) {
    switch (command?.subtype) {
      case "AT_AddColumn":
        add.push(newColumn(command.def.ColumnDef, names));
        break;
      case "AT_DropColumn":
        drop.push(command.name);
        break;
      case "AT_AddConstraint":
      case "AT_ValidateConstraint":
      case "AT_DropConstraint":
      case "AT_SetNotNull":
      case "AT_DropNotNull":
        break;
      default:
        return null;
    }
  }
  return { add, drop };
}

/** A default or a generation expression may call anything: then the column is opaque. */
function newColumn(column: Node, names: Names): Output {
  let opaque = false;
  visit(column, (kind, node) => {
    if (kind === "FuncCall") {
      const name = strings(node.funcname);
      opaque ||= !names.pure(name) && !(name.length === 1 && MAKERS.has(name[0] as string));
    }
    if (kind === "A_Expr") opaque ||= !strings(node.name).every((one) => names.ownOperator(one));
    if (kind === "SelectStmt") opaque = true;
  });
  return { name: column.colname, sources: [], exact: false, opaque };
}
