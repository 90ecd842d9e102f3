import { afterEach, describe, expect, it } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { Browser } from "../../demo/sign-in.ts";
import { ConsoleClient } from "../support/console.ts";
import { useDemo } from "../support/demo.ts";

/* The console of a page, against the whole demo with its real PostgreSQL. */

const demo = useDemo();
const cookies = new Map<PersonName, Promise<string>>();
const cookieOf = (person: PersonName): Promise<string> => {
  const cookie = cookies.get(person) ?? new Browser(person).signIn(demo().url);
  cookies.set(person, cookie);
  return cookie;
};

const open: ConsoleClient[] = [];
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate();
});

async function consoleOf(person: PersonName, query = "", origin = demo().url) {
  const headers = { cookie: await cookieOf(person), origin };
  const client = await ConsoleClient.connect(`${demo().url}/api/console/shop-db${query}`, headers);
  open.push(client);
  return client;
}

async function opened(person: PersonName = "ada"): Promise<ConsoleClient> {
  const client = await consoleOf(person);
  await client.opened();
  return client;
}

describe("a console", () => {
  it("shows texts as they were sent, masked, and NULL as NULL", async () => {
    const console = await opened();
    const sql = "select id, name, email as contact, profile from customers where id in (7, 10)";
    const { columns, rows, end } = await console.run(sql);
    expect(columns).toEqual(["id", "name", "contact", "profile"]);
    expect(rows).toHaveLength(2);
    expect(rows.flat().join(" ")).not.toMatch(/[a-z]@[a-z]/);
    expect(end).toMatchObject({ on: "done", tag: "SELECT", rows: 2, whole: true });
    const nulls = await console.run("select null, '', 'null', 1.50, true");
    expect(nulls.rows).toEqual([[null, "", "null", "1.50", "t"]]);
    expect((await console.run("show application_name")).rows).toEqual([["sluice console"]]);
    expect(await console.run("select id from customers where false")).toMatchObject({
      columns: ["id"],
      rows: [],
      end: { on: "done", rows: 0 },
    });
  });
});
