import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { ASKS_MASKED } from "../../../core/command.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { CATALOG_QUERIES, buildCatalog } from "../../../core/sql/catalog-queries.ts";
import { Names } from "../../../core/sql/names.ts";
import { type Postgres, startPostgres } from "../../../demo/postgres.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { ASKING } from "./asking.ts";

/*
 * Non-interference: two databases that differ in nothing but `users.ssn` and `users.email`. A
 * result column that differs between them must be known to hold them, or not be known at all.
 */

const SCHEMA = (first: string, second: string): string => `
  create table users (id int primary key, name text, email text, ssn text,
    tail text generated always as (right(ssn, 2)) stored);
  create table orders (id int primary key, user_id int, total numeric, note text);
  insert into users values (1, 'ann', '${first}a@x', '${first}11'), (2, 'bob',
    '${second}b@x', '${second}22');
  insert into orders values (1, 1, 9.5, 'x'), (2, 2, 1, 'y'), (3, 1, 4, 'z');
  create view people as select id, name, ssn as code from users;
  create view people2 as select name as n, upper(code) as c from people;
  create materialized view kept as select id, ssn from users;
  create function steal(int) returns text language sql stable as 'select ssn from users where
    id = $1';
  create function steal(orders) returns text language sql stable as 'select ssn from users limit 1';
  create function sneak(int, int) returns text language sql stable as 'select ssn from users
    limit 1';
  create operator ~~> (leftarg = int, rightarg = int, function = sneak);
  create function lower(int) returns text language sql stable as 'select ssn from users limit 1';
  create table parent (id int, word text);
  create table child () inherits (parent);
  create domain shout as text check (value <> '');
  create type pair as (a int);
  create function unpair(pair) returns text language sql stable as 'select ssn from users limit 1';
  create cast (pair as text) with function unpair(pair);
  create function spill() returns trigger language plpgsql as
    $$ begin new.note := (select ssn from users limit 1); return new; end $$;
  create table traps (id int, note text);
  create trigger spill before insert on traps for each row execute function spill();
`;

