import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, afterAll, expect, test } from "vitest";
import pg from "pg";
import type { ReviewView } from "../../core/api/review.ts";
import type { PersonName } from "../../demo/people.ts";
import { directUrl, openDoor } from "../drivers/gate.ts";
import type { TestDemo } from "../support/demo.ts";

/* What the planner expects of held statements, and what it must not run, on the real server. */

/** Whatever touches rows waits for a lead. */
const HELD = `guardrails:
  - id: look-first
    when: 'command.operations.exists(o, o in ["insert", "update", "delete", "call", "function"])'
    then: review
    reviewers: [leads, engineers]
masking:`;

const demoFile = join(import.meta.dirname, "../../demo/sluice.yaml");
export const HELD_POLICY = readFileSync(demoFile, "utf8").replace(/guardrails:[^]*?masking:/, HELD);

/** Whoever runs `trap` says so by its SQLSTATE. */
const ZOO = `
  CREATE TABLE plain (id int PRIMARY KEY, note text, at date);
  INSERT INTO plain SELECT i, 'n' || i % 10, '2024-01-01' FROM generate_series(1, 10000) i;
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE TABLE moods (id int, mood mood, moods mood[]);
  CREATE VIEW recent AS SELECT * FROM plain WHERE id > 9000;
  CREATE TABLE parts (id int) PARTITION BY RANGE (id);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE FUNCTION trap(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN RAISE EXCEPTION 'it ran' USING ERRCODE = 'XX777'; END $$;
  CREATE FUNCTION quiet(v text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE FUNCTION word() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'w'::text $$;

  CREATE TABLE indexed (id int, note text);
  CREATE INDEX ON indexed (id) WHERE quiet('x');
  CREATE VIEW looked AS SELECT * FROM plain WHERE trap('x');
  CREATE VIEW nested AS SELECT * FROM looked;
  CREATE TABLE secured (id int);
  CREATE POLICY p ON secured USING (trap('x'));
  ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
  CREATE TABLE filled (id int, note text DEFAULT word());
  CREATE TABLE checked (id int, note text CHECK (quiet(note)));
  CREATE DOMAIN trapped AS text CHECK (trap(VALUE));
  CREATE TYPE pair AS (a int, b trapped);
  CREATE TABLE pairs (id int, pair pair, list trapped[]);
  CREATE TABLE mixed (id int) PARTITION BY RANGE (id);
  CREATE TABLE mixed_1 PARTITION OF mixed FOR VALUES FROM (0) TO (10);
  CREATE INDEX ON mixed_1 (id) WHERE quiet('x');
  CREATE FUNCTION same(a text, b text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN RAISE EXCEPTION 'it ran' USING ERRCODE = 'XX777'; END $$;
  CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
  CREATE TABLE ranked (id int, note text);
  CREATE STATISTICS s ON quiet(note), id FROM ranked;
  ANALYZE;
  CREATE EXTENSION postgres_fdw;
  CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1');
  CREATE FOREIGN TABLE distant (id int) SERVER far;
  CREATE TABLE spread (id int) PARTITION BY RANGE (id);
  CREATE FOREIGN TABLE spread_1 PARTITION OF spread FOR VALUES FROM (0) TO (10) SERVER far;
  GRANT ALL ON ALL TABLES IN SCHEMA public TO sluice;
`;

const OWN_CODE = "It uses code that is not the server's own, which planning could run.";
const FAR = "Some of its tables lie on another server.";
const UNKNOWN = "It names what the catalog does not know.";

type Row = readonly [statement: string, expected: number | string];

