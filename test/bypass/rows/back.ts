import { type Row, rows } from "./row.ts";

/*
 * B. A mask on its way back: what a column shows is written over what it holds. Nobody means to;
 * an ORM that saves a row with all its fields does it at once.
 */

const HASH = "0123456789abcdef0123456789abcdef";
const TOKEN_UUID = "c0ffee11-5eed-8bad-8bad-0123456789ab";

const BACK = [
  "update people set ssn = '************71' where id = 1",
  "update people set ssn = '[redacted]' where id = 1",
  `update people set email = '${HASH}' where id = 1`,
  `update people set badge = '${TOKEN_UUID}' where id = 1`,
  "update people set name = 'Ann', card = '[redacted]', city = 'Bonn' where id = 1",
  "update people set secret = '[redacted]'::text where id = 1",
  "update people set born = '2000-01-01' where id = 1",
  "update people set seen_at = '2000-01-01T01:00:00+01:00' where id = 1",
  "update people set big = 0, ratio = 1.5 where id = 1",
  "update people set ratio = 0.0 where id = 1",
  "update people set photo = '\\x' where id = 1",
  "update people set tags = '{}' where id = 1",
  `update people set profile = '"[redacted]"' where id = 1`,
  `update people set doc = '"[redacted]"' where id = 1`,
  "update people set (name, secret) = ('Ann', '[redacted]') where id = 1",
  "update people set secret = coalesce('[redacted]', city) where id = 1",
  "update people set secret = case id when 1 then '[redacted]' else city end where id < 9",
  "update people p set secret = v.s from (values (1, '[redacted]')) v(id, s) where v.id = p.id",
  "update staff set secret = '[redacted]' where id = 9",
  "update people_view set remark = '[redacted]' where id = 1",
  "insert into people (id, name, secret) values (70, 'Eve', 'x'), (71, 'Eve', '[redacted]')",
  "insert into people (id, name, secret) select 72, 'Eve', '[redacted]'",
  `insert into people (id, name) values (1, 'Ann')
    on conflict (id) do update set secret = '[redacted]'`,
  `merge into people p using (values (1)) v(id) on v.id = p.id
    when matched then update set secret = '[redacted]'`,
  `merge into people p using (values (73)) v(id) on v.id = p.id
    when not matched then insert (id, name, secret) values (v.id, 'Eve', '[redacted]')`,
  "with u as (update people set secret = '[redacted]' where id = 1 returning 1) select * from u",
  "explain analyze update people set secret = '[redacted]' where id = 1",
  "insert into diary values (3, '[redacted]')",
  "insert into diary_old values (3, '[redacted]')",
  "select 1; update people set secret = '[redacted]' where id = 1",
];

/** Written in a transaction that is rolled back. */
const FORTH = [
  "update people set name = '[redacted]' where id = 1",
  "update people set secret = 'somebody', ssn = '123-45-6789', born = '2001-01-01' where id = 1",
  "update people set secret = null, salary = 0, pin = 7 where id = 1",
  "update people set ssn = default where id = 1",
  "update people set city = '************71' where secret is not null and id = 1",
  "update people set secret = secret where id = 1",
  "insert into guesses values ('[redacted]')",
  "insert into other.people values (2, '[redacted]')",
];

/** Refused already for what else they write: something made from a masked value. */
const MIXED = [
  "update people set secret = coalesce('[redacted]', secret) where id = 1",
  "update people set secret = case id when 1 then '[redacted]' else secret end where id < 9",
];

const PREPARED = [
  "prepare saving as update people set secret = $1 where id = 1",
  "execute saving('[redacted]')",
];
const OPEN = ["begin", "update people set secret = '[redacted]' where id = 1"];
const SAYS = "this would write the mask over the value";

export const BACK_AGAIN: readonly Row[] = [
  ...rows(
    "B",
    "refused",
    [...BACK.map((sql) => [sql]), PREPARED, OPEN].map((sql) => ({ sql, says: SAYS })),
  ),
  ...rows("B", "refused", MIXED),
  ...rows(
    "B",
    "passes",
    FORTH.map((sql) => ["begin", sql]),
  ),
];