const STATEMENTS = [
  "select id, name, email, ssn, tail from users order by id",
  "select * from users order by id",
  "select u.*, o.* from users u join orders o on o.user_id = u.id order by o.id",
  "select * from users natural join people order by id",
  "select * from users u join orders o using (id) order by id",
  "select u from users u order by id",
  "select (u).ssn, (u).id from users u order by id",
  "select (u).* from users u order by id",
  "select row_to_json(u), to_jsonb(u), u::text from users u order by id",
  "select format('%s', u.*), concat(u.*) from users u order by id",
  "select id, code from people order by id",
  "select * from people2 order by n",
  "select * from kept order by id",
  "select code || name, id from people order by id",
  "select upper(ssn), length(ssn), reverse(email), md5(ssn), ascii(substr(ssn, 1, 1)) " +
    "from users order by id",
  "select array_agg(ssn order by id), count(*), max(email), string_agg(name, ssn order " +
    "by id) from users",
  "select case when ssn like 'aa%' then 'y' else 'n' end, id from users order by id",
  "select (select ssn from users limit 1), 1",
  "select o.id, (select max(email) from users where users.id = o.user_id) from orders o " +
    "order by id",
  "select array(select ssn from users order by id)",
  "select x.a, x.b from (select ssn, id from users) x(a, b) order by 2",
  "with t(a, b) as (select id, ssn from users) select b, a from t order by a",
  "with recursive t(a, b) as (select id::text, ssn from users union select b, a from t) " +
    "select a, b from t order by 1, 2",
  "select id::text from users union all select ssn from users order by 1",
  "select ssn, id::text from users where id = 1 except select 'a', 'b'",
  "select k.key, k.value from users u, jsonb_each_text(to_jsonb(u)) k order by u.id, k.key",
  "select v from users u, unnest(array[u.ssn, u.name]) v order by u.id, v",
  "select l.x, o.id from orders o, lateral (select u.ssn as x from users u where u.id = " +
    "o.user_id) l order by o.id",
  "select lag(ssn) over (order by id), row_number() over (order by id) from users",
  "select first_value(ssn) over w, id from users window w as (order by id) order by id",
  "select rank() over (partition by ssn), id from users order by id",
  "select distinct ssn from users order by 1",
  "select steal(1), id from orders order by id",
  "select o.steal, o.id from orders o order by id",
  "select (o).steal from orders o order by id",
  "select 1 ~~> 2, id from orders order by id",
  "select lower(id), id from orders order by id",
  "select row(1)::pair::text",
  "select query_to_xml('select ssn from users', true, true, '')::text",
  "select table_to_xml('users', true, true, '')::text",
  "insert into users values (3, 'c', 'd', 'e') returning id, ssn, tail",
  "insert into orders (id, note) select id + 10, ssn from users returning id, note",
  "insert into orders (id, note) values (50, (select ssn from users limit 1)) returning note, id",
  "insert into orders (id) values (1) on conflict (id) do update set note = (select ssn " +
    "from users limit 1) returning note, id",
  "update orders set note = u.ssn from users u where u.id = orders.user_id returning " +
    "orders.id, note",
  "update users set name = ssn where id = 1 returning name, id",
  "update users set ssn = 'x' where id = 1 returning old.ssn, new.ssn, id",
  "delete from users where id = 1 returning *",
  "with d as (delete from users returning ssn, id) select id, ssn from d order by id",
  "merge into orders o using users u on o.id = u.id when matched then update set note = " +
    "u.ssn returning o.note, u.id",
  "merge into orders o using users u on o.id = u.id when matched then delete returning *",
  "insert into traps values (1, 'a') returning id, note",
  "insert into child select id, ssn from users; select id, word from parent order by id",
  "select most_common_vals::text, tablename from pg_stats where tablename = 'users' " +
    "order by attname",
  "explain (costs off) select * from users where ssn = (select 'x')",
  "select coalesce(null, ssn), nullif(ssn, ''), greatest(ssn, ''), id from users order by id",
  "select xmlforest(ssn)::text, xmlelement(name a, email)::text, id from users order by id",
  "select encode(convert_to(ssn, 'utf8'), 'base64'), translate(ssn, 'a', 'b'), id from " +
    "users order by id",
  "select json_build_object('a', ssn)::text, json_agg(u)::text from users u group by ssn " +
    "order by 1",
  "select j.* from users u, json_table(to_jsonb(u), '$' columns (a text path '$.ssn')) j " +
    "order by u.id",
  "select x.* from (values (1, (select ssn from users limit 1))) x",
  "select a.ssn, b.id from users a cross join users b order by a.id, b.id",
  "select j.b from (users u(a, x, y, b) join orders o(c, d) on o.d = u.a) j order by j.c",
  "select c from (users join orders on users.id = orders.user_id) as j(a, b, c) order by c",
  "prepare p as select ssn, id from users order by id; execute p",
  "begin; declare c cursor for select ssn, id from users order by id; fetch all from c",
  "create temp table t as select ssn as id from users order by id; select id, id || '' " +
    "from t order by 1",
  "select ssn as id into temp t from users; select id from t order by 1",
  "create temp table orders as select ssn as id from users; select id || '' from orders order by 1",
  "do $$ begin create temp table orders as select ssn as id from users; end $$; select " +
    "id || '' from orders order by 1",
  "create view w as select ssn as id from users; select id || '' from w order by 1",
  "alter table orders rename to x; alter table users rename to orders; select ssn from " +
    "orders order by id",
  "alter table users rename column ssn to total; select total || '' from users order by id",
  "create schema s; create table s.users (id int, ssn text, name text); " +
    "set search_path to s, public; " +
    "select code || '', id from people order by id",
  "create temp table users (id int, ssn text, name text); select code || '', id from " +
    "people order by id",
  "set search_path to pg_catalog, public; select upper(ssn), id from users order by id",
  "select set_config('my.x', (select ssn from users limit 1), false); select " +
    "current_setting('my.x')",
  "select set_config('my.x', (select ssn from users limit 1), false); show my.x",
  "select id, note, total from orders order by id",
  "select o.id, count(*), sum(o.total) from orders o group by o.id order by 1",
  "select u.name, o.note from users u join orders o on o.user_id = u.id order by o.id",
];

