import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text as readAll } from "node:stream/consumers";
import { relations } from "drizzle-orm";
import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import pg from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { useGate } from "./gate.ts";

const gate = useGate();
const clear = /customer10@|555-0310|1984-01-1[12]|510-63-4950|4000056601108669/;

/** What `see` sees directly and through the gate, each on a connection of its own. */
async function both<T>(see: (url: string) => Promise<T>): Promise<{ direct: T; through: T }> {
  return { direct: await see(gate().direct), through: await see(gate().gate) };
}

async function withPg<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const PRODUCTS = "SELECT id, sku, price, stock, tags FROM products WHERE id < $1 ORDER BY id";

describe("pg sees the same without a gateway:", () => {
  test.for<[string, (client: pg.Client) => Promise<unknown>]>([
    ["simple queries", (client) => client.query("SELECT 1 AS a; SELECT 2 AS b")],
    ["parameters", (client) => client.query(PRODUCTS, [20])],
    [
      "named statements",
      async (client) => {
        const each = (n: number) => client.query({ name: "products", text: PRODUCTS, values: [n] });
        return [await each(2), await each(5), await each(9)];
      },
    ],
    [
      "binary results",
      (client) => client.query({ text: PRODUCTS, values: [20], binary: true } as pg.QueryConfig),
    ],
    [
      "rows in portions of a portal",
      (client) => client.query({ text: PRODUCTS, values: [90], rows: 7 } as pg.QueryConfig),
    ],
    ["many at once", (c) => Promise.all([1, 2, 3, 9].map((n) => c.query(PRODUCTS, [n])))],
    [
      "an error and what follows",
      async (client) => {
        const code = await client.query("SELECT 1/$1::int", [0]).catch(codeOf);
        return [code, await client.query("SELECT 'usable'")];
      },
    ],
    [
      "values of a megabyte",
      (client) => client.query("SELECT length($1), repeat('ab', 600000)", ["x".repeat(1e6)]),
    ],
  ])("%s", async ([, use]) => {
    const { direct, through } = await both((url) => withPg(url, use));
    expect(JSON.stringify(through)).toBe(JSON.stringify(direct));
  });

  test("a refusal is an error of the server's, in and outside of a transaction", async () => {
    const seen = await withPg(gate().gate, async (client) => [
      await client.query("DROP TABLE payments").catch(codeOf),
      await client.query({ text: "DROP TABLE payments", values: [] }).catch(codeOf),
      (await client.query("BEGIN")).command,
      await client.query({ name: "d", text: "DROP TABLE payments" }).catch(codeOf),
      await client.query("SELECT 1").catch(codeOf),
      (await client.query("ROLLBACK")).command,
      (await client.query("SELECT $1 AS a", ["usable"])).rows,
    ]);
    const usable = [{ a: "usable" }];
    expect(seen).toEqual(["42501", "42501", "BEGIN", "42501", "25P02", "ROLLBACK", usable]);
  });

  test.for([false, true])("masked columns are masked, binary: %s", async (binary) => {
    const { direct, through } = await both((url) =>
      withPg(url, async (client) => {
        const sql = "SELECT email, phone, birth_date, profile FROM customers WHERE id = $1";
        const { rows } = await client.query({ text: sql, values: [10], binary } as pg.QueryConfig);
        return JSON.stringify(rows);
      }),
    );
    expect(direct).toMatch(clear);
    expect(through).toContain("[redacted]");
    expect(through).not.toMatch(clear);
  });
});

describe("a row that was read with its masks and is written back", () => {
  const columns = ["name", "email", "phone", "birth_date", "city"];
  const update = (names: readonly string[]): string => {
    const sets = names.map((name, i) => `${name} = $${i + 2}`);
    return `UPDATE customers SET ${sets.join(", ")} WHERE id = $1`;
  };

  test("by pg: refused as a whole and for each masked column; others are written", () =>
    withPg(gate().gate, async (client) => {
      const read = "SELECT * FROM customers WHERE id = 11";
      const [row] = (await client.query(read)).rows as Record<string, unknown>[];
      const save = (names: readonly string[]) =>
        client.query(update(names), [11, ...names.map((name) => row?.[name])]);
      for (const names of [columns, ["email"], ["phone"], ["birth_date"]]) {
        await expect(save(names)).rejects.toMatchObject({
          code: "42501",
          message: expect.stringMatching(/^customers\.\w+ is masked for you by \w+: this would/),
        });
      }
      expect((await save(["name", "city"])).rowCount).toBe(1);
    }));

  test("by postgres.js: refused, one row or many at once; others are written", () =>
    withPostgresJs(gate().gate, async (sql) => {
      const rows = await sql`SELECT id, name, phone, birth_date FROM customers WHERE id < 4`;
      const [row] = rows as unknown as readonly Record<string, string>[];
      const values = rows.map(({ id, phone }) => [id, phone]) as [number, string][];
      const refused = await Promise.all([
        sql`UPDATE customers SET ${sql(row ?? {}, "name", "phone")} WHERE id = 1`.catch(codeOf),
        sql`UPDATE customers SET ${sql(row ?? {}, "birth_date")} WHERE id = 1`.catch(codeOf),
        sql`UPDATE customers SET phone = v.phone FROM (VALUES ${sql(values)}) AS v (id, phone)
          WHERE customers.id = v.id::int`.catch(codeOf),
      ]);
      expect(refused).toEqual(["42501", "42501", "42501"]);
      const written = await sql`UPDATE customers SET ${sql(row ?? {}, "name")} WHERE id = 1`;
      expect(written.count).toBe(1);
    }));
});

