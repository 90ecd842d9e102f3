import { describe, expect, test } from "vitest";
import { clear, goesOn, useGate } from "./gate.ts";
import { cellsOf, errorsOf, say, tagsOf, textsOf, type Wire } from "./wire.ts";

/* B. What a column showed, bound to a parameter and written back; rows/back.ts writes literals. */

const gate = useGate();

const COLUMNS = "ssn email card secret born seen_at big ratio photo badge tags profile doc".split(
  " ",
);

const TEXT = 25;

async function shown(wire: Wire, column: string, format: 0 | 1): Promise<Uint8Array> {
  const answers = await wire.extended(`select ${column} from people where id = 2`, format);
  const [cell] = cellsOf(answers);
  if (cell === null || cell === undefined) throw new Error(`${column} shows nothing`);
  return cell;
}

const write = (
  wire: Wire,
  sql: string,
  value: Uint8Array | string,
  types: readonly number[] = [],
) => wire.ask(say.parse(sql, "", types), say.bind({ values: [value] }), say.execute(), say.sync());

describe("a mask that a driver reads and writes back is refused", () => {
  test.each(COLUMNS)("%s, in text and binary", async (column) => {
    const wire = await gate().open();
    const sql = `update people set name = 'Bob', ${column} = $1 where id = 2`;
    for (const format of [0, 1] as const) {
      const cell = await shown(wire, column, format);
      const value = format === 1 ? cell : Buffer.from(cell).toString();
      const answers = await write(wire, sql, value);
      expect(errorsOf(answers)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^42501 people\\.${column} is masked for you by \\w+: ` +
              "this would write the mask over the value\\.",
          ),
        ),
      ]);
      clear(wire, answers);
    }
    await goesOn(wire);
  });

  test("whatever type the parameter says that it has", async () => {
    const wire = await gate().open();
    const sql = "update people set secret = $1 where id = 2";
    const bytes = Uint8Array.from(Buffer.from("[redacted]"));
    for (const types of [[], [TEXT], [1043]]) {
      const answers = await write(wire, sql, bytes, types);
      expect(errorsOf(answers)[0]).toContain("people.secret is masked for you by hidden");
    }
    await goesOn(wire);
  });

  test("one of many executions of a statement, in a pipeline", async () => {
    const wire = await gate().open();
    const values = ["one", "two", "[redacted]", "three"];
    const answers = await wire.ask(
      say.parse("update people set secret = $1 where id = 99", "s"),
      ...values.flatMap((value) => [say.bind({ statement: "s", values: [value] }), say.execute()]),
      say.sync(),
    );
    expect(tagsOf(answers)).toEqual(["UPDATE 0", "UPDATE 0"]);
    expect(errorsOf(answers)).toHaveLength(1);
    await goesOn(wire);
  });
});

/** One COPY FROM STDIN by a simple query, its data in these messages. */
async function copyIn(wire: Wire, sql: string, data: readonly (string | Uint8Array)[]) {
  wire.send(say.query(sql));
  await wire.until("G");
  return wire.ask(...data.map(say.copyData), say.copyDone());
}

const SAYS =
  /^42501 \w+\.\w+ is masked for you by \w+: this would write the mask over the value\.$/;
const FORMATS = ["text", "csv", "csv, header", "binary"] as const;

describe("a COPY out that comes back in is refused", () => {
  test.each(FORMATS)("in %s, whole tables and chosen columns", async (format) => {
    for (const columns of ["", "(id, name, ssn)", "(photo, id, name)", "(seen_at, name, id)"]) {
      const wire = await gate().open();
      const out = await wire.query(`copy people ${columns} to stdout with (format ${format})`);
      const data = out.flatMap(({ letter, body }) => (letter === "d" ? [body] : []));
      expect(errorsOf(out)).toEqual([]);
      expect(data.length).toBeGreaterThan(2);
      const back = `copy people ${columns} from stdin with (format ${format})`;
      const answers = await copyIn(wire, back, data);
      expect(errorsOf(answers)).toEqual([expect.stringMatching(SAYS)]);
      clear(wire, answers);
      await goesOn(wire);
    }
  });

  test.each([
    ["cut anywhere", ["70\tEve\t[reda", "cted]\n"]],
    [
      "behind rows without",
      [..."abc"].map((word) => `70\tEve\t${word}\n`).concat("7\tE\t[redacted]\n"),
    ],
    ["without an end of the line", ["70\tEve\t[redacted]"]],
    ["with lines as on Windows", ["70\tEve\tx\r\n71\tEve\t[redacted]\r\n"]],
    ["escaped", ["70\tEve\t\\133redacted]\n"]],
    ["in a message of a megabyte", [`70\t${"e".repeat(1 << 20)}\t[redacted]\n71\tEve\tx\n`]],
  ])("%s", async (_, data) => {
    const wire = await gate().open();
    const answers = await copyIn(wire, "copy people (id, name, secret) from stdin", data);
    expect(errorsOf(answers)).toEqual([expect.stringMatching(SAYS)]);
    expect(textsOf(await wire.query("select id from people where id >= 70"))).toEqual([]);
    await goesOn(wire);
  });

  test("by the extended protocol, its transaction failed", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    wire.send(say.parse("copy people (id, name, secret) from stdin"), say.bind({}), say.execute());
    wire.send(say.flush());
    await wire.until("G");
    const answers = await wire.ask(say.copyData("70\tE\t[redacted]\n"), say.copyDone(), say.sync());
    expect(errorsOf(answers)).toEqual([expect.stringMatching(SAYS)]);
    expect(errorsOf(await wire.query("select 1"))[0]).toMatch(/^25P02/);
    await wire.query("rollback");
    await goesOn(wire);
  });

  test.each([
    ["copy people (id, name, secret) from stdin", "70\t[redacted]\tredacted\n"],
    ["copy people (id, secret, name) from stdin (format csv, header)", "id,[redacted],n\n70,,x\n"],
    ["copy friends from stdin", "70\t1\t[redacted]\n"],
  ])("what is no mask goes in: %s", async (sql, data) => {
    const wire = await gate().open();
    await wire.query("begin");
    const answers = await copyIn(wire, sql, [data]);
    expect(errorsOf(answers)).toEqual([]);
    expect(tagsOf(answers)).toEqual(["COPY 1"]);
    await wire.query("rollback");
    await goesOn(wire);
  });
});

describe("what is no mask is written", () => {
  test.each([
    ["name", "[redacted]"],
    ["secret", "redacted"],
    ["born", "2001-02-03"],
    ["ssn", "123-45-6789"],
    ["pin", "7"],
  ])("%s = %s", async (column, value) => {
    const wire = await gate().open();
    await wire.query("begin");
    const answers = await write(wire, `update people set ${column} = $1 where id = 2`, value);
    expect(errorsOf(answers)).toEqual([]);
    expect(tagsOf(answers)).toEqual(["UPDATE 1"]);
    await wire.query("rollback");
    await goesOn(wire);
  });

  test("NULL, by a parameter", async () => {
    const wire = await gate().open();
    await wire.query("begin");
    const answers = await wire.ask(
      say.parse("update people set secret = $1 where id = 2"),
      say.bind({ values: [null] }),
      say.execute(),
      say.sync(),
    );
    expect(errorsOf(answers)).toEqual([]);
    expect(tagsOf(answers)).toEqual(["UPDATE 1"]);
    await wire.query("rollback");
    await goesOn(wire);
  });
});