/** As psql 18 (\\dt, \\d) and common drivers send them. */
const PSQL = [
  `SELECT n.nspname as "Schema", c.relname as "Name",
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END as "Type",
    pg_catalog.pg_get_userbyid(c.relowner) as "Owner"
  FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
  WHERE c.relkind IN ('r','p','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast'
    AND n.nspname <> 'information_schema' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2`,
  `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname OPERATOR(pg_catalog.~) '^(users)$' COLLATE pg_catalog.default
    AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 2, 3`,
  `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
    (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d
      WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
    a.attnotnull,
    (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t
      WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <>
        t.typcollation) AS attcollation,
    a.attidentity, a.attgenerated
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = '1259' AND a.attnum > 0 ORDER BY a.attnum`,
  `SELECT c2.relname, i.indisprimary, i.indisunique,
    pg_catalog.pg_get_indexdef(i.indexrelid, 0, true),
    pg_catalog.pg_get_constraintdef(con.oid, true), contype, c2.reltablespace
  FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i
    LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid)
  WHERE c.oid = '1259' AND c.oid = i.indrelid AND i.indexrelid = c2.oid`,
  `SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c, pg_catalog.pg_inherits i
  WHERE c.oid = i.inhparent AND i.inhrelid = '1259' ORDER BY inhseqno`,
  "SELECT d.datname, pg_catalog.pg_encoding_to_char(d.encoding), " +
    "pg_catalog.pg_database_size(d.oid) " +
    "FROM pg_catalog.pg_database d",
  "select current_setting('server_version_num')",
  "select version(), current_database(), current_schema()",
  "select table_name, column_name from information_schema.columns where table_schema = 'public'",
];

const grammar = await loadGrammar();
let folder = "";
let server: Postgres | null = null;
const clients: pg.Client[] = [];
let catalog: Catalog | null = null;
const isMasked = ({ table, column }: { table: string; column: string }): boolean =>
  table === "users" && (column === "ssn" || column === "email");
const options = { isMasked, asks: () => "deny" as const, tells: () => false, detects: () => false };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "interference-"));
  server = await startPostgres({ port: await freePort(), dataDir: folder, password: "p" });
  const { url } = server;
  for (const [name, first, second] of [
    ["left", "aa", "bb"],
    ["right", "dd", "cc"],
  ] as const) {
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query(`create database "${name}"`);
    await admin.end();
    const client = new pg.Client(url.replace(/postgres$/, name));
    await client.connect();
    await client.query(SCHEMA(first, second));
    await client.query("analyze");
    clients.push(client);
  }
  const rows = [];
  for (const query of CATALOG_QUERIES)
    rows.push((await (clients[0] as pg.Client).query(query)).rows);
  const digest = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
  catalog = buildCatalog(rows, digest);
  await (clients[0] as pg.Client).query("discard all");
}, 120_000);

