import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { kindOf, strings, visit } from "./tree.ts";

/** Statements whose relations lineage resolves itself, all but the table that they make. */
const READERS = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "ExplainStmt",
  "CopyStmt",
  "CreateTableAsStmt",
  "ViewStmt",
  "DeclareCursorStmt",
]);

const OBJECTS = new Set(["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"]);

/** Full names of what a statement makes, changes, locks or drops. They need not exist yet. */
export function touched(
  node: Node,
  names: Names,
): readonly { readonly name: string; readonly known: boolean }[] {
  const kind = kindOf(node) ?? "";
  const found: { name: string; known: boolean }[] = [];
  const add = (schema: string | null, name: string): void => {
    const resolved = names.resolve(schema, name);
    const home = schema ?? names.creationSchema;
    const known = resolved.is !== "unknown";
    found.push({ known, name: !known && home !== null ? `${home}.${name}` : resolved.name });
  };
  visit(node, (_, body) => {
    const made = body.into?.rel ?? body.view ?? body.intoClause?.rel;
    if (made !== undefined) add(made.schemaname ?? null, made.relname);
    const variable = typeof body.relname === "string" && !READERS.has(kind);
    if (variable) add(body.schemaname ?? null, body.relname);
  });
  const body = node[kind];
  if (kind !== "DropStmt" || !OBJECTS.has(body.removeType)) return found;
  for (const object of body.objects as Node[]) {
    const path = strings(object.List?.items);
    add(path[path.length - 2] ?? null, path[path.length - 1] ?? "");
  }
  return found;
}
