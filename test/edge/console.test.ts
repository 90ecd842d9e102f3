import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { PersonName } from "../../demo/people.ts";
import { Browser } from "../../demo/sign-in.ts";
import { ConsoleClient } from "../support/console.ts";
import { cli, useDemo } from "../support/demo.ts";
import { needs } from "../support/tools.ts";
import { eventually } from "./edge.ts";

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

/** The API as the pages use it. */
async function call(person: PersonName, path: string, json?: object): Promise<Response> {
  const headers = { cookie: await cookieOf(person), origin: demo().url };
  if (json === undefined) return fetch(`${demo().url}${path}`, { headers });
  return fetch(`${demo().url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(json),
  });
}

type Listed = { readonly id: string; readonly state: string };
const sessionOf = async (id: string): Promise<Listed> =>
  (await (await call("ada", `/api/sessions/${id}`)).json()) as Listed;

/** Its rows, by a psql that writes NULL as the word. */
async function psql(sql: string): Promise<(string | null)[][]> {
  const flags = ["-X", "-q", "-A", "-t", "-F", "\t", "-P", "null=NULL", "-c", sql];
  const { stdout } = await cli(demo(), ["psql", "shop-db", ...flags], { as: "ada" });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").map((text) => (text === "NULL" ? null : text)));
}

describe("what a console shows", () => {
  it.for([
    "select id, name, email as contact, phone, birth_date from customers order by id limit 20",
    "select card_number, amount, lower(card_number) from payments order by id limit 5",
    "select ssn, salary, json_build_array(name, ssn) from employees order by id limit 5",
  ])("is what psql shows: %s", async (sql, context) => {
    needs(context, "psql");
    const { rows } = await (await opened()).run(sql);
    expect(rows).toEqual(await psql(sql));
  });

  it("are texts as they were sent, NULL apart from them, and columns of any name", async () => {
    const console = await opened();
    const { columns, rows, end } = await console.run("select null, '', 'null', 1.50 a, true a");
    expect(columns).toEqual(["?column?", "?column?", "?column?", "a", "a"]);
    expect(rows).toEqual([[null, "", "null", "1.50", "t"]]);
    expect(end).toMatchObject({ on: "done", tag: "SELECT", rows: 1, whole: true });
  });

  it("has columns also where no row comes, and where the tag counts none", async () => {
    const console = await opened();
    const nobody = await console.run("select id, name from customers where false");
    expect(nobody).toMatchObject({ columns: ["id", "name"], rows: [], end: { rows: 0 } });
    expect((await console.run("show application_name")).rows).toEqual([["sluice console"]]);
    expect((await console.run("explain (costs off) select 1")).rows).toEqual([["Result"]]);
    expect(await console.run("begin")).toMatchObject({ columns: [], end: { tag: "BEGIN" } });
    const changed = await console.run("update products set stock = stock where id = 1");
    expect(changed.end).toMatchObject({ tag: "UPDATE", rows: 1 });
    expect((await console.run("rollback")).end).toMatchObject({ tag: "ROLLBACK" });
  });
});

describe("what a console refuses", () => {
  it("is what the policy blocks, in its words, and the session goes on", async () => {
    const console = await opened();
    const { end } = await console.run("drop table orders");
    expect(end).toMatchObject({
      on: "failed",
      message: "Dropping and truncating tables is not allowed here.",
    });
    expect((await console.run("select 1")).rows).toEqual([["1"]]);
  });

  it.each([
    ["several statements", "select 1; select 2", /One statement at a time: these are 2/],
    ["no statement", " -- nothing\n;", /no statement/],
    ["COPY", "copy customers to stdout", /psql/],
    ["a long one", `select '${"x".repeat(128 * 1024)}'`, /128 KiB/],
  ])("is what it cannot do: %s", async (_, sql, words) => {
    const { end } = await (await opened()).run(sql);
    expect(end).toMatchObject({ on: "failed", code: "not_here" });
    expect((end as { message: string }).message).toMatch(words);
  });

  it("has the place of a mistake, and what the server advises", async () => {
    const { end } = await (await opened()).run("select nme from customers");
    expect(end).toMatchObject({ on: "failed", code: "42703", position: 8 });
    expect((end as { hint: string }).hint).toContain("customers.name");
  });

  it("is a second statement while one runs", async () => {
    const console = await opened();
    const first = console.begin("select pg_sleep(60)");
    console.say({ do: "run", id: 99, sql: "select 1" });
    expect(await console.hear("failed")).toMatchObject({ id: 99, code: "busy" });
    console.say({ do: "cancel", id: first });
  });

  it("is whoever comes from elsewhere, has no grant, or has not signed in", async () => {
    await expect(consoleOf("ada", "", "https://evil.example")).rejects.toThrow(/403/);
    await expect(consoleOf("ida")).rejects.toThrow(/404/);
    const url = `${demo().url}/api/console/shop-db`;
    await expect(ConsoleClient.connect(url, { origin: demo().url })).rejects.toThrow(/401/);
  });

  it("is a sixth console of one person", async () => {
    const five = await Promise.all(Array.from({ length: 5 }, () => opened("rui")));
    const sixth = await consoleOf("rui");
    expect(await sixth.hear("ended")).toMatchObject({ code: "too_many" });
    five[0]?.socket.terminate();
    await eventually(async () => {
      const again = await consoleOf("rui");
      return (await again.hear("opened", "ended")).on === "opened";
    });
  });
});

describe("a statement that waits for people", () => {
  const sql = "update products set stock = stock";

  it("says where, and runs when it is approved", async () => {
    const console = await opened();
    console.begin(sql);
    const { review, message } = await console.hear("notice");
    expect(message).toContain(`review ${review}`);
    expect((await call("rui", `/api/reviews/${review}/approve`, {})).status).toBe(200);
    expect((await console.rest()).end).toMatchObject({ on: "done", tag: "UPDATE" });
  });

  it("is refused in the reviewer's words, or withdrawn by a cancel", async () => {
    const console = await opened();
    console.begin(sql);
    const { review } = await console.hear("notice");
    await call("rui", `/api/reviews/${review}/reject`, { comment: "Not on a Friday." });
    const { end } = await console.rest();
    expect((end as { message: string }).message).toContain("Not on a Friday.");
    const second = console.begin(sql);
    const held = await console.hear("notice");
    console.say({ do: "cancel", id: second });
    expect((await console.rest()).end).toMatchObject({ on: "failed", code: "57014" });
    const answer = await call("rui", `/api/reviews/${held.review}`);
    expect(await answer.json()).toMatchObject({ state: "withdrawn" });
  });
});

it("a statement that waits for people is withdrawn when its page leaves", async () => {
  const console = await opened();
  console.begin("update products set stock = stock");
  const { review } = await console.hear("notice");
  console.socket.close();
  await eventually(async () => {
    const seen = (await (await call("rui", `/api/reviews/${review}`)).json()) as Listed;
    return seen.state === "withdrawn";
  });
});

describe("many rows", () => {
  it("come page by page, and only those that somebody asks for", async () => {
    const console = await opened();
    const id = console.begin("select n, repeat('x', 100) from generate_series(1, 100000) n");
    const first = await console.hear("rows");
    expect(first).toMatchObject({ more: true });
    expect(first.rows).toHaveLength(500);
    // What is not asked for has not been sent to the console either.
    console.say({ do: "cancel", id });
    const { end } = await console.rest();
    expect(end).toMatchObject({ on: "done", rows: 500, whole: false });
    const { session } = await console.opened();
    console.socket.close();
    await eventually(async () => (await sessionOf(session)).state === "ended");
    const { items } = (await (
      await call("ada", `/api/sessions/${session}/records?limit=1000`)
    ).json()) as { items: { kind: string; fact: { bytes?: string } }[] };
    const sent = items.map(({ kind, fact }) => (kind === "toClient" ? (fact.bytes ?? "") : ""));
    expect(sent.join("").length).toBeLessThan(200_000);
  });

  it("come all of them where all are asked for", async () => {
    const { rows, end } = await (
      await opened()
    ).run("select n from generate_series(1, 100000) n order by n");
    expect(rows).toHaveLength(100_000);
    expect(rows.at(-1)).toEqual(["100000"]);
    expect(end).toMatchObject({ on: "done", tag: "SELECT", rows: 100_000, whole: true });
  });

  it("of a change are committed when let go, and undone when the page leaves", async () => {
    const [console, leaving] = [await opened(), await opened()];
    await console.run("create table counted (n int)");
    const sql = "insert into counted select generate_series(1, 1000) returning n";
    leaving.begin(sql);
    await leaving.hear("rows");
    leaving.socket.close();
    const id = console.begin(sql);
    expect(await console.hear("rows")).toMatchObject({ more: true });
    console.say({ do: "cancel", id });
    expect((await console.rest()).end).toMatchObject({ on: "done", whole: false });
    expect((await console.run("select count(*) from counted")).rows).toEqual([["1000"]]);
  });

  it("that are too large are cancelled with a reason, and the session goes on", async () => {
    const console = await opened();
    const wide = "select repeat('x', 200000), pg_sleep(0.02) from generate_series(1, 499)";
    expect((await console.run(wide)).end).toMatchObject({ on: "failed", code: "54000" });
    expect((await console.run("select 1")).rows).toEqual([["1"]]);
  });

  it("of one value that is too large end the session with a reason", async () => {
    const console = await opened();
    console.begin("select repeat('x', 40000000)");
    expect(await console.hear("ended")).toMatchObject({ code: "too_large" });
  });

  it("and notices without end are passed on up to a bound", async () => {
    const console = await opened();
    const sql = "do $$ begin for i in 1..1000 loop raise notice 'n%', i; end loop; end $$";
    expect((await console.run(sql)).end).toMatchObject({ on: "done", tag: "DO" });
    expect(console.told.filter(({ on }) => on === "notice")).toHaveLength(100);
  });
});

describe("the end of a console", () => {
  it("of its statement is a cancel, and the session goes on", async () => {
    const console = await opened();
    const id = console.begin("select pg_sleep(600)");
    console.say({ do: "cancel", id });
    expect((await console.rest()).end).toMatchObject({ on: "failed", code: "57014" });
    expect((await console.run("select 1")).rows).toEqual([["1"]]);
  });

  it("of a statement whose page leaves is a cancel too", async () => {
    const [console, other] = [await opened(), await opened()];
    const sql = "select 1 from pg_stat_activity where query = 'select pg_sleep(601)'";
    const running = async () => (await other.run(`${sql} and state = 'active'`)).rows.length > 0;
    console.begin("select pg_sleep(601)");
    await eventually(running);
    console.socket.close();
    await eventually(async () => !(await running()));
  });

  it("is told at once where the session is ended by somebody", async () => {
    const console = await opened();
    const { session } = await console.opened();
    console.begin("select pg_sleep(600)");
    const killed = await call("max", `/api/sessions/${session}/kill`, { reason: "Enough." });
    expect(killed.status).toBe(200);
    expect((await console.hear("ended")).message).toContain("Enough.");
  });

  it("is told at once where the sign-in ends", async () => {
    const cookie = await new Browser("ada").signIn(demo().url);
    const headers = { cookie, origin: demo().url };
    const url = `${demo().url}/api/console/shop-db`;
    const console = await ConsoleClient.connect(url, headers);
    await console.opened();
    await fetch(`${demo().url}/auth/logout`, { method: "POST", headers });
    expect((await console.hear("ended")).message).toMatch(/sign/i);
  });

  it("is the session's, whose recording is whole", async () => {
    const console = await opened();
    const { session } = await console.opened();
    await console.run("select name from customers limit 3");
    console.socket.close();
    await eventually(async () => (await sessionOf(session)).state === "ended");
    const file = join(demo().stateDir, `${session}.sluice`);
    const args = ["sessions", "export", "--raw", "--output", file, session];
    expect(await cli(demo(), args, { as: "ida" })).toMatchObject({ code: 0 });
    const verified = await cli(demo(), ["audit", "verify", file], { as: "ida" });
    expect(verified).toMatchObject({ code: 0 });
    const { stdout } = await cli(demo(), ["sessions", "show", "--json", session], { as: "ida" });
    expect(stdout).toContain("select name from customers limit 3");
  });

  it("comes for a message that no console knows", async () => {
    const console = await opened();
    console.socket.send("{}");
    expect(await console.hear("ended")).toMatchObject({ code: "protocol" });
  });
});
