import { text as decode } from "../bytes.ts";
import type { Node } from "./grammar.ts";
import { tokens } from "./lexer.ts";
import { kindOf, last } from "./tree.ts";

/** Longer ones are cut: people read them beside what they hold. */
const charactersMax = 80;

/** Words that end an expression where no bracket is open. */
const ENDS = new Set(
  `as from into where group having window union intersect except order limit offset fetch for
  returning`.split(/\s+/),
);
/** After these they do not: `IS DISTINCT FROM`, `WITHIN GROUP`. */
const GOES_ON: Readonly<Record<string, string>> = { from: "distinct", group: "within" };

/**
 * What is written for each output column of a statement. Null: what a `*` or a set operation gives,
 * which nobody wrote. `count`: how many columns there are.
 */
export function expressionsOf(
  sql: Uint8Array,
  statement: Node,
  count: number,
): readonly (string | null)[] {
  const targets = targetsOf(statement);
  const starred = (target: Node): boolean => isStar(target.ResTarget.val);
  const first = targets.findIndex(starred);
  const written = targets.map(({ ResTarget: target }) => expressionAt(sql, target));
  if (first === -1) return targets.length === count ? written : nothing(count);
  const after = targets.length - 1 - targets.findLastIndex(starred);
  if (count < first + after) return nothing(count);
  const listed = nothing(count - first - after);
  return [...written.slice(0, first), ...listed, ...written.slice(targets.length - after)];
}

const nothing = (count: number): null[] => Array.from({ length: count }, () => null);

function targetsOf(statement: Node): readonly Node[] {
  const kind = kindOf(statement) ?? "";
  const body = statement[kind];
  if (kind === "SelectStmt") return body.targetList ?? [];
  if (kind === "CopyStmt" && body.query !== undefined) return targetsOf(body.query);
  return body?.returningClause?.exprs ?? body?.returningList ?? [];
}

function isStar(value: Node | undefined): boolean {
  const path: readonly Node[] = value?.ColumnRef?.fields ?? value?.A_Indirection?.indirection ?? [];
  return last(path)?.A_Star !== undefined;
}

/** The bytes from where the target begins to the comma, the bracket or the word that ends it. */
function expressionAt(sql: Uint8Array, target: Node): string | null {
  const start: number = target.location ?? 0;
  const words: string[] = [];
  let open = 0;
  for (const { kind, start: from, end } of tokens(sql.subarray(start))) {
    const word = decode(sql.subarray(start + from, start + end));
    if (kind === "comment" || kind === "space") {
      if (words.length > 0 && last(words) !== " ") words.push(" ");
      continue;
    }
    if (open === 0 && (/^[,;)\]]$/.test(word) || (kind === "name" && ends(word, words)))) break;
    if (/^[([]$/.test(word)) open++;
    if (/^[)\]]$/.test(word)) open--;
    words.push(word);
  }
  const whole = withoutName(words, target.name).join("").trim();
  const characters = [...whole];
  if (characters.length === 0) return null;
  return characters.length <= charactersMax
    ? whole
    : `${characters.slice(0, charactersMax - 1).join("")}…`;
}

function ends(word: string, before: readonly string[]): boolean {
  const small = word.toLowerCase();
  if (!ENDS.has(small)) return false;
  return last(before.filter((one) => one !== " "))?.toLowerCase() !== (GOES_ON[small] ?? "");
}

/** `lower(ssn) x`: a name without AS is the last word. */
function withoutName(words: readonly string[], name: unknown): readonly string[] {
  const trimmed = last(words) === " " ? words.slice(0, -1) : words;
  const named =
    trimmed.length > 1 &&
    typeof name === "string" &&
    last(trimmed)?.replaceAll('"', "").toLowerCase() === name.toLowerCase();
  return named ? trimmed.slice(0, -1) : trimmed;
}
