import { asc, eq, inArray, lt, sql, type SQL } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Findable, Verdict } from "../core/recording/findable.ts";
import type { Database } from "./db.ts";
import { leastId, sessionNumber } from "./ids.ts";

/*
 * `session_search` is an FTS5 table (https://www.sqlite.org/fts5.html) with a row for each session
 * that has shipped something to be found by. It keeps the index alone, not the text: `marks` are
 * words that no text has (a kind's letter and a value in hex), `shown` is what was asked for. Its
 * rowid is made of the session's id, so that rows of any word come newest first, and several words
 * are joined inside the index.
 */

const LETTERS = {
  owner: "o",
  name: "n",
  resource: "r",
  verdict: "v",
  rule: "g",
  object: "t",
} as const;
type Mark = keyof typeof LETTERS;

const hexOf = (value: string): string =>
  [...new TextEncoder().encode(value)]
    .map((byte) => byte.toString(16).padStart(2, "0").toUpperCase())
    .join("");
export const markOf = (kind: Mark, value: string): string => LETTERS[kind] + hexOf(value);

/** Not in schema.ts: drizzle-kit knows no FTS5, so its migration is written by hand. */
const index = sqliteTable("session_search", {
  rowid: integer(),
  session: text(),
  marks: text(),
  shown: text(),
});

/** What happened, as words. */
export const marksOf = ({ verdicts, rules, objects }: Findable): string =>
  [
    ...verdicts.map((verdict) => markOf("verdict", verdict)),
    ...rules.map((rule) => markOf("rule", rule)),
    ...objects.map((object) => markOf("object", object)),
  ].join(" ");

/** Makes the session's row, or makes it again. Nothing happens where there is no such session. */
export function indexing(db: Database, session: string, findable: Findable) {
  const row = sessionRow(session);
  const remove = db.delete(index).where(eq(index.rowid, row));
  // Where nothing is to be recorded, nothing that was typed can be searched.
  const insert = db.insert(index).select(sql`select ${row}, id, ${marksOf(findable)} ||
    ' o' || hex(principal) || ' n' || hex(principal_name) || ' r' || hex(resource_name),
    case recording when 'off' then '' else ${findable.statements.join("\n")} end
    from sessions where id = ${session}`);
  return [remove, insert] as const;
}

/** At once: well within what D1 lets one statement take. */
const forgottenMax = 20_000;

/** Takes the oldest of the sessions that were opened before then out of the index. */
export async function forgetBefore(db: Database, at: number): Promise<void> {
  const oldest = db
    .select({ rowid: index.rowid })
    .from(index)
    .where(lt(index.rowid, sessionRow(leastId("ses", at))))
    .orderBy(asc(index.rowid))
    .limit(forgottenMax);
  await db.delete(index).where(inArray(index.rowid, oldest));
}

/** D1 binds numbers as doubles, which have too few bits. */
const sessionRow = (id: string): SQL => sql`cast(${String(sessionNumber(id))} as integer)`;

/** What is absent does not matter. */
export type Wanted = {
  /** By id: whose session it is. */
  readonly owner?: string | undefined;
  /** By id or by name. */
  readonly principal?: string | undefined;
  readonly resource?: string | undefined;
  readonly verdict?: Verdict | undefined;
  readonly rule?: string | undefined;
  readonly object?: string | undefined;
  /** Words, and "words that follow each other". */
  readonly text?: string | undefined;
};

/** Whether it takes the index to answer. */
export const isSearch = ({ verdict, rule, object, text }: Wanted): boolean =>
  [verdict, rule, object, text].some((part) => part !== undefined);

/**
 * An FTS5 expression; whatever was typed into `text` is only ever words. Null: there is no word in
 * it, so nothing has it.
 */
export function expressionOf(wanted: Wanted): string | null {
  const { owner, principal, resource, verdict, rule, object, text } = wanted;
  const phrases = text === undefined ? [] : phrasesIn(text);
  if (text !== undefined && phrases.length === 0) return null;
  const one = (kind: Mark, value?: string) => (value === undefined ? [] : [markOf(kind, value)]);
  const [id, name] = [one("owner", principal), one("name", principal)];
  const marks = [
    ...one("rule", rule),
    ...one("object", object),
    ...one("verdict", verdict),
    ...one("owner", owner),
    ...(principal === undefined ? [] : [`(${[...id, ...name].join(" OR ")})`]),
    ...one("resource", resource),
  ];
  const columns = { marks: marks.join(" AND "), shown: phrases.join(" AND ") };
  return Object.entries(columns)
    .flatMap(([column, words]) => (words === "" ? [] : [`${column} : (${words})`]))
    .join(" AND ");
}

/** What unicode61 takes for letters of a word. */
const WORDS = /[\p{L}\p{M}\p{N}\p{Co}]+/gu;

function phrasesIn(text: string): string[] {
  const typed = [...text.matchAll(/"([^"]*)"?|[^\s"]+/g)].map(([all, quoted]) => quoted ?? all);
  return typed.flatMap((part) => {
    const words = part.match(WORDS);
    return words === null ? [] : [`"${words.join(" ")}"`];
  });
}

/** Ids from `from` on, and before `before`. */
export type Range = { readonly from?: string | undefined; readonly before?: string | undefined };

/** A subquery of ids, newest first. */
export function found(expression: string, range: Range, limit: number, live?: boolean): SQL {
  const { from, before } = range;
  const state = live ? sql`and ended_at is null` : sql`and ended_at is not null`;
  const parts = [
    sql`select session from session_search`,
    ...(live === undefined ? [] : [sql`cross join sessions on sessions.id = session`]),
    sql`where session_search match ${expression}`,
    ...(from === undefined ? [] : [sql`and session_search.rowid >= ${sessionRow(from)}`]),
    ...(before === undefined ? [] : [sql`and session_search.rowid < ${sessionRow(before)}`]),
    ...(live === undefined ? [] : [state]),
    sql`order by session_search.rowid desc limit ${limit}`,
  ];
  return sql`(${sql.join(parts, sql` `)})`;
}