const codeOf = (error: unknown): unknown => (error as { code?: string }).code ?? String(error);

async function withPostgresJs<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 3, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

async function cursor(sql: postgres.Sql): Promise<unknown> {
  const seen: unknown[] = [];
  for await (const rows of sql`SELECT id, total FROM orders ORDER BY id LIMIT 100`.cursor(7)) {
    seen.push(rows);
  }
  return seen;
}

async function copy(sql: postgres.Sql): Promise<unknown> {
  const out = await sql`COPY (SELECT id, sku FROM products ORDER BY id) TO STDOUT`.readable();
  const written = await readAll(out);
  await sql`CREATE TABLE copied_js (id int, sku text)`;
  await pipeline(Readable.from([written]), await sql`COPY copied_js FROM STDIN`.writable());
  const rows = await sql`SELECT * FROM copied_js ORDER BY id`;
  await sql`DROP TABLE copied_js`;
  return [written, rows];
}

async function transaction(sql: postgres.Sql): Promise<unknown> {
  await sql`CREATE TABLE in_js (id int PRIMARY KEY, body text)`;
  const failed = await sql
    .begin(async (tx) => {
      await tx`INSERT INTO in_js VALUES (1, 'gone')`;
      await tx`INSERT INTO in_js VALUES (1, 'twice')`;
    })
    .catch(codeOf);
  const kept = await sql.begin(async (tx) => {
    await tx`INSERT INTO in_js ${sql([{ id: 2, body: "two" }])}`;
    await tx.savepoint((inner) => inner`SELECT 1/0`).catch(() => {});
    return tx`SELECT * FROM in_js`;
  });
  await sql`DROP TABLE in_js`;
  return [failed, kept];
}

describe("postgres.js sees the same without a gateway:", () => {
  test.for<[string, (sql: postgres.Sql) => Promise<unknown>]>([
    ["simple queries", (sql) => sql.unsafe("SELECT 1 AS a; SELECT 2 AS b").simple()],
    ["tagged queries", (sql) => sql`SELECT id, sku, price, tags FROM products WHERE id < ${20}`],
    [
      "two hundred in one pipeline",
      (sql) =>
        Promise.all(
          Array.from({ length: 200 }, (_, n) => sql`SELECT id, sku FROM products WHERE id = ${n}`),
        ),
    ],
    ["a cursor", cursor],
    ["COPY both ways", copy],
    ["transactions", transaction],
    [
      "a large result",
      (sql) => sql`SELECT count(*), sum(n) FROM (SELECT generate_series(1, 100000) n) s`,
    ],
    [
      "a hundred thousand rows",
      async (sql) =>
        (await sql`SELECT g, md5(g::text) FROM generate_series(1, 100000) g`).slice(-9),
    ],
  ])("%s", async ([, use]) => {
    const { direct, through } = await both((url) => withPostgresJs(url, use));
    expect(JSON.stringify(through)).toBe(JSON.stringify(direct));
  });

  test("listen and notify", () =>
    withPostgresJs(gate().gate, async (sql) => {
      const heard = await new Promise<string>((resolve, reject) => {
        sql.listen("ch", resolve).then(() => sql.notify("ch", "payload"), reject);
      });
      expect(heard).toBe("");
    }));

  test("a query that is cancelled ends, and the connection goes on", () =>
    withPostgresJs(gate().gate, async (sql) => {
      const asleep = sql`SELECT pg_sleep(25)`;
      const ended = asleep.catch(codeOf);
      await withPg(gate().direct, async (client) => {
        const running = "SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'";
        while ((await client.query(running)).rowCount === 0);
      });
      asleep.cancel();
      expect(await ended).toBe("57014");
      expect(await sql`SELECT 'usable' AS a`).toEqual([{ a: "usable" }]);
    }));

  test("a refusal in the middle of a pipeline is one statement's error", () =>
    withPostgresJs(gate().gate, async (sql) => {
      const answers = await Promise.all([
        sql`SELECT 1 AS a`,
        sql`DROP TABLE payments`.catch(codeOf),
        sql`SELECT 2 AS a`,
      ]);
      expect(answers).toEqual([[{ a: 1 }], "42501", [{ a: 2 }]]);
    }));

  test("masked columns and copies of them are masked", async () => {
    const { direct, through } = await both((url) =>
      withPostgresJs(url, async (sql) => [
        JSON.stringify(await sql`SELECT email, phone, profile FROM customers WHERE id = ${10}`),
        await readAll(await sql`COPY customers (email, phone) TO STDOUT`.readable()),
      ]),
    );
    for (const shown of direct) expect(shown).toMatch(clear);
    for (const shown of through) {
      expect(shown).toContain("[redacted]");
      expect(shown).not.toMatch(clear);
    }
  });
});

