import { is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { database } from "../../store/db.ts";
import * as schema from "../../store/schema.ts";
import { Gateway } from "../worker/gateway.ts";

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());

describe("the migrations", () => {
  const tables = Object.entries(schema).filter(([, table]) => is(table, SQLiteTable));
  it.each(tables)("make the table %s as the code reads it", async (_, table) => {
    expect(await database(gate.env).select().from(table).limit(1)).toEqual([]);
  });

  it("make no other table but the index and its own parts", async () => {
    const { results } = await gate.env.DB.prepare(
      `select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\'
       and name not like 'session_search%'`,
    ).all();
    expect(results).toHaveLength(tables.length);
  });
});
