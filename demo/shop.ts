import { readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { type Postgres, type PostgresSettings, startPostgres } from "./postgres.ts";

const shop = readFileSync(join(import.meta.dirname, "shop.sql"), "utf8");

/**
 * PostgreSQL with the database `shop`, owned by the role `sluice` that the gateway logs in as, with
 * the superuser's password.
 */
export async function startShop(settings: PostgresSettings): Promise<Postgres> {
  const server = await startPostgres(settings);
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    const [found] = await admin`SELECT FROM pg_database WHERE datname = 'shop'`;
    if (found === undefined) await fill(admin, server, settings.password);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    await admin.end();
  }
}

/** The database gets its name last, so that a start that was cut short begins again. */
async function fill(admin: postgres.Sql, server: Postgres, password: string): Promise<void> {
  const quoted = `'${password.replaceAll("'", "''")}'`;
  await admin.unsafe("DROP DATABASE IF EXISTS shop_draft");
  await admin.unsafe("DROP ROLE IF EXISTS sluice");
  await admin.unsafe(`CREATE ROLE sluice LOGIN PASSWORD ${quoted}`);
  await admin.unsafe("CREATE DATABASE shop_draft OWNER sluice");
  const url = new URL(server.url);
  url.username = "sluice";
  url.pathname = "/shop_draft";
  const owner = postgres(url.href, { max: 1, onnotice: () => {} });
  try {
    await owner.unsafe(shop).simple();
  } finally {
    await owner.end();
  }
  await admin.unsafe("ALTER DATABASE shop_draft RENAME TO shop");
}