/** Folders as drizzle-kit writes them. */
function migrations(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-migrations-"));
  mkdirSync(join(folder, "meta"));
  const steps = [
    `CREATE TABLE "books" ("id" serial PRIMARY KEY, "title" text NOT NULL);
--> statement-breakpoint
ALTER TABLE "books" ADD COLUMN "pages" integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
INSERT INTO "books" ("title") VALUES ('from the migration');`,
    `CREATE INDEX "books_title" ON "books" USING btree ("title");
--> statement-breakpoint
ALTER TABLE "books" RENAME COLUMN "pages" TO "leaves";`,
  ];
  const entries = steps.map((sql, idx) => {
    const tag = `000${idx}_step`;
    writeFileSync(join(folder, `${tag}.sql`), sql);
    return { idx, version: "7", when: 1_700_000_000_000 + idx, tag, breakpoints: true };
  });
  const journal = { version: "7", dialect: "postgresql", entries };
  writeFileSync(join(folder, "meta/_journal.json"), JSON.stringify(journal));
  return folder;
}

const books = pgTable("books", {
  id: serial().primaryKey(),
  title: text().notNull(),
  leaves: integer().notNull(),
});

test("drizzle migrates, twice, and what it made is shown as it is", () =>
  withPostgresJs(gate().gate, async (sql) => {
    const folder = migrations();
    const db = drizzle(sql);
    await migrate(db, { migrationsFolder: folder });
    await migrate(db, { migrationsFolder: folder });
    rmSync(folder, { recursive: true });
    const made = await db.transaction(async (tx) => {
      await tx.insert(books).values([{ title: "one", leaves: 2 }]);
      return tx.insert(books).values({ title: "two", leaves: 3 }).returning();
    });
    expect(made).toEqual([{ id: 3, title: "two", leaves: 3 }]);
    expect(await db.select().from(books).orderBy(books.id)).toEqual([
      { id: 1, title: "from the migration", leaves: 1 },
      { id: 2, title: "one", leaves: 2 },
      { id: 3, title: "two", leaves: 3 },
    ]);
    expect(await db.update(books).set({ leaves: 9 }).returning()).toHaveLength(3);
    await sql.unsafe("DROP TABLE books; DROP SCHEMA drizzle CASCADE");
  }));

const customers = pgTable("customers", {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
  phone: text(),
});
const orders = pgTable("orders", {
  id: integer().primaryKey(),
  customerId: integer("customer_id").references(() => customers.id),
  status: text().notNull(),
});
const schema = {
  customers,
  orders,
  ordersOf: relations(customers, ({ many }) => ({ orders: many(orders) })),
  customerOf: relations(orders, ({ one }) => ({
    customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
  })),
};

test("drizzle's nested rows, which come as JSON, are masked inside", async () => {
  const { direct, through } = await both((url) =>
    withPostgresJs(url, (sql) =>
      drizzle(sql, { schema }).query.orders.findMany({
        where: (order, { lt }) => lt(order.id, 6),
        orderBy: (order) => order.id,
        with: { customer: { with: { orders: { columns: { id: true } } } } },
      }),
    ),
  );
  expect(direct).toHaveLength(5);
  const masked = direct.map(({ customer, ...order }) => ({
    ...order,
    customer: customer && {
      ...customer,
      email: `${"*".repeat(customer.email.length - 4)}${customer.email.slice(-4)}`,
      phone: customer.phone === null ? null : "[redacted]",
    },
  }));
  expect(through).toEqual(masked);
});
