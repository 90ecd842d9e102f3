import { describe, expect, test } from "vitest";
import { concat, text } from "../../core/bytes.ts";
import { canaryIn, canaryInCells } from "./canary.ts";
import { useGate } from "./gate.ts";
import { type Row, titleOf } from "./rows/row.ts";
import { ROWS } from "./sql.ts";
import { type Answer, cellsOf, errorsOf, textsOf, type Wire } from "./wire.ts";

/*
 * Each row runs on the wire, through the bundled command, the Worker and the session's object,
 * against a real PostgreSQL: as a simple query, and by the extended protocol with text and binary
 * results. A row that should be masked runs on a twin of the database without a gate as well, where
 * the canary must be seen: so that a row cannot pass for want of an attack.
 */

const gate = useGate();

const WAYS = {
  simple: (wire: Wire, sql: string) => wire.query(sql),
  text: (wire: Wire, sql: string) => wire.extended(sql, 0),
  binary: (wire: Wire, sql: string) => wire.extended(sql, 1),
};

/** What a client could read: every byte of it, and what its cells are together. */
function leak(row: Row, bytes: readonly Uint8Array[], answers: readonly Answer[]): string | null {
  const whole = Buffer.from(concat(bytes)).toString("latin1");
  const told = row.reveals !== undefined && textsOf(answers).includes(row.reveals);
  const revealed = told ? JSON.stringify(row.reveals) : null;
  return canaryIn(whole) ?? canaryInCells(cellsOf(answers)) ?? revealed;
}

async function play(row: Row, wire: Wire, way: (typeof WAYS)[keyof typeof WAYS]) {
  wire.seen = [];
  for (const sql of row.sql.slice(0, -1)) {
    const before = await wire.query(sql);
    expect(errorsOf(before), `${sql} runs`).toEqual([]);
  }
  const answers = await way(wire, row.sql.at(-1) ?? "");
  return { answers, bytes: wire.seen };
}

/** Refusals of the gate; what is no statement, and what is too long for one, the server refuses. */
const REASON = /^(42501|0A000|54000|54001|54011|22023|42601) .{12,}/;
/** The server says these where the gate let the statement through. */
const SERVERS = /permission denied|must be (superuser|owner)/;

function judge(row: Row, answers: readonly Answer[]): void {
  const errors = errorsOf(answers);
  const noticed = answers.some(({ letter }) => letter === "N");
  switch (row.expect) {
    case "masked":
    case "passes":
      expect(errors).toEqual([]);
      return;
    case "hidden":
      expect(errors.length > 0 || noticed, "an error or a notice comes").toBe(true);
      return;
    case "refused":
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(REASON);
      expect(errors[0]).not.toMatch(SERVERS);
      expect(errors[0]).toContain(row.says ?? "");
  }
}

/** Sessions that rows of one statement share, for nothing of such a row stays. */
const shared = new Map<string, Promise<Wire>>();
const sharedBy = (row: Row): Promise<Wire> => {
  const who = row.as ?? "ada";
  const known = shared.get(who) ?? gate().open(who);
  shared.set(who, known);
  return known;
};

async function attack(row: Row, way: keyof typeof WAYS): Promise<void> {
  const own = row.sql.length > 1 || !repeatable(row);
  const wire = own ? await gate().open(row.as) : await sharedBy(row);
  const { answers, bytes } = await play(row, wire, WAYS[way]);
  const found = leak(row, bytes, answers);
  expect(found, `${errorsOf(answers).join(", ")} ${text(concat(bytes).subarray(-400))}`).toBeNull();
  judge(row, answers);
  if (answers.at(-1)?.body[0] !== 0x49) await wire.query("rollback");
  expect(textsOf(await wire.query("select 1")), "the session goes on").toEqual(["1"]);
  if (own) wire.close();
}

/** More than one statement in a string has no form in the extended protocol. */
const isSingle = ({ sql }: Row): boolean => !/;\s*\S/.test(sql.at(-1) ?? "");
const changes = /insert|merge|create|alter|truncate|drop|\bset |discard|rename|begin|;/i;
const repeatable = ({ sql }: Row): boolean => !changes.test(sql.join(" "));

describe.each(["A", "B", "C", "D", "E", "F"] as const)("class %s", (of) => {
  for (const row of ROWS.filter((each) => each.class === of)) {
    const refused = row.expect === "refused";
    const ways = isSingle(row) && (refused || repeatable(row)) ? ["text", "binary"] : [];
    test(`${row.expect}: ${titleOf(row)}`, async () => {
      for (const way of ["simple", ...ways] as (keyof typeof WAYS)[]) await attack(row, way);
      if (row.expect !== "masked") return;
      const direct = await gate().direct("twin");
      const { answers, bytes } = await play(row, direct, WAYS.simple);
      direct.close();
      expect(errorsOf(answers), "without a gate it runs").toEqual([]);
      expect(leak(row, bytes, answers), "without a gate the canary shows").not.toBeNull();
    });
  }
});
