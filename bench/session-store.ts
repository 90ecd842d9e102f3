import { newId, sessionNumber } from "../store/ids.ts";
import { marksOf } from "../store/search.ts";
import type { World } from "./world.ts";

export type D1 = Awaited<ReturnType<World["demo"]["gateway"]["miniflare"]["getD1Database"]>>;

/** Well below what D1 takes as one value (2 MB). */
const batchSessions = 2_000;

/** The time that the sessions are spread over, up to now. */
const days = 365;
const dayMs = 86_400_000;

/** Rare ones happen about this often, whatever the store's size. */
const rareSessions = 50;

/** Who opened the n-th session: a job every third, one engineer a hundredth, a thousand others. */
function personOf(n: number, rare: boolean): string {
  if (rare) return "retired";
  if (n % 3 === 0) return "ci";
  return n % 100 === 1 ? "ada" : `person-${(n * 7919) % 1000}`;
}

const TABLES = Array.from({ length: 200 }, (_, n) => `public.table_${n}`);
const WORDS = ["name", "city", "amount", "paid_at", "status", "total", "created_at", "note"];

type Seed = {
  readonly id: string;
  /** As text: JSON's numbers have too few bits. */
  readonly number: string;
  readonly person: string;
  readonly resource: string;
  readonly openedAt: number;
  readonly isLive: 0 | 1;
  readonly marks: string;
  readonly shown: string;
};

/** The n-th of `count` sessions: what happened in it is made from n alone. */
function seed(n: number, count: number, end: number): Seed {
  const openedAt = Math.floor(end - (days * dayMs * (count - n)) / count);
  const rare = n % Math.floor(count / rareSessions) === 7;
  const id = newId("ses", openedAt);
  const own = TABLES[(n * 31) % TABLES.length] as string;
  const objects = [n % 5 < 2 ? "public.orders" : own, n % 2 === 0 ? "public.even" : "public.odd"];
  const column = (k: number) => WORDS[(n + k) % WORDS.length] as string;
  const statements = [
    `SELECT ${column(0)}, ${column(1)} FROM ${objects[0]} WHERE id = '…'`,
    `SELECT count(*) FROM ${own} WHERE ${column(2)} > '…' ORDER BY ${column(3)} LIMIT 50`,
    `UPDATE ${own} SET ${column(4)} = '…' WHERE id = '…' AND ${column(5)} IS NULL`,
    n % 2 === 0 ? "SHOW search_path" : "SHOW timezone",
    ...(rare ? ["SELECT pangolin FROM public.zoo"] : []),
  ];
  return {
    id,
    number: String(sessionNumber(id)),
    person: personOf(n, rare),
    resource: rare ? "zoo-db" : n % 2 === 0 ? "shop-db" : `db-${(n * 13) % 40}`,
    openedAt,
    // A few hundred of the newest.
    isLive: n > count - 500 && n % 2 === 0 ? 1 : 0,
    marks: marksOf({
      verdicts: [
        ...(n % 5 < 3 ? ["masked" as const] : []),
        ...(n % 20 === 0 ? ["blocked" as const] : []),
        ...(rare ? ["expired" as const] : []),
      ],
      rules: ["engineers", ...(n % 20 === 0 ? ["no-drop"] : []), ...(rare ? ["no-zoo"] : [])],
      objects: rare ? [...objects, "public.zoo"] : objects,
      statements: [],
    }),
    shown: statements.join("\n"),
  };
}

const value = (name: keyof Seed): string => `(value ->> '${name}')`;

const sessionsSql = `insert into sessions (id, principal, principal_name, principal_kind, resource,
  resource_name, resource_type, policy, recording, header, data_key, opened_at, ended_at, end_code,
  end_message, commands)
  select ${value("id")}, ${value("person")}, ${value("person")}, 'person',
    'res_' || ${value("resource")}, ${value("resource")}, 'postgres', 'pol_1', 'full', '{}', '',
    ${value("openedAt")}, iif(${value("isLive")}, null, ${value("openedAt")} + 600000),
    iif(${value("isLive")}, null, 'closed'), iif(${value("isLive")}, null, 'The client left.'), 4
  from json_each(?)`;

const searchSql = `insert into session_search (rowid, session, marks, shown)
  select cast(${value("number")} as integer), ${value("id")},
    ${value("marks")} || ' o' || hex(${value("person")}) || ' n' || hex(${value("person")}) ||
    ' r' || hex(${value("resource")}), ${value("shown")}
  from json_each(?)`;

/** The same words where nothing indexes them: what the index is compared with. */
const plainTable = "create table bench_plain (session text primary key, marks text, shown text)";
const plainSql = `insert into bench_plain select ${value("id")}, ${value("marks")},
  ${value("shown")} from json_each(?)`;

/** Fills the gateway's own D1. The sessions' ids, oldest first. */
export async function seedSessions(db: D1, count: number): Promise<readonly string[]> {
  await db.prepare(plainTable).run();
  const end = Date.now() - 60_000;
  const ids: string[] = [];
  for (let first = 0; first < count; first += batchSessions) {
    const length = Math.min(batchSessions, count - first);
    const batch = Array.from({ length }, (_, n) => seed(first + n, count, end));
    const json = JSON.stringify(batch);
    await db.batch([sessionsSql, searchSql, plainSql].map((sql) => db.prepare(sql).bind(json)));
    ids.push(...batch.map(({ id }) => id));
  }
  return ids;
}
