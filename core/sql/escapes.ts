import { utf8, text as decode } from "../bytes.ts";
import type { Relation } from "../catalog.ts";
import type { SourceColumn } from "../masker.ts";
import type { Node } from "./grammar.ts";
import { tokens } from "./lexer.ts";
import type { Names } from "./names.ts";
import { numbering } from "./purity.ts";
import type { Column } from "./scope.ts";
import { revealing } from "./system.ts";
import { kindOf, last, strings, visit } from "./tree.ts";

/*
 * Ways on which masked values leave the names that rules know, although no query shows them flow:
 * renaming, breaking up what shares rows, code of one's own that reads or is given them, and names
 * that other sessions still take for something else.
 */

/** Changes of a table after which its columns would answer to other rules, or hold other values. */
const PARTING = new Set([
  "AT_DropInherit",
  "AT_DetachPartition",
  "AT_DetachPartitionFinalize",
  "AT_DropExpression",
  "AT_SetExpression",
]);

const FUNCTIONS = new Set([
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_AGGREGATE",
]);

export type Surroundings = {
  readonly names: Names;
  readonly isMasked: (source: SourceColumn) => boolean;
  /** What the columns of a relation hold, through views. */
  readonly columnsOf: (relation: Relation) => readonly Column[];
  /** The columns of the relation that the statement makes. */
  readonly made: readonly Column[];
};

export function escapes(node: Node, around: Surroundings): boolean {
  const { names } = around;
  const kind = kindOf(node) ?? "";
  const body = node[kind];
  const target = resolved(body.relation, names);
  const holds = (relation: Relation | null, column?: string): boolean =>
    relation !== null && holdsMasked(relation, around, column);
  switch (kind) {
    case "RenameStmt":
      if (body.renameType === "OBJECT_COLUMN") return holds(target, body.subname);
      if (FUNCTIONS.has(body.renameType)) return maskedNames(around).size > 0;
      if (body.renameType !== "OBJECT_SCHEMA") return holds(target);
      return names.relations.some((each) => each.schema === body.subname && holds(each));
    case "AlterObjectSchemaStmt":
      return holds(target) || (FUNCTIONS.has(body.objectType) && maskedNames(around).size > 0);
    case "CreateTrigStmt":
      return holds(target);
    case "AlterTableStmt":
      return alters(target, body.cmds, around);
    case "IndexStmt":
      return holds(target) && runsOwnCode(body, names);
    case "ViewStmt":
    case "CreateTableAsStmt":
    case "CreateStmt":
      return hiddenUnder(node, around).some(({ name, columns }) =>
        takesName(name, columns, around),
      );
    case "CreateSchemaStmt":
      return (body.schemaElts ?? []).some(comesOfOthers) && maskedNames(around).size > 0;
    case "CreateCastStmt":
    case "DefineStmt":
      return usesOwnCode(body, names) && maskedNames(around).size > 0;
    case "RuleStmt":
    case "DoStmt":
    case "CreateFunctionStmt": {
      const masked = maskedNames(around);
      return holds(target) || (masked.size > 0 && carries(body, names, masked));
    }
    default:
      return false;
  }
}

/** Made along with a schema, without a look at what it is made of. */
const comesOfOthers = ({ ViewStmt: view, CreateTrigStmt: trigger, CreateStmt: table }: Node) =>
  view !== undefined || trigger !== undefined || table?.inhRelations !== undefined;

const holdsMasked = (relation: Relation, around: Surroundings, column?: string): boolean =>
  around
    .columnsOf(relation)
    .some(
      ({ name, value }) =>
        (column === undefined || name === column) && [...value.sources].some(around.isMasked),
    );

/** Hidden from whom the masks concern. */
export const isHidden = (
  { value }: Column,
  { isMasked }: Pick<Surroundings, "isMasked">,
): boolean => value.opaque || [...value.sources].some(isMasked);

