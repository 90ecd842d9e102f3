import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { canaryIn } from "./canary.ts";
import { useGate } from "./gate.ts";
import { say, type Wire } from "./wire.ts";

/*
 * G. The record as a second copy: what is typed, bound, copied in and answered must be found
 * nowhere, neither in D1 nor in the store's chunks, nor in what the objects keep, nor in the log.
 */

const gate = useGate();

const TYPED = [
  "select id from people where secret = 'Quokkaton'",
  "select id from people where pin = 73194628",
  "select id from people where born = '1937-11-23' and email like 'Walrusimo%'",
  "select id from people where secret in ('Quokkaton', 'x') or ssn = $$Kestrelux-4471$$",
  "select id from people where secret = 'Quok' 'katon' or secret = U&'Quo\\006bkaton'",
  "select id from people /* Quokkaton */ where secret = E'Quokkaton' -- Quokkaton",
  'select id from people where profile @> \'{"a": {"b": "Pangolette"}}\'',
  "insert into people (id, name, secret, pin) values (300, 'x', 'Quokkaton', 73194628)",
  "update people set secret = 'Quokkaton' where id = 300",
  "delete from people where secret = 'Quokkaton' and id = 300",
  "insert into people (id, name, ssn) values (301, 'x', 'Kestrelux-4471')",
  "prepare p as select id from people where secret = 'Quokkaton'",
  "execute p",
  "explain select * from people where secret = 'Quokkaton'",
  "select 'Quokkaton'::int from people",
  "select tell(1) = 'Quokkaton'",
  "do $$ begin raise notice 'Quokkaton'; end $$",
  "do $$ begin raise exception 'Quokkaton'; end $$",
  "notify gossip, 'Quokkaton'",
  "alter role sluice password 'Quokkaton'",
  "create role intruder password 'Quokkaton'",
  "create user mapping for sluice server s options (password 'Quokkaton')",
  "create subscription s connection 'password=Quokkaton' publication p",
  "alter system set primary_conninfo = 'password=Quokkaton'",
  "selec 'Quokkaton'",
  "select 'Quokkaton",
  "Quokkaton",
  "set sluice.x = 'Quokkaton'",
  "select set_config('sluice.x', 'Quokkaton', false)",
  "select dblink('password=Quokkaton', 'select 1')",
  "create function q() returns text language sql as $$ select 'Quokkaton' $$",
  "copy people (id, secret) from stdin",
  "copy people to stdout",
  "select * from people",
  "select secret::int from people",
  "comment on column people.secret is 'Quokkaton'",
  "alter table people alter column secret set default 'Quokkaton'",
  "alter table people alter column secret drop default",
  "begin; select id from people where secret = 'Quokkaton'; commit",
];

async function everythingTyped(wire: Wire): Promise<void> {
  for (const sql of TYPED) await wire.query(sql);
  const bound = ["Quokkaton", "73194628"];
  await wire.extended("select id from people where secret = $1 or pin = $2::int", 0, bound);
  await wire.extended("select id from people where secret = 'Quokkaton' or id = $1::int", 1, ["1"]);
  wire.send(say.query("copy people (id, name, secret) from stdin"));
  await wire.until("G");
  wire.send(say.copyData("302\tx\tQuokkaton\n"), say.copyDone());
  await wire.answers();
}

/** Every word of the index of sessions: its own tables hold them packed, so that none shows. */
async function wordsOf(db: D1Database): Promise<readonly string[]> {
  await db.prepare("create virtual table words using fts5vocab(session_search, row)").run();
  const { results } = await db.prepare("select term from words").all<{ term: string }>();
  await db.prepare("drop table words").run();
  const words = results.map(({ term }) => term);
  expect(words, "something was indexed").toContain("people");
  return words;
}

/** Every file below a folder, whole. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test("no canary and no password in D1, the store, the objects' own files or the log", async () => {
  const wire = await gate().open();
  await everythingTyped(wire);
  wire.close();
  const { demo, password, log } = gate();
  const db = await demo.gateway.miniflare.getD1Database("DB");
  const bucket = await demo.gateway.miniflare.getR2Bucket("RECORDINGS");
  const ended = "select count(*) as n from sessions where ended_at is null";
  await expect.poll(async () => (await db.prepare(ended).first<{ n: number }>())?.n).toBe(0);
  const chunks = async () => (await bucket.list({ prefix: "recordings/" })).objects;
  await expect.poll(async () => (await chunks()).length).toBeGreaterThan(0);

  const places = new Map<string, string>([["log", log.join("\n")]]);
  const tables = await db
    .prepare(
      "select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\'",
    )
    .all<{ name: string }>();
  for (const { name } of tables.results) {
    const { results } = await db.prepare(`select * from "${name}"`).all();
    places.set(`table ${name}`, JSON.stringify(results));
  }
  places.set("index", (await wordsOf(db)).join(" "));
  let inflated = 0;
  for (const { key } of await chunks()) {
    const bytes = Buffer.from((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0));
    const body = bytes.subarray(8 + bytes.readUInt32BE(0));
    places.set(key, bytes.toString("latin1"));
    places.set(`${key} inflated`, gunzipSync(body).toString("latin1"));
    inflated += gunzipSync(body).length;
  }
  for (const path of filesIn(join(demo.stateDir, "gateway"))) {
    places.set(path, readFileSync(path).toString("latin1"));
  }
  expect(inflated, "something was recorded").toBeGreaterThan(10_000);
  const found = [...places].flatMap(([place, text]) => [
    ...[...text.matchAll(/quokkaton/gi)].map(
      ({ index }) => `${place}: …${text.slice(Math.max(0, index - 60), index + 20)}`,
    ),
    ...(canaryIn(text) === null ? [] : [`${place}: ${canaryIn(text)}`]),
    ...(text.includes(password) ? [`${place}: the password`] : []),
  ]);
  expect(found).toEqual([]);
});