afterAll(async () => {
  for (const client of clients) await client.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = { readonly rows: unknown[][]; readonly error?: string | undefined };

/** Statement by statement in one transaction that is taken back; the last one's rows. */
async function run(client: pg.Client, statements: readonly string[]): Promise<Answer> {
  await client.query("begin");
  try {
    let result: Answer = { rows: [] };
    for (const text of statements) {
      if (text !== "begin") result = await client.query({ text, rowMode: "array" });
    }
    return result;
  } catch (error) {
    return { rows: [], error: (error as { code?: string }).code };
  } finally {
    await client.query("rollback");
    await client.query("discard all");
  }
}

/** Made into a view, what it depends on by PostgreSQL's own analysis; null: it cannot be one. */
async function dependencies(client: pg.Client, sql: string, outputs: number) {
  const columns = Array.from({ length: outputs }, (_, i) => `c${i}`).join(", ");
  await client.query("begin");
  try {
    await client.query(`create view oracle (${columns}) as ${sql}`);
    const { rows } = await client.query<{ table: string; column: string }>(`
      select c.relname as table, a.attname as column from pg_depend d
        join pg_rewrite r on r.oid = d.objid and r.ev_class = 'oracle'::regclass
        join pg_class c on c.oid = d.refobjid and c.relname <> 'oracle'
          and c.relnamespace = 'public'::regnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass`);
    return rows;
  } catch {
    return null;
  } finally {
    await client.query("rollback");
  }
}

const split = (sql: string): string[] =>
  sql.startsWith("do $$") ? sql.split(/(?<=\$\$); /) : sql.split("; ");

describe("non-interference", () => {
  it("reads the catalog that the server has", () => {
    const people = catalog?.relations.find(({ name }) => name === "people");
    expect(people?.columns.map(({ name }) => name)).toEqual(["id", "name", "code"]);
    expect(people?.definition).toMatch(/SELECT/);
    const users = catalog?.relations.find(({ name }) => name === "users");
    expect(users?.columns.at(-1)?.generatedFrom).toEqual(["ssn"]);
    expect(catalog?.relations.find(({ name }) => name === "child")?.parents).toHaveLength(1);
    expect(catalog?.relations.find(({ name }) => name === "traps")?.hasTriggers).toBe(true);
    expect(catalog?.pureFunctions).toEqual(expect.arrayContaining(["upper", "count", "to_jsonb"]));
    expect(catalog?.pureFunctions).not.toContain("lower");
    expect(catalog?.userOperators).toEqual(["~~>"]);
    expect(catalog?.userTypes).toEqual(expect.arrayContaining(["pair", "shout"]));
    expect(catalog?.searchPath).toEqual(["public"]);
  });

  it.each([...STATEMENTS, ...ASKING])("%s", async (sql) => {
    const texts = split(sql);
    const [left, right] = clients as [pg.Client, pg.Client];
    const a = await run(left, texts);
    const b = await run(right, texts);
    const names = new Names(catalog);
    names.apply([{ do: "begin" }]);
    let outputs: ReturnType<typeof analyse>["statements"][number]["outputs"] = null;
    for (const text of texts) {
      const [statement] = analyse(utf8(text), grammar, names, options).statements;
      outputs = statement?.outputs ?? null;
      names.apply(statement?.effects ?? []);
      // Copies into tables that stay are not followed: this word is for the policy to stop them.
      if (statement?.outputs?.length === 0 && statement.risks.includes("copies masked data")) {
        if (statement.operations.includes("insert")) return;
      }
    }
    const joined = analyse(utf8(texts.join("; ")), grammar, new Names(catalog), options);
    expect(joined.statements.at(-1)?.outputs).toEqual(outputs);
    // Refused under this rule: what the client hears is then the same.
    if (joined.statements.some(({ risks }) => risks.includes(ASKS_MASKED))) return;
    expect(a.error).toBe(b.error);
    expect(a.rows).toHaveLength(b.rows.length);
    if (outputs === null) return;
    expect(outputs).toHaveLength(a.rows[0]?.length ?? outputs.length);
    for (const [i, { sources, opaque }] of outputs.entries()) {
      const column = ({ rows }: Answer): string => JSON.stringify(rows.map((row) => row[i]));
      if (column(a) !== column(b)) {
        expect([i, opaque || sources.some(isMasked)]).toEqual([i, true]);
      }
    }
  });

  it("reads every column that PostgreSQL says a view of the statement depends on", async () => {
    const [client] = clients as [pg.Client];
    const names = new Names(catalog);
    let asked = 0;
    for (const sql of [...STATEMENTS, ...ASKING]) {
      const { statements } = analyse(utf8(sql), grammar, names, options);
      const [statement] = statements;
      if (statements.length > 1 || !statement?.outputs) continue;
      const needed = await dependencies(client, sql, statement.outputs.length);
      if (needed === null) continue;
      asked++;
      const read = statement.columns.map(({ table, column }) => `${table}.${column}`);
      for (const { table, column } of needed) {
        const relation = catalog?.relations.find(({ name }) => name === table);
        const own = relation?.columns.find(({ name }) => name === column);
        const sources = relation && own ? names.sourcesOf(relation, own) : [];
        expect(sources, `${table}.${column}`).not.toEqual([]);
        for (const source of sources) {
          expect(read, sql).toContain(`${source.table}.${source.column}`);
        }
      }
    }
    expect(asked).toBeGreaterThan(110);
  });

  it.each(ASKING)("is refused where nothing may be asked: %s", (sql) => {
    const joined = analyse(utf8(sql), grammar, new Names(catalog), options);
    expect(joined.statements.flatMap(({ risks }) => risks)).toContain(ASKS_MASKED);
  });

  it.each(PSQL)("lets psql and drivers read the catalog: %s", async (sql) => {
    const [statement] = analyse(utf8(sql), grammar, new Names(catalog), options).statements;
    const { fields } = await (clients[0] as pg.Client).query(sql);
    expect(statement?.operations).toEqual(["select"]);
    expect(statement?.changesNothing).toBe(true);
    expect(statement?.unresolved).toEqual([]);
    expect(statement?.outputs?.map(({ name, opaque }) => [name, opaque])).toEqual(
      fields.map(({ name }) => [name, false]),
    );
  });
});
