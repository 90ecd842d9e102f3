import { describe, expect, test } from "vitest";
import { clear, goesOn, useGate } from "./gate.ts";
import { cellsOf, errorsOf, say, tagsOf, type Wire } from "./wire.ts";

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