/** Its rows, within a tenth; or why there are none. */
const ROWS: readonly Row[] = [
  ["DELETE FROM plain", 10_000],
  ["DELETE FROM plain WHERE note = 'n3'", 1_000],
  ["DELETE FROM public.plain -- a comment; DROP TABLE plain", 10_000],
  ["UPDATE plain SET note = upper(note) WHERE id <= 5000 RETURNING id", 5_000],
  ["INSERT INTO plain SELECT id + 20000, note, at FROM plain", 10_000],
  ["INSERT INTO plain VALUES (20001, 'a', '2024-01-01'), (20002, 'b', now())", 2],
  ["WITH gone AS (DELETE FROM plain RETURNING id) SELECT count(*) FROM gone", 10_000],
  ["DELETE FROM recent", 1_000],
  ["DELETE FROM moods WHERE mood = 'good'", 0],
  ["DELETE FROM parts", 1],
  ["DELETE FROM plain WHERE trap('x')", OWN_CODE],
  ["DELETE FROM plain WHERE note === 'x'", OWN_CODE],
  ["DELETE FROM plain p WHERE p.quiet", UNKNOWN],
  ["DELETE FROM plain WHERE note = ('(1,x)'::pair).b", OWN_CODE],
  ["DELETE FROM plain WHERE note = ANY ('{x}'::trapped[])", OWN_CODE],
  ["DELETE FROM plain WHERE note = current_setting('role')", 1],
  ["DELETE FROM plain WHERE id = nextval('x'::regclass)", OWN_CODE],
  ["DELETE FROM plain USING plain t TABLESAMPLE system (10)", OWN_CODE],
  ["DELETE FROM indexed", OWN_CODE],
  ["DELETE FROM looked", OWN_CODE],
  ["DELETE FROM nested", OWN_CODE],
  ["DELETE FROM secured", OWN_CODE],
  ["INSERT INTO filled (id) VALUES (1)", OWN_CODE],
  ["DELETE FROM checked", OWN_CODE],
  ["INSERT INTO pairs (id, pair) VALUES (1, '(1,x)')", OWN_CODE],
  ["INSERT INTO pairs (id, list) VALUES (1, '{x}')", OWN_CODE],
  ["DELETE FROM mixed", OWN_CODE],
  ["DELETE FROM ranked", OWN_CODE],
  ["DELETE FROM spread", FAR],
  [
    "DELETE FROM plain USING distant WHERE plain.id = distant.id",
    "It touches more than tables and views of the database.",
  ],
  ["DELETE FROM plain; DELETE FROM moods", "It is not one statement that can be read."],
  ["DELETE FROM plain WHERE id = 'x'", "The database refuses to plan it (22P02)."],
  ["CALL nothing()", "Only reading and changing rows is estimated."],
];