/** What is hidden in one of them shows in the other under the same name. */
const showsMore = (
  hiding: readonly Column[],
  showing: readonly Column[],
  around: Surroundings,
): boolean =>
  hiding
    .filter((column) => isHidden(column, around))
    .some((column) => {
      const same = showing.find(({ name }) => name === column.name);
      return same === undefined || !isHidden(same, around);
    });

/** The name that a statement gives to what others may read, where some of that is hidden. */
export function hiddenUnder(
  node: Node,
  around: Surroundings,
): readonly { readonly name: string; readonly columns: readonly Column[] }[] {
  const { ViewStmt: view, CreateTableAsStmt: made, CreateStmt: table } = node;
  const copy = made?.objtype === "OBJECT_MATVIEW" ? made.into.rel : undefined;
  const variable: Node | undefined = view?.view ?? copy ?? table?.relation;
  if (variable === undefined || variable.relpersistence === "t") return [];
  const parents: readonly Node[] = table?.inhRelations ?? [];
  const shared = parents.flatMap(({ RangeVar: parent }) => {
    const relation = resolved(parent, around.names);
    return relation === null ? [] : around.columnsOf(relation);
  });
  const columns = [...around.made, ...shared];
  const hides = columns.some((column) => isHidden(column, around));
  return hides ? [{ name: variable.relname, columns }] : [];
}

/**
 * A catalog is some seconds old in other sessions: who goes by it would take what comes under a
 * name that it has, in whatever schema, for what was there.
 */
function takesName(name: string, columns: readonly Column[], around: Surroundings): boolean {
  const { names, columnsOf } = around;
  return (
    names.isSystem(name) ||
    names.everKnown(name).some((relation) => {
      const unread = relation.definition === "";
      return unread || showsMore(columns, columnsOf(relation), around);
    })
  );
}

function alters(target: Relation | null, commands: readonly Node[], around: Surroundings): boolean {
  const { names, columnsOf } = around;
  return commands.some(({ AlterTableCmd: command }) => {
    const { subtype, def } = command as Node;
    const attached = resolved(def?.PartitionCmd?.name, names);
    const parent = subtype === "AT_AddInherit" ? resolved(def.RangeVar, names) : target;
    const child = subtype === "AT_AddInherit" ? target : attached;
    const joins = subtype === "AT_AddInherit" || subtype === "AT_AttachPartition";
    if (joins && child !== null) {
      return showsMore(columnsOf(child), parent === null ? [] : columnsOf(parent), around);
    }
    return target !== null && parts(command as Node, names) && holdsMasked(target, around);
  });
}

/** A cast, an operator or an aggregate made of a function of the user's. */
function usesOwnCode({ func, definition = [] }: Node, names: Names): boolean {
  const code = (definition as Node[]).flatMap(({ DefElem: option }) =>
    CODE.test(option.defname) ? [strings(option.arg?.TypeName?.names)] : [],
  );
  const called = func === undefined ? code : [strings(func.objname), ...code];
  return called.some((path) => !names.pure(path));
}

/** Options of CREATE OPERATOR and CREATE AGGREGATE that name functions. */
const CODE = /func$|^function$|^procedure$/;

const resolved = (variable: Node | undefined, names: Names): Relation | null =>
  typeof variable?.relname === "string"
    ? names.relation(names.resolve(variable.schemaname ?? null, variable.relname).name)
    : null;

/** Of relations that hold masked columns, and of views that show those, whatever they call them. */
function maskedNames({ names, isMasked }: Surroundings): ReadonlySet<string> {
  const holds = (relation: Relation): boolean =>
    relation.columns.some((each) => names.sourcesOf(relation, each).some(isMasked));
  const found = new Set(names.relations.filter((each) => holds(each)).map(({ name }) => name));
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { name, definition } of names.relations) {
      if (definition === null || found.has(name)) continue;
      if (wordsOf(definition).some(({ name: word }) => word !== null && found.has(word))) {
        found.add(name);
      }
    }
  }
  return found;
}

