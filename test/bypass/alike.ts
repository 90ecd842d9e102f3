import { describe, expect, test } from "vitest";
import type { DemoSettings } from "../../demo/demo.ts";
import type { PersonName } from "../../demo/people.ts";
import { HARMLESS } from "./rows/harmless.ts";
import { titleOf } from "./rows/row.ts";
import { ROWS } from "./sql.ts";
import { answersAlike } from "./twins-differ.ts";
import { type Couple, type Kind, type Pair, useTwins } from "./twins.ts";
import type { Wire } from "./wire.ts";

/*
 * Non-interference on the wire: two databases from one physical copy that differ in nothing but
 * masked values, of which nothing may be asked. Whatever a client says, both answer it in the same
 * bytes. docs/masking.md states the property and what it leaves out.
 */

export const WAYS = {
  simple: (sql: string) => (wire: Wire) => wire.query(sql),
  text: (sql: string) => (wire: Wire) => wire.extended(sql, 0),
  binary: (sql: string) => (wire: Wire) => wire.extended(sql, 1),
} as const;

type Said = { readonly sql: readonly string[]; readonly as: PersonName };

/** What docs/masking.md leaves out. */
const NOT_PROMISED = [
  // Whether a unique key is hit.
  "insert into people (id, name, ssn) values (61, 'x', 'Kestrelux-4471')",
  "create unique index twice on people (lower(left(secret, 9)))",
  // A row too large to hold keeps the lengths of its cells.
  "select secret || repeat('x', 1100000) from people where id = 1",
  // The function reads the table by its name, and fails.
  "select table_to_xml('people', true, false, '')",
  // A notification holds the process id of BackendKeyData.
  "select pg_notify('channel', tell(1)), secret from people",
  "notify channel, 'hello'",
  // Rows before it have written the time into the table.
  "select n.v from plain n where n.id = any(array[1, 2]) order by id",
  // How long it takes.
  "explain analyze insert into plain values (802, 'x', 1)",
];

const SAID: readonly (readonly [string, Said])[] = [
  ...ROWS.filter(({ sql }) => !NOT_PROMISED.includes(sql.at(-1) ?? "")).map(
    (row) => [titleOf(row), { sql: row.sql, as: row.as ?? "ada" }] as const,
  ),
  ...HARMLESS.filter((sql) => !NOT_PROMISED.includes(sql.at(-1) ?? "")).map(
    (sql) => [sql.join("; ").slice(0, 110), { sql, as: "ada" }] as const,
  ),
];

const changes =
  /insert|merge|create|alter|truncate|drop|\bset |discard|rename|begin|copy .* from|;/i;

const repeatable = (sql: readonly string[]): boolean =>
  sql.length === 1 && !changes.test(sql.join(" "));

/** How long values are decides where a row that was written lies, and so which comes first. */
const TIDY = "cluster people using people_pkey";

const same = ([one, other]: Pair<string>, sql: string): void => expect(other, sql).toBe(one);

/** Every row of the corpora, each way, and random statements. */
export function alike(
  kind: Kind,
  more: Partial<DemoSettings> = {},
  ways: Partial<typeof WAYS> = WAYS,
): void {
  const twins = useTwins(kind, more);
  const shared = new Map<PersonName, Promise<Couple>>();

  async function couple({ sql, as }: Said): Promise<{ couple: Couple; own: boolean }> {
    if (!repeatable(sql)) return { couple: await twins().open(as), own: true };
    const known = shared.get(as) ?? twins().open(as);
    shared.set(as, known);
    return { couple: await known, own: false };
  }

  const promised = SAID.filter(([, { sql }]) => !kind.not.includes(sql.at(-1) ?? ""));

  describe.each(Object.entries(ways))("both answer alike (%s)", (name, way) => {
    const said = promised.filter(([, { sql }]) => name === "simple" || repeatable(sql));
    test.for(said)("%s", async ([, each]) => {
      const { couple: pair, own } = await couple(each);
      try {
        for (const sql of each.sql) same(await pair.ask(way(sql)), sql);
      } finally {
        for (const sql of own ? ["rollback", TIDY] : ["rollback"]) {
          await pair.ask((wire) => wire.query(sql));
        }
        if (own) pair.close();
      }
    });
  });

  test("both answer random statements alike", async () => {
    await answersAlike(twins(), 500, 20_260_101);
  });
}