export function estimates(demo: () => TestDemo, version: 15 | 18): void {
  let door: Awaited<ReturnType<typeof openDoor>>;
  let client: pg.Client;
  const server = async (user: "postgres" | "sluice", sql: string) => {
    const url = new URL(directUrl(demo()));
    url.username = user;
    const db = new pg.Client({ connectionString: url.href });
    await db.connect();
    try {
      return await db.query(sql);
    } finally {
      await db.end();
    }
  };
  const as = async (person: PersonName, path: string, json?: object) => {
    const headers = {
      authorization: `Bearer ${await demo().token(person)}`,
      "content-type": "application/json",
    };
    const post = { method: "POST", body: JSON.stringify(json) };
    const init = json === undefined ? { headers } : { ...post, headers };
    return (await fetch(`${demo().url}${path}`, init)).json();
  };
  const connected = async () => {
    const fresh = new pg.Client({ connectionString: door.url });
    fresh.on("error", () => {});
    await fresh.connect();
    return fresh;
  };
  beforeAll(async () => {
    await server("postgres", ZOO);
    door = await openDoor(demo(), "shop-db");
    client = await connected();
  });
  afterAll(async () => {
    await client.end();
    door.door.kill();
  });

  const pending = async (person: PersonName): Promise<ReviewView | undefined> => {
    const { items } = (await as(person, "/api/reviews?state=pending")) as { items: ReviewView[] };
    return items[0];
  };
  /** Asks, waits for the estimate, and rejects: nothing of it has run. */
  async function held(statement: string, by = client, values?: unknown[]): Promise<ReviewView> {
    const asking = by.query(statement, values).then(
      () => "ran",
      () => "rejected",
    );
    const seen = async () => (await pending("rui"))?.estimate ?? null;
    await expect.poll(seen, { timeout: 20_000, interval: 50 }).not.toBeNull();
    const review = (await pending("rui")) as ReviewView;
    const own = (await pending("ada")) as ReviewView;
    expect(own.estimate).toEqual({ none: "Only those who decide see it." });
    await as("rui", `/api/reviews/${review.id}/reject`, {});
    expect(await asking).toBe("rejected");
    return review;
  }

  test.each(ROWS)("%s", { timeout: 60_000 }, async (statement, expected) => {
    const { estimate } = await held(statement);
    if (typeof expected === "string") {
      expect(estimate).toEqual({ none: expected });
      return;
    }
    expect(estimate).toMatchObject({ cost: expect.any(Number) });
    const { rows } = estimate as { rows: number };
    expect(rows).toBeGreaterThanOrEqual(expected * 0.9);
    expect(rows).toBeLessThanOrEqual(expected * 1.1 + 1);
  });

  test("parameters are planned without their values, or not at all", async () => {
    const { estimate } = await held("DELETE FROM plain WHERE note = $1", client, ["n3"]);
    if (version === 18) expect(estimate).toMatchObject({ rows: 1_000 });
    else {
      const none = "It has parameters, which this server cannot plan without their values.";
      expect(estimate).toEqual({ none });
    }
  });

  test("bound values are shown, but for those that meet a mask", async () => {
    const sql = "UPDATE employees SET role = $1 WHERE ssn = $2 AND id < $3";
    const review = await held(sql, client, ["Clerk", "canary-5d1c", 7]);
    expect(review.parameters).toMatchObject([
      { position: 1, shown: "Clerk" },
      { position: 2, shown: "…" },
      { position: 3, shown: "7" },
    ]);
    expect(review.masked).toEqual(["public.employees.ssn"]);
    expect(JSON.stringify(review)).not.toContain("canary");
  });

  test("names are looked up as in its session, and not where they are its own", async () => {
    await server("postgres", "CREATE SCHEMA other; CREATE TABLE other.plain (id int)");
    await server("postgres", "GRANT ALL ON SCHEMA other TO sluice");
    await server("postgres", "GRANT ALL ON other.plain TO sluice");
    const session = await connected();
    await session.query("SET search_path TO other, public");
    expect((await held("DELETE FROM plain", session)).estimate).toMatchObject({ rows: 2_550 });
    await session.query("CREATE TEMP TABLE plain (id int)");
    expect((await held("DELETE FROM plain", session)).estimate).toEqual({
      none: "Its session has tables or code of its own.",
    });
    await session.end();
  });

  test("a table that is locked is said to be, and soon", async () => {
    const locker = new pg.Client({ connectionString: directUrl(demo()) });
    await locker.connect();
    await locker.query("CREATE TABLE busy (id int)");
    await locker.query("BEGIN");
    await locker.query("LOCK TABLE busy");
    const none = "Its tables are locked at the moment.";
    expect((await held("DELETE FROM busy")).estimate).toEqual({ none });
    await locker.end();
  });

  test("no literal of it is in any record but sealed, nor in the estimate", async () => {
    const { estimate } = await held("DELETE FROM plain WHERE note = 'canary-7f3a'");
    expect(JSON.stringify(estimate)).not.toContain("canary");
    const db = await demo().gateway.miniflare.getD1Database("DB");
    const query = "select id from sessions where principal = 'sluice:estimate' order by id desc";
    const { results } = await db.prepare(query).all<{ id: string }>();
    expect(results.length).toBeGreaterThan(0);
    const token = `/api/sessions/${results[0]?.id}/records?from=0&limit=1000`;
    const records = JSON.stringify(await as("ida", token));
    expect(records).toContain("EXPLAIN");
    expect(records).not.toContain("canary");
  });
}
