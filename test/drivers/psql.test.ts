import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { finished } from "../support/demo.ts";
import { needs } from "../support/tools.ts";
import { psql, run, spawnPsql, useGate } from "./gate.ts";

const gate = useGate();
beforeEach((context) => needs(context, "psql"));

const TABLE = ["-X"];

/** The same script both ways. */
async function both(script: string, args: readonly string[] = TABLE) {
  const [direct, through] = [
    await psql(gate().direct, script, args),
    await psql(gate().gate, script, args),
  ];
  return { direct, through };
}

describe("psql shows what it shows without a gateway", () => {
  test.for([
    ["a query", "select 1 as one, 'x' as \"Zwei\", null, true, 1.50;"],
    ["several statements in one string", "select 1\\; select 2\\; select 3;"],
    ["types of its own", "select tags, price, stock from products order by id limit 5;"],
    [
      "a result's description",
      "select id, sku, price, tags from products order by id limit 3 \\gdesc",
    ],
    ["rows in pieces", "\\set FETCH_COUNT 7\nselect id, sku from products order by id limit 20;"],
    ["expanded rows", "\\x\nselect * from products where id = 3;"],
    ["an error and what follows", "select 1/0;\nselect 'usable';"],
    ["a failed transaction", "begin;\nselect 1/0;\nselect 2;\nrollback;\nselect 'usable';"],
    ["savepoints", "begin;\nsavepoint a;\nselect 1/0;\nrollback to a;\nselect 'kept';\ncommit;"],
    [
      "a cursor",
      "begin;\ndeclare c scroll cursor for select id, sku from products order by id;\n" +
        "fetch 3 from c;\nfetch backward 2 from c;\nmove 5 in c;\nfetch c;\nclose c;\ncommit;",
    ],
    [
      "statements of SQL's own PREPARE",
      "prepare p(int) as select sku from products where id = $1;\nexecute p(3);\n" +
        "execute p(4);\ndeallocate p;",
    ],
    ["\\gset and \\if", "select 7 as n \\gset\n\\if :n\nselect :n;\n\\endif"],
    [
      "\\crosstabview",
      "select status, quantity, count(*) from orders group by 1, 2 \\crosstabview",
    ],
  ] as const)("%s", async ([, script]) => {
    const { direct, through } = await both(`\\set VERBOSITY verbose\n${script}\n`);
    expect(through.stdout).toBe(direct.stdout);
    expect(through.stderr.replaceAll(/^LOCATION.*\n/gm, "")).toBe(
      direct.stderr.replaceAll(/^LOCATION.*\n/gm, ""),
    );
  });

  test.for([
    "\\d",
    "\\d orders",
    "\\d+ order_details",
    "\\dt+",
    "\\di",
    "\\dv",
    "\\ds",
    "\\dn+",
    "\\df",
    "\\du",
    "\\l",
    "\\dT",
    "\\dx",
    "\\dp",
    "\\d+ payments",
    "\\sv monthly_revenue",
    "\\dC",
    "\\db",
  ])("%s", async (command) => {
    const { direct, through } = await both(`${command}\n`);
    expect(through).toEqual(direct);
    expect(through.stdout + through.stderr).not.toBe("");
  });
});

