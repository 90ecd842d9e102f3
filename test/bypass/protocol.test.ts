import { describe, expect, test } from "vitest";
import { utf8 } from "../../core/bytes.ts";
import { clear, goesOn, useGate } from "./gate.ts";
import { cellsOf, errorsOf, lettersOf, say, textsOf } from "./wire.ts";

/* E. What messages can do that SQL cannot. */

const gate = useGate();

const secret = "select secret, pin, born from people order by id";

describe("E. results by the extended protocol", () => {
  test("a format for each column", async () => {
    const wire = await gate().open();
    const bind = say.bind({ results: [1, 0, 1] });
    const answers = await wire.ask(say.parse(secret), bind, say.execute(), say.sync());
    expect(lettersOf(answers)).toMatch(/^1 2 D D D/);
    clear(wire, answers);
    await goesOn(wire);
  });

  test("Execute without Describe, after Describe of the statement, and of the portal", async () => {
    const wire = await gate().open();
    for (const describes of [[], [say.describe("S")]]) {
      const answers = await wire.ask(
        say.parse(secret),
        ...describes,
        say.bind({ results: [1] }),
        say.execute(),
        say.sync(),
      );
      expect(cellsOf(answers).length).toBeGreaterThan(8);
      clear(wire, answers);
    }
    await goesOn(wire);
  });

  test("a portal in pieces, with other statements between the pieces", async () => {
    const wire = await gate().open();
    const answers = await wire.ask(
      say.parse(secret),
      say.bind({ portal: "p" }),
      say.execute("p", 1),
      say.parse("select nickname from friends", "other"),
      say.bind({ portal: "q", statement: "other" }),
      say.execute("q", 1),
      say.execute("p", 1),
      say.execute("q", 0),
      say.execute("p", 0),
      say.sync(),
    );
    expect(answers.filter(({ letter }) => letter === "s").length).toBe(3);
    expect(textsOf(answers)).toContain("Annie");
    clear(wire, answers);
    await goesOn(wire);
  });

  test("Flush in place of Sync", async () => {
    const wire = await gate().open();
    wire.send(say.parse(secret), say.bind({}), say.describe("P"), say.execute(), say.flush());
    const answers = [...(await wire.until("C"))];
    expect(lettersOf(answers)).toMatch(/^1 2 T D D D/);
    answers.push(...(await wire.ask(say.sync())));
    clear(wire, answers);
    await goesOn(wire);
  });

  test("a name used again after Close stands for the new statement", async () => {
    const wire = await gate().open();
    const answers = await wire.ask(
      say.parse("select id, id, id from friends", "s"),
      say.describe("S", "s"),
      say.close("S", "s"),
      say.parse(secret, "s"),
      say.bind({ statement: "s" }),
      say.execute(),
      say.sync(),
    );
    expect(errorsOf(answers)).toEqual([]);
    clear(wire, answers);
    await goesOn(wire);
  });

  test("a portal name bound again stands for the new portal", async () => {
    const wire = await gate().open();
    await wire.ask(
      say.parse("select id, id, id from friends", "a"),
      say.parse(secret, "b"),
      say.sync(),
    );
    const answers = await wire.ask(
      say.bind({ statement: "a" }),
      say.describe("P"),
      say.execute(),
      say.bind({ statement: "b" }),
      say.execute(),
      say.sync(),
    );
    expect(errorsOf(answers)).toEqual([]);
    clear(wire, answers);
    await goesOn(wire);
  });

  test("a statement prepared before its table became another", async () => {
    const wire = await gate().open();
    await wire.ask(say.parse("select v from plain order by id", "s"), say.sync());
    await wire.query("create temp table plain as select id, secret as v from people");
    const answers = await wire.ask(say.bind({ statement: "s" }), say.execute(), say.sync());
    clear(wire, answers);
    const again = await wire.ask(
      say.parse("select v from plain order by id", "t"),
      say.bind({ statement: "t" }),
      say.execute(),
      say.sync(),
    );
    expect(errorsOf(again)).toEqual([]);
    clear(wire, again);
    await goesOn(wire);
  });

  test("a statement of the protocol run by SQL's EXECUTE, and the other way round", async () => {
    const wire = await gate().open();
    await wire.ask(say.parse(secret, "s"), say.sync());
    const answers = await wire.query("execute s");
    expect(answers.filter(({ letter }) => letter === "D").length).toBeGreaterThan(2);
    clear(wire, answers);
    await wire.query(`prepare t as ${secret}`);
    clear(wire, await wire.ask(say.bind({ statement: "t" }), say.execute(), say.sync()));
    await goesOn(wire);
  });

  test("a portal of the protocol read by SQL's FETCH", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    await wire.ask(say.parse(secret), say.bind({ portal: "p" }), say.sync());
    clear(wire, await wire.query("fetch all from p"));
    await wire.query("rollback");
    await goesOn(wire);
  });

  test("a cursor of SQL's read by Execute", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    await wire.query(`declare c cursor for ${secret}`);
    clear(wire, await wire.ask(say.execute("c"), say.sync()));
    await wire.query("rollback");
    await goesOn(wire);
  });

  test("a portal means what its names meant when it was bound", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    await wire.ask(
      say.parse("select upper(note) from events"),
      say.bind({ portal: "p" }),
      say.sync(),
    );
    await wire.query("set search_path to other");
    const answers = await wire.ask(say.execute("p"), say.sync());
    expect(textsOf(answers)).toEqual(["[redacted]"]);
    clear(wire, answers);
    await wire.query("rollback");
    await goesOn(wire);
  });

  test("a prepared statement means what its names mean when it is bound", async () => {
    const wire = await gate().open();
    await wire.query("set search_path to other");
    await wire.ask(say.parse("select upper(note) from events", "s"), say.sync());
    await wire.query("set search_path to public");
    const bound = [say.bind({ statement: "s" }), say.execute(), say.sync()];
    const answers = await wire.ask(...bound);
    expect(textsOf(answers)).toEqual(["[redacted]"]);
    clear(wire, answers);
    await goesOn(wire);
  });

  test("a column renamed by somebody else under an open session", async () => {
    const wire = await gate().open();
    await wire.query("select secret from people_renamed").catch(() => []);
    await gate().run("sluice", "shop", "create table rumours (id int, ssn text, more text)");
    await gate().run("sluice", "shop", "insert into rumours values (1, 'Kestrelux-1', 'x')");
    const first = await wire.query("select ssn from rumours");
    expect(errorsOf(first)).toEqual([]);
    clear(wire, first);
    clear(wire, await wire.extended("select * from rumours", 1));
    await gate().run("sluice", "shop", "alter table rumours add column also text");
    await gate().run("sluice", "shop", "alter table people add column later text");
    clear(wire, await wire.query("select * from rumours"));
    clear(wire, await wire.query("select * from people"));
    await gate().run("sluice", "shop", "alter table people drop column later");
    await goesOn(wire);
  });
});

