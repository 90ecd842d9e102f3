import { describe, expect, test } from "vitest";
import { text } from "../../core/bytes.ts";
import { useGate } from "./gate.ts";
import { cellsOf, errorsOf, tagsOf, textsOf } from "./wire.ts";

/*
 * JSON documents that a statement builds: what is not masked shows, and each masked value stands
 * as its own column would show it.
 */

const gate = useGate();

const FIRST = "from people p where id = 1";
const BOB = "from people where id = 2";

type Json = unknown;
const HASH = expect.stringMatching(/^[0-9a-f]{32}$/) as Json;
const NUMBER = expect.any(Number) as Json;

/** Of the first person, column by column. */
const MASKED = {
  id: 1,
  name: "Ann",
  ssn: "************71",
  email: HASH,
  card: "[redacted]",
  secret: "[redacted]",
  born: "2000-01-01",
  seen_at: "2000-01-01T00:00:00+00:00",
  salary: null,
  pin: NUMBER,
  big: 0,
  ratio: 0,
  photo: "\\x",
  badge: expect.stringMatching(/^.{14}8.{3}-[89ab]/) as Json,
  tags: [],
  profile: "[redacted]",
  doc: "[redacted]",
  relative: null,
  city: "Berlin",
  echo: "[redacted]",
};

const ROWS: readonly (readonly [string, readonly Json[]])[] = [
  [`select row_to_json(p) ${FIRST}`, [MASKED]],
  [`select to_jsonb(p.*) ${FIRST}`, [MASKED]],
  [`select json_agg(p) ${FIRST}`, [[MASKED]]],
  [
    `select json_build_object('n', name, 's', ssn, 'u', upper(name)) ${BOB}`,
    [{ n: "Bob", s: "************72", u: "BOB" }],
  ],
  [
    `select jsonb_build_array(id, upper(secret), secret is null, null) ${BOB}`,
    [[2, "[redacted]", false, null]],
  ],
  [
    `select coalesce(json_agg(json_build_array(id, name, secret) order by id), '[]'::json)
    from people where id < 3`,
    [
      [
        [1, "Ann", "[redacted]"],
        [2, "Bob", "[redacted]"],
      ],
    ],
  ],
  ["select coalesce(jsonb_agg(ssn), '[]') from people where id = 77", [[]]],
  ["select json_agg(ssn) from people where id = 77", [null]],
  [
    `select f.id, x.data from friends f left join lateral (
      select json_build_object('name', p.name, 'secret', p.secret) as data from people p
      where p.id = f.person_id) x on true order by f.id`,
    [1, { name: "Ann", secret: "[redacted]" }, 2, { name: "Bob", secret: "[redacted]" }],
  ],
  [
    "select to_json(v) from people_view v where id = 1",
    [{ id: 1, remark: "[redacted]", contact: HASH, name: "Ann" }],
  ],
  // Nothing of it is known to be clear.
  ["select json_agg(id order by secret) from people", ["[redacted]"]],
  ["select json_agg(id) filter (where secret > 'M') from people", ["[redacted]"]],
  [`select case when secret > 'M' then to_json(p) end ${FIRST}`, ["[redacted]"]],
];

/** Of members of one name neither shows. */
const TWICE = '{"a" : "[redacted]", "a" : "[redacted]"}';

const parsed = (cell: Uint8Array | null): Json => {
  if (cell === null) return null;
  const json = text(cell[0] === 1 ? cell.subarray(1) : cell);
  return JSON.parse(json) as Json;
};

describe("masked inside", () => {
  test.for(ROWS)("%s", async ([sql, expected]) => {
    const wire = await gate().open();
    const simple = await wire.query(sql);
    expect(errorsOf(simple)).toEqual([]);
    expect(cellsOf(simple).map(parsed)).toEqual(expected);
    // An int4 in binary is no JSON.
    if (!/f\.id/.test(sql)) {
      expect(cellsOf(await wire.extended(sql, 1)).map(parsed)).toEqual(expected);
    }
    wire.close();
  });

  test("members of one name", async () => {
    const wire = await gate().open();
    const answers = await wire.query(`select json_build_object('a', name, 'a', ssn) ${FIRST}`);
    expect(textsOf(answers)).toEqual([TWICE]);
    wire.close();
  });

  test("in COPY, in text and CSV; in binary nothing of it", async () => {
    const wire = await gate().open();
    const query = `copy (select json_build_object('n', name, 's', ssn) ${FIRST}) to stdout`;
    const json = '{"n" : "Ann", "s" : "************71"}';
    expect(textsOf(await wire.query(query))).toEqual([`${json}\n`]);
    expect(textsOf(await wire.query(`${query} (format csv)`))).toEqual([
      `"${json.replaceAll('"', '""')}"\n`,
    ]);
    const binary = await wire.query(`${query} (format binary)`);
    expect(tagsOf(binary)).toEqual(["COPY 1"]);
    expect(
      Buffer.concat(cellsOf(binary).map((cell) => cell ?? Buffer.of())).toString(),
    ).not.toMatch(/Ann|71/);
    wire.close();
  });

  test("detectors read what is left", async () => {
    const wire = await gate().open();
    const sql = `select json_build_object('s', ssn, 'x', 'mail to eve@evil.example') ${FIRST}`;
    const [cell] = textsOf(await wire.query(sql));
    expect(JSON.parse(cell ?? "")).toEqual({ s: "************71", x: "mail to [redacted:email]" });
    wire.close();
  });
});

const REFUSED = expect.stringMatching(/^42501 /) as string;

describe("aggregates", () => {
  const seen = async (sql: string) => {
    const wire = await gate().open();
    const answers = await wire.query(sql);
    wire.close();
    return [...errorsOf(answers), ...textsOf(answers)];
  };

  test.for<[string, string]>([
    // Whether there is a value shows of each; of hashes, which are equal.
    ["select count(ssn) from people", "4"],
    ["select count(email) from people", "3"],
    ["select count(distinct email) from people", "3"],
    ["select count(distinct secret) from people", "0"],
    ["select count(upper(ssn)) from people", "0"],
    ["select count(ssn) over () from people limit 1", "0"],
    ["select count(ssn) filter (where secret > 'M') from people", "0"],
    // The rule lets sums show, and nothing else.
    ["select sum(amount) from wages", "600.00"],
    ["select round(avg(w.amount)) from wages w", "200"],
    ["select sum(amount) from wages having sum(amount) > 500", "600.00"],
    ["select s from (select sum(amount) as s from wages) t order by s", "600.00"],
    ["select amount from wages where id = 1", "0"],
    ["select max(amount) from wages", "0"],
    ["select sum(distinct amount) from wages", "0"],
    ["select sum(amount * 2) from wages", REFUSED],
    ["select sum(amount) from wages where amount > 1", REFUSED],
  ])("%s: %s", async ([sql, expected]) => {
    expect(await seen(sql)).toEqual([expected]);
  });

  test("a row of NULLs is NULL to IS NULL, and a mask does not show that", async () => {
    const set = (row: string) =>
      gate().run("sluice", "shop", `update people set relative = ${row} where id = 9`);
    await set("row(null, null)::kin");
    const direct = await gate().direct("shop");
    const sql = "select relative is null from people where id = 9";
    expect(textsOf(await direct.query(sql))).toEqual(["t"]);
    direct.close();
    expect(await seen(sql)).toEqual(["f"]);
    await set("null");
    expect(await seen(sql)).toEqual(["f"]);
  });

  test("salaries, which are NULL for everybody, are not even counted", async () => {
    expect(await seen("select count(salary) from people")).toEqual([null]);
  });
});
