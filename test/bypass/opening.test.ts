import { describe, expect, test } from "vitest";
import { concat, u32Bytes, utf8 } from "../../core/bytes.ts";
import { message, startupMessage } from "../../core/protocols/postgres/messages.ts";
import { clear, goesOn, useGate } from "./gate.ts";
import { errorsOf, lettersOf, say, tagsOf, textsOf, Wire } from "./wire.ts";

/* D and E. Ways out by message, and what comes before the first statement. */

const gate = useGate();

const secret = "select secret, pin, born from people order by id";

describe("D. ways out by message", () => {
  test.for([0, 1] as const)("FunctionCall is refused, result format %i", async (result) => {
    const oid = await gate().run(
      "sluice",
      "shop",
      "select 'tell(int)'::regprocedure::oid::int as o",
    );
    const wire = await gate().open();
    const [{ o }] = oid as unknown as [{ o: number }];
    const answers = await wire.ask(say.call(o, [utf8("1")], result));
    expect(lettersOf(answers)).toBe("E Z");
    clear(wire, answers);
    await goesOn(wire);
  });

  test("a notification's payload does not carry a value from another session", async () => {
    const wire = await gate().open();
    await wire.query("listen gossip");
    await gate().run(
      "sluice",
      "shop",
      "select pg_notify('gossip', (select secret from people limit 1))",
    );
    const answers = await wire.query("select 1");
    expect(lettersOf(answers)).toContain("A");
    clear(wire, answers);
    await goesOn(wire);
  });

  test("application_name is not reported back with a value in it", async () => {
    await gate().run(
      "sluice",
      "shop",
      `create function rename_me() returns int language plpgsql as $$ begin
        perform set_config('application_name', (select secret from people where id = 1), false);
        return 1; end $$`,
    );
    const wire = await gate().open();
    clear(wire, await wire.query("select rename_me()"));
    await goesOn(wire);
  });

  test("a stranger's cancel key cancels nothing", async () => {
    const { wire } = await Wire.open(await gate().door("ada"));
    const door = await gate().door("ada");
    const stranger = new Wire(door.port);
    const backend = await wire.query("select pg_backend_pid()");
    const pid = Number(textsOf(backend)[0]);
    wire.send(say.query("select pg_sleep(0.3)"));
    stranger.send(concat([u32Bytes(16), u32Bytes(80_877_102), u32Bytes(pid), u32Bytes(7)]));
    expect(tagsOf(await wire.answers())).toEqual(["SELECT 1"]);
    stranger.close();
    await goesOn(wire);
  });
});

describe("E. the opening", () => {
  const refusedWith = async (parameters: Readonly<Record<string, string>>) => {
    const { wire, greeting } = await Wire.open(await gate().door("ada"), parameters);
    wire.close();
    return errorsOf(greeting)[0] ?? "";
  };

  test.for([
    [{ replication: "true" }, "0A000"],
    [{ replication: "database" }, "0A000"],
    [{ role: "postgres" }, "42501"],
    [{ session_authorization: "postgres" }, "42501"],
    [{ options: "-c role=postgres" }, "42501"],
    [{ options: "-c session_authorization=postgres" }, "42501"],
    [{ options: "--standard-conforming-strings=off" }, "42501"],
    [{ options: "-c standard_conforming_strings=off" }, "42501"],
    [{ options: "-c  row_security=off" }, "42501|42601"],
    [{ options: "-O -c x=y" }, "42601"],
    [{ standard_conforming_strings: "off" }, "42501"],
    [{ STANDARD_CONFORMING_STRINGS: "off" }, "42501"],
    [{ client_encoding: "SJIS" }, "22023"],
    [{ client_encoding: "LATIN1" }, "22023"],
    [{ session_replication_role: "replica" }, "42501"],
    [{ log_statement: "all" }, "42501"],
    [{ "sluice.x": "y" }, "42501"],
    [{ database: "twin" }, "3D000"],
    [{ database: "postgres" }, "3D000"],
    [{ search_path: "a, 'b'" }, "22023"],
  ] as [Record<string, string>, string][])("refuses %j", async ([parameters, code]) => {
    expect(await refusedWith(parameters)).toMatch(new RegExp(`^(${code}) `));
  });

  test("refuses a parameter that comes twice", async () => {
    const { port } = await gate().door("ada");
    const wire = new Wire(port);
    const pairs = [
      ["user", "ada"],
      ["search_path", "public"],
      ["search_path", "other"],
    ] as const;
    wire.send(startupMessage(3 << 16, pairs));
    const first = await wire.next();
    expect(first?.letter === "R" || first?.letter === "E").toBe(true);
    if (first?.letter === "R") {
      wire.send(message("p", utf8(`${(await gate().door("ada")).password}\0`)));
      expect(errorsOf(await wire.answers())[0]).toMatch(/^08P01/);
    }
    wire.close();
  });

  test("a search_path that came along is the one by which names are read", async () => {
    const wire = await gate().open("ada", { search_path: "other" });
    expect(textsOf(await wire.query("select mark from people"))).toEqual(["nothing"]);
    const answers = await wire.query("select secret from public.people");
    clear(wire, answers);
    await wire.query("reset search_path");
    expect(textsOf(await wire.query("select mark from people"))).toEqual(["nothing"]);
    await goesOn(wire);
  });

  test("protocol 3.2 and an unknown minor one are served alike", async () => {
    const { wire, greeting } = await Wire.open(await gate().door("ada"), {}, 2);
    expect(errorsOf(greeting)).toEqual([]);
    clear(wire, await wire.query(secret));
    await goesOn(wire);
  });

  test("bytes behind a startup packet's terminator are refused", async () => {
    const wire = new Wire((await gate().door("ada")).port);
    const body = concat([u32Bytes(3 << 16), utf8("user\0ada\0\0role\0postgres\0\0")]);
    wire.send(concat([u32Bytes(body.length + 4), body]));
    const first = await wire.next();
    if (first?.letter === "R") {
      wire.send(message("p", utf8(`${(await gate().door("ada")).password}\0`)));
      expect(errorsOf(await wire.answers())[0]).toMatch(/^08P01/);
    } else expect(first === null || first.letter === "E").toBe(true);
    wire.close();
  });

  test("a query with bytes behind its terminator ends the session", async () => {
    const wire = await gate().open();
    const answers = await wire.ask(message("Q", utf8("select 1\0; truncate friends\0")));
    expect(errorsOf(answers)[0]).toMatch(/^08P01/);
    expect(textsOf(answers)).toEqual([]);
    wire.close();
  });

  test("a statement that is not UTF-8 is refused", async () => {
    const wire = await gate().open();
    const answers = await wire.ask(
      message("Q", utf8("select '"), Uint8Array.of(0xc3), utf8("'\0")),
    );
    expect(errorsOf(answers)[0]).toMatch(/^42501/);
    await goesOn(wire);
  });
});