describe("E. refusals in a pipeline", () => {
  const drop = say.parse("truncate friends");

  test("take their turn, skip to Sync, and leave the transaction failed", async () => {
    const wire = await gate().open();
    const answers = [
      ...(await wire.query("begin")),
      ...(await wire.ask(
        say.parse("select nickname from friends order by id"),
        say.bind({}),
        say.execute(),
        drop,
        say.bind({}),
        say.execute(),
        say.parse("select 'never'"),
        say.bind({}),
        say.execute(),
        say.sync(),
      )),
    ];
    expect(textsOf(answers)).toEqual(["Annie", "Bobby"]);
    expect(errorsOf(answers)).toEqual(["42501 That is not allowed here."]);
    expect(answers.filter(({ letter }) => letter === "Z").length).toBe(2);
    expect(answers.at(-1)?.body).toEqual(utf8("E"));
    expect(errorsOf(await wire.query("select 1"))[0]).toMatch(/^25P02/);
    await wire.query("rollback");
    await goesOn(wire);
  });

  test("of simple queries come in the order of the questions", async () => {
    const wire = await gate().open();
    wire.send(say.query("select 'a'"), say.query("truncate friends"), say.query("select 'b'"));
    const answers = await wire.answers(3);
    expect(lettersOf(answers)).toBe("T D C Z E Z T D C Z");
    await goesOn(wire);
  });

  test("undo what an implicit transaction did before them", async () => {
    const wire = await gate().open();
    const made = "insert into plain values (900, 'x', 1)";
    await wire.ask(
      say.parse(made),
      say.bind({}),
      say.execute(),
      drop,
      say.bind({}),
      say.execute(),
      say.sync(),
    );
    expect(textsOf(await wire.query("select count(*) from plain where id = 900"))).toEqual(["0"]);
    await goesOn(wire);
  });

  test("nothing of the refused statement reached the server", async () => {
    const wire = await gate().open();
    await wire.extended("truncate friends", 0);
    await wire.query("truncate friends");
    const db = await gate().direct("shop");
    expect(textsOf(await db.query("select count(*) from friends where id < 3"))).toEqual(["2"]);
    db.close();
    await goesOn(wire);
  });

  test("a portal that is named as the gate's own cannot be bound", async () => {
    const wire = await gate().open();
    const answers = await wire.ask(
      say.parse("select 1"),
      say.bind({ portal: "sluice refuses" }),
      say.sync(),
    );
    expect(errorsOf(answers)[0]).toMatch(/^42602/);
    await goesOn(wire);
  });
});

describe("E. an immutable function does not run before its command is decided", () => {
  test("neither by Parse nor by Bind nor by Describe", async () => {
    await gate().run(
      "sluice",
      "shop",
      `create sequence witness; create function eager() returns int immutable language sql
        as 'select nextval(''witness'')::int'`,
    );
    const wire = await gate().open("rui");
    const answers = await wire.ask(
      say.parse("select eager()"),
      say.describe("S"),
      say.bind({}),
      say.describe("P"),
      say.execute(),
      say.sync(),
    );
    expect(errorsOf(answers)[0]).toMatch(/^42501 This needs write access/);
    const db = await gate().direct("shop");
    expect(textsOf(await db.query("select is_called from witness"))).toEqual(["f"]);
    db.close();
    await goesOn(wire);
  });
});