describe("psql sees masked", () => {
  const clear = /customer10@|555-0310|1984-01-12|510-63-4950|4000056601108669/;

  test("columns, JSON and what detectors find", async () => {
    const { stdout } = await psql(
      gate().gate,
      "select name, email, phone, birth_date, profile from customers where id in (10, 14);",
    );
    expect(stdout).toContain("Greta Ueda");
    expect(stdout).toContain("[redacted:us_ssn]");
    expect(stdout).not.toMatch(clear);
  });

  test.for(["text", "csv", "binary"])("\\copy to a file in %s", async (format) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-copy-"));
    const file = join(folder, "customers");
    try {
      const columns = "(select id, name, email, phone from customers order by id)";
      const script = `\\copy ${columns} to '${file}' (format ${format})\n`;
      const copied = await psql(gate().gate, script);
      expect(copied).toMatchObject({ code: 0, stderr: "" });
      const written = readFileSync(file, "latin1");
      expect(written).toContain("Greta Ueda");
      expect(written).not.toMatch(clear);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("cursors over masked columns", async () => {
    const script =
      "begin; declare c cursor for select email, phone from customers where id = 10;\n" +
      "fetch all from c;\ncommit;";
    const { stdout } = await psql(gate().gate, script);
    expect(stdout).toContain("[redacted]");
    expect(stdout).not.toMatch(clear);
  });
});

describe("\\copy moves unmasked data as it is", () => {
  test.for(["text", "csv", "binary"])("in %s, out and back in", async (format) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-copy-"));
    const [out, direct] = [join(folder, "through"), join(folder, "direct")];
    const columns = "(select id, sku, name, price, stock, tags from products order by id)";
    try {
      await psql(gate().direct, `\\copy ${columns} to '${direct}' (format ${format})\n`);
      const table = `copied_${format}`;
      const moved = await psql(
        gate().gate,
        `\\copy ${columns} to '${out}' (format ${format})
create table ${table} (like products);
\\copy ${table} from '${out}' (format ${format})
select count(*), sum(stock) from ${table};
drop table ${table};
`,
      );
      expect(moved.stderr).toBe("");
      expect(moved.stdout).toContain("COPY 120\nCREATE TABLE\nCOPY 120\n120|");
      expect(readFileSync(out).equals(readFileSync(direct))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a COPY that fails leaves the session usable", async () => {
    const script =
      "create temp table t (n int);\ncopy t from stdin;\n1\nx\n\\.\nselect 'usable';\n";
    const { direct, through } = await both(script);
    expect(through.stdout).toBe(direct.stdout);
    expect(through.stderr).toContain("ERROR:");
  });
});

describe("psql and the gateway's own part", () => {
  test("a refusal outside and inside a transaction behaves as the server's errors do", async () => {
    const script =
      "drop table payments;\nselect 'usable';\nbegin;\ndrop table payments;\n" +
      "select 'not now';\nrollback;\nselect 'usable again';\n";
    const { stdout, stderr } = await psql(gate().gate, `\\set VERBOSITY verbose\n${script}`);
    expect(stdout).toBe("usable\nBEGIN\nROLLBACK\nusable again\n");
    expect(stderr.match(/ERROR: {2}42501/g)).toHaveLength(2);
    expect(stderr).toContain("ERROR:  25P02");
  });

  test("a string of statements with one that is refused runs none of them", async () => {
    const script =
      "create table never (n int)\\; drop table payments;\nselect to_regclass('never');\n";
    expect((await psql(gate().gate, script)).stdout).toBe("\n");
  });

  test("notices arrive, without their text where columns are masked", async () => {
    const { stderr } = await psql(gate().gate, "do $$ begin raise notice 'hidden'; end $$;\n");
    expect(stderr).toContain("NOTICE:");
    expect(stderr).not.toContain("hidden");
  });

  test("a notification arrives, without its payload where columns are masked", async () => {
    const { stdout } = await psql(gate().gate, "listen ch;\nnotify ch, 'payload';\nselect 5;\n");
    expect(stdout).toContain('Asynchronous notification "ch" received');
    expect(stdout).not.toContain("payload");
  });

  test("\\timing and \\watch", async () => {
    const child = spawnPsql(gate().gate, ["-At"]);
    child.stdin?.write("\\timing on\nselect 'watched' \\watch 0.1\n");
    let seen = "";
    for await (const bytes of child.stdout as NonNullable<typeof child.stdout>) {
      seen += String(bytes);
      if (seen.split("watched\n").length > 3) child.kill("SIGKILL");
    }
    expect(seen.match(/Time: [\d.]+ ms/g)?.length).toBeGreaterThanOrEqual(2);
  });

  test("SIGINT cancels what runs", async () => {
    const child = spawnPsql(gate().gate, ["-At"]);
    const asleep = "select count(*) from pg_stat_activity where query like 'select pg_sleep(25)%'";
    child.stdin?.write("select pg_sleep(25);\n");
    while ((await psql(gate().direct, `${asleep};`)).stdout !== "1\n");
    child.kill("SIGINT");
    const { stderr } = await finished(child);
    expect(stderr).toContain("canceling statement due to user request");
    expect((await psql(gate().direct, `${asleep};`)).stdout).toBe("0\n");
  });

  test.for(["select 1 +;", "execute nothing(1);"])("the session outlives %s", async (script) => {
    const { stdout, stderr } = await psql(gate().gate, `${script}\nselect 'usable';\n`);
    expect(stdout).toBe("usable\n");
    expect(stderr).toContain("ERROR:");
  });

  test("a million rows", async () => {
    const sql = "select g, 'row ' || g from generate_series(1, 1000000) g";
    const counted = await run("sh", ["-c", `psql -AtXc "${sql}" "$GATE" | wc`], {
      env: { GATE: gate().gate },
    });
    expect(counted.stdout.trim().split(/\s+/)).toEqual(["1000000", "2000000", "17777792"]);
  });

  test("a migration sees its own uncommitted tables unmasked", async () => {
    const script = `begin;
create table fresh (id int generated always as identity primary key, title text);
alter table fresh add column made_on date not null default '2026-01-02';
insert into fresh (title) values ('one'), ('two') returning id, title, made_on;
select id, title, made_on from fresh order by id;
update fresh set title = 'three' where id = 2 returning title;
commit;
select id, title, made_on from fresh order by id;
drop table fresh;
`;
    const { direct, through } = await both(script);
    expect(through).toEqual(direct);
  });
});
