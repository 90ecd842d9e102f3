import { describe, expect, test } from "vitest";
import { HARMLESS } from "./rows/harmless.ts";
import { type Row, titleOf } from "./rows/row.ts";
import { ROWS } from "./sql.ts";
import { useControl } from "./twins-control.ts";
import { HIDDEN, KEYED, type Kind } from "./twins.ts";

/*
 * Without a gate every attack tells one copy from the other. Left out is what tells by what it
 * does, not by its answer, and what never reads a value: the refusals of A, B and D to F.
 */

/** What shows is what the statement itself says. */
const OWN_TEXT = [
  "select query from pg_stat_activity where pid = pg_backend_pid() and 'Quokkaton' <> ''",
  "select pg_stat_get_activity(pg_backend_pid())::text || 'Quokkaton'",
  "select current_query() || 'Quokkaton'",
  "select statement from pg_prepared_statements",
  "select statement from pg_cursors",
  "select current_setting('sluice.x')",
  "show sluice.x",
  "select setting from pg_settings where name = 'application_name'",
];
/** NULL shows, so it is NULL in both. */
const NULLS = [
  "select count(secret || '') from people where id = 1",
  "select name from people where secret is null",
  "select name from people where secret in (select secret from people)",
];
/** So does equality here; whose salary is NULL; and that nobody is before the first by chance. */
const EQUALITY = [
  "select count(*) from tell_all() t(t) group by t",
  "select count(salary) from people where id = 3",
  "select name from people where salary is null",
  "select count(distinct secret) from people",
  "select a.name from people a join people b on a.secret = b.secret",
  "select a.name from people a join people b using (secret)",
  "select p.name from people p natural join (select secret from people where id = 1) q",
  `select count(q.name) from (select id, secret from people) p natural left join
    (select id + 8 as id, secret, name from people) q`,
  "select name from people order by salary desc limit 1",
  "select n+40 from (select id, rank() over (order by secret) n from people) t where id = 1",
];

const KINDS: readonly (readonly [string, Kind, readonly string[]])[] = [
  ["redact, null and partial", HIDDEN, [...OWN_TEXT, ...NULLS]],
  ["hash and tokenise", KEYED, [...OWN_TEXT, ...NULLS, ...EQUALITY]],
];

const answers = ({ expect: what, class: of }: Row): boolean =>
  what === "masked" || (what === "refused" && of === "C");
const HIDES = ROWS.filter(({ expect: what }) => what === "hidden");

describe.each(KINDS)("without a gate the twins differ (%s)", (_, kind, same) => {
  const control = useControl(kind);
  const told = new Map<string, number>();
  const count = (what: string): void => void told.set(what, (told.get(what) ?? 0) + 1);

  test.for(ROWS.filter(answers).map((row) => [titleOf(row), row] as const))(
    "%s",
    async ([, row]) => {
      const said = await control().ask(row.sql);
      count(`${row.class} ${row.expect} ${said}`);
      const sayable = same.includes(row.sql.at(-1) ?? "") ? ["same", "chance"] : ["tells"];
      expect(sayable).toContain(said);
    },
  );

  test("most errors and notices do", async () => {
    for (const { class: of, sql } of HIDES) count(`${of} hidden ${await control().ask(sql)}`);
    console.log(Object.fromEntries(told));
    expect(told.get("C hidden tells")).toBeGreaterThan(55);
  });
});

test("there are enough rows", () => {
  const count = (of: string): number => ROWS.filter((row) => row.class === of).length;
  const harmless = HARMLESS.flat().length;
  const classes = ["A", "B", "C", "D", "E", "F"].map((of) => [of, count(of)] as const);
  console.log(Object.fromEntries([...classes, ["harmless", harmless]]));
  expect(classes.slice(0, 4).reduce((sum, [, n]) => sum + n, 0)).toBeGreaterThanOrEqual(300);
  expect(harmless).toBeGreaterThanOrEqual(150);
});