function parts(command: Node, names: Names): boolean {
  const using = command.subtype === "AT_AlterColumnType" && command.def?.ColumnDef?.raw_default;
  return PARTING.has(command.subtype) || Boolean(using) || runsOwnCode(command, names);
}

function runsOwnCode(node: Node, names: Names): boolean {
  let found = false;
  visit(node, (kind, inner) => {
    if (kind === "FuncCall" && !names.pure(strings(inner.funcname))) found = true;
    const operator = kind === "A_Expr" ? last(strings(inner.name)) : undefined;
    if (operator !== undefined && !names.ownOperator(operator)) found = true;
  });
  return found;
}

/** The texts of DO and CREATE FUNCTION. */
const bodiesOf = (options: readonly Node[] | undefined): string[] =>
  (options ?? []).flatMap(({ DefElem: option }) =>
    option.defname === "as" ? strings(option.arg?.List?.items ?? [option.arg]) : [],
  );

/** Words before a name with a parenthesis that is no call. */
const NO_CALL = new Set(
  "table into exists on index type references constraint domain enum as with update".split(" "),
);

/** Words of SQL and PL/pgSQL that a parenthesis may follow. */
const WORDS = new Set(
  `add all and any array as between bit by case cast char character check coalesce columns cross
  cube decimal default distinct else elsif enum except exists extract filter float for foreach from
  full greatest group grouping having if ilike in index inner insert intersect into is join key
  lateral least left like limit loop nullif not null numeric offset on only open or order over
  overlay partition position precision primary raise range record references return returning
  returns right rollup row rows select set sets similar some substring table then time timestamp
  to treat trim unique union until using values varchar varying when where while window with within
  xmlattributes xmlelement xmlforest xmlparse`.split(/\s+/),
);

/**
 * Whether code that we do not read as statements could see a masked value: it names a relation that
 * holds one, builds statements at run time, or calls code of the user's own.
 */
function carries(body: Node, names: Names, masked: ReadonlySet<string>): boolean {
  let found = bodiesOf(body.args ?? body.options).some((code) => codeCarries(code, names, masked));
  visit([body.sql_body, body.actions, body.whereClause], (kind, node) => {
    if (kind === "RangeVar" && masked.has(node.relname)) found = true;
    if (kind === "FuncCall" && !plainCall(strings(node.funcname), names)) found = true;
  });
  return found;
}

const plainCall = (name: readonly string[], names: Names): boolean =>
  names.pure(name) || numbering(name);

type Word = { readonly text: string; readonly isString: boolean; readonly name: string | null };

function wordsOf(code: string): readonly Word[] {
  const bytes = utf8(code);
  return [...tokens(bytes)]
    .filter(({ kind }) => kind !== "space" && kind !== "comment")
    .map(({ kind, start, end }) => {
      const text = decode(bytes.subarray(start, end));
      const name = text.startsWith('"') ? text.slice(1, -1) : text.toLowerCase();
      return { text, isString: kind === "string", name: kind === "name" ? name : null };
    });
}

function codeCarries(code: string, names: Names, masked: ReadonlySet<string>): boolean {
  const words = wordsOf(code);
  return words.some(({ text, isString, name }, i) => {
    if (isString) return codeCarries(insideOf(text), names, masked);
    if (name === null) return false;
    // What a Unicode escape spells is the server's to know.
    if (name === "execute" || /^u&/i.test(text)) return true;
    if (masked.has(name) || revealing(name)) return true;
    const before = words[i - 1]?.name ?? "";
    const called = words[i + 1]?.text === "(" && !WORDS.has(name) && !NO_CALL.has(before);
    return called && !plainCall([name], names) && !names.relations.some((r) => r.name === name);
  });
}

/** What stands between quotes or dollars. */
const insideOf = (literal: string): string =>
  /^(?:[a-z]|u&)?'([\s\S]*)'$/i.exec(literal)?.[1] ??
  /^\$\w*\$([\s\S]*)\$\w*\$$/.exec(literal)?.[1] ??
  "";
