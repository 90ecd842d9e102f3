import { text as decode } from "../bytes.ts";
import type { AnalyseOptions, Described } from "./analyse.ts";
import { tokens, type Token } from "./lexer.ts";
import type { Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import type { Statement } from "./statement.ts";
import { kindOf, visit } from "./tree.ts";

/** What lists, inboxes and notifications show of a statement (CONTRACTS §6). */

const charactersMax = 4_096;
const CUT = " …";

/** Statements whose literals are passwords or code: never shown. */
const SECRET = new Set([
  "CreateRoleStmt",
  "AlterRoleStmt",
  "AlterRoleSetStmt",
  "CreateUserMappingStmt",
  "AlterUserMappingStmt",
  "CreateForeignServerStmt",
  "AlterForeignServerStmt",
  "CreateSubscriptionStmt",
  "AlterSubscriptionStmt",
  "CreateFdwStmt",
  "AlterFdwStmt",
  "AlterSystemStmt",
  "AlterDatabaseSetStmt",
  "DoStmt",
  "CreateFunctionStmt",
  "NotifyStmt",
  "CommentStmt",
]);

/** How a statement may begin: another first word may be a secret, pasted at the prompt. */
const VERBS = new Set(
  `abort alter analyze begin call close cluster comment commit copy create deallocate declare delete
  discard do drop end execute explain fetch grant insert listen load lock merge move notify prepare
  reindex refresh release reset revoke rollback savepoint select set show start table truncate
  unlisten update vacuum values with`.split(/\s+/),
);

/** Of a text that could not be parsed: its first word, if it is a verb, and how long it is. */
export function unreadable(sql: Uint8Array): string {
  for (const { kind, start, end } of tokens(sql)) {
    if (kind === "space" || kind === "comment") continue;
    const word = decode(sql.subarray(start, end));
    const verb = kind === "name" && VERBS.has(word.toLowerCase());
    const plain = verb ? `${word.toUpperCase()} ` : "";
    return `${plain}… (${sql.length} bytes, not readable)`;
  }
  return `… (${sql.length} bytes, not readable)`;
}

type Shown = Pick<Statement, "shown" | "clearParameters">;

/** The text, and which parameters' values may stand beside it. */
export function shownForm(
  sql: Uint8Array,
  start: number,
  read: Described,
  names: Names,
  options: AnalyseOptions,
): Shown {
  const hides = hiding(read, names, options);
  const clearParameters = sql.includes(DOLLAR) ? clearIn(read.node, hides) : [];
  return { shown: shownText(sql, start, hides, options), clearParameters };
}

const DOLLAR = 0x24;

/** One that is used twice is clear where each use is. */
function clearIn(node: Node, hides: (at: number) => boolean): readonly number[] {
  const hidden = new Map<number, boolean>();
  visit(node, (kind, { number = 0, location = 0 }) => {
    if (kind !== "ParamRef") return;
    hidden.set(number, hides(location) || hidden.get(number) === true);
  });
  return [...hidden].flatMap(([number, hides]) => (hides ? [] : [number]));
}

function shownText(
  sql: Uint8Array,
  start: number,
  hides: (at: number) => boolean,
  options: AnalyseOptions,
): string {
  const word = wordsOf(sql);
  // Joined at the end: a string that `+=` made would keep all its parts for as long as it lives.
  const parts: string[] = [];
  let length = 0;
  let gap = "";
  for (const token of tokens(sql)) {
    if (token.kind === "space" || token.kind === "comment") {
      if (parts.length > 0) gap = " ";
      continue;
    }
    const words = gap + piece(word(token), token, start, hides, options);
    parts.push(words);
    length += words.length;
    gap = "";
    if (length > charactersMax) break;
  }
  const out = parts.join("");
  return out.length <= charactersMax ? out : out.slice(0, charactersMax) + CUT;
}

/** Only where each byte is a character are their numbers the same. */
function wordsOf(sql: Uint8Array): (token: Token) => string {
  const text = decode(sql);
  if (text.length === sql.length) return ({ start, end }) => text.slice(start, end);
  return ({ start, end }) => decode(sql.subarray(start, end));
}

function piece(
  word: string,
  token: Token,
  start: number,
  hides: (at: number) => boolean,
  { detects }: AnalyseOptions,
): string {
  if (token.kind !== "string" && token.kind !== "number") return word;
  if (!hides(start + token.start) && !detects(word)) return word;
  return token.kind === "string" ? "'…'" : "…";
}

/** Whether the literal at a byte offset of the whole text is to be hidden. */
function hiding(
  { node, statement, verbs, met }: Described,
  names: Names,
  { isMasked }: AnalyseOptions,
): (at: number) => boolean {
  const kind = kindOf(node) ?? "";
  const secret = SECRET.has(kind) || statement.risks.includes("reaches another server");
  const unsure = statement.unresolved.length > 0 || statement.operations.includes("unknown");
  if (secret || (kind === "VariableSetStmt" && verbs.operations.has("configure")))
    return () => true;
  const touched =
    unsure ||
    statement.functions.some((name) => /^(pg_catalog\.)?set_config$/.test(name)) ||
    statement.outputs?.some(({ opaque }) => opaque) !== false ||
    statement.columns.some(isMasked) ||
    [...statement.reads, ...statement.writes].some((name) => holdsMasked(name, names, isMasked));
  if (!touched) return () => false;
  const clear = new Set<number>();
  for (const [at, { sources, opaque }] of met) {
    if (!opaque && sources.size > 0 && ![...sources].some(isMasked)) clear.add(at);
  }
  visit(node, (_, body) => {
    for (const part of [body.limitCount, body.limitOffset]) {
      const constant = part?.A_Const;
      if (constant?.ival !== undefined) clear.add(constant.location ?? 0);
    }
  });
  return (at) => !clear.has(at);
}

/** Some column of the relation is masked. */
export function holdsMasked(
  name: string,
  names: Names,
  isMasked: AnalyseOptions["isMasked"],
): boolean {
  const relation = names.relation(name);
  return (
    relation?.columns.some((column) => names.sourcesOf(relation, column).some(isMasked)) ?? false
  );
}
