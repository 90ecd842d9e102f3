import { describe, expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { createMasker } from "../../../core/masking/masker.ts";
import { parseDocument, isDocument } from "../../../core/policy/document.ts";
import { Analyses } from "../../../core/sql/cache.ts";
import { columnTree, explainColumns, sayLeak } from "../../../core/sql/explain.ts";
import { Names } from "../../../core/sql/names.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { crypto, keys } from "../masking/given.ts";
import { SHOP } from "./shop.ts";

const grammar = await loadGrammar();

const RULES = `
masking:
  - { id: pii, columns: [public.users.ssn, users.email], technique: { partial: { last: 4 } } }
  - { id: pins, columns: [staff.pin], technique: "null", predicates: deny }
  - { id: notes, columns: ["*.note"] }
`;
const parsed = parseDocument(RULES);
if (!isDocument(parsed)) throw parsed[0];
const shopDb = { id: "res_shop", name: "shop-db" };
const masker = createMasker(parsed.document.masking, { groups: [] }, shopDb, keys, crypto);

const read = (sql: string) => new Analyses(grammar).analyse(utf8(sql), new Names(SHOP), masker);
const trees = (sql: string): string[] =>
  explainColumns(utf8(sql), read(sql), grammar, masker).map((column) =>
    columnTree(column, false).join("\n"),
  );
const leaks = (sql: string): string[] =>
  read(sql).statements.flatMap((statement) => statement.leaks.map((one) => sayLeak(one, masker)));

const SSN = "public.users.ssn";

const TREES: readonly (readonly [string, ...string[]])[] = [
  ["select ssn from users", `ssn ← ${SSN}: masked by pii (partial)`],
  ["select id as ssn from users", "ssn ← public.users.id: not masked"],
  [
    "select lower(ssn) as x from users",
    `x ← lower(ssn): masked whole by pii\n└─ ${SSN}: pii (partial)`,
  ],
  [
    "select name || ssn x from users",
    `x ← name || ssn: masked whole by pii\n├─ public.users.name: no rule\n└─ ${SSN}: pii (partial)`,
  ],
  [
    "select json_build_object('n', name, 's', json_build_array(ssn)) as x from users",
    "x ← json_build_object('n', name, 's', json_build_array(ssn)): masked inside by pii\n" +
      `├─ public.users.name: no rule\n└─ ${SSN}: pii (partial)`,
  ],
  [
    "select json_build_array(id) as x from users",
    "x ← json_build_array(id): not masked\n└─ public.users.id: no rule",
  ],
  ["select 'a, b from c' as x", "x ← 'a, b from c': not masked"],
  ["select extract(year from now())", "extract ← extract(year from now()): not masked"],
  ["select 1 is distinct from 2 as d", "d ← 1 is distinct from 2: not masked"],
  ["select /* first */ 1 -- one\n + 2", "?column? ← 1 + 2: not masked"],
  ["select 'now' as note", "note ← 'now': masked by notes (redact), for its name"],
  [
    "select *, 2 as two from other.users",
    "id ← other.users.id: not masked",
    "ssn ← other.users.ssn: not masked",
    "two ← 2: not masked",
  ],
  [
    "select mine(id) from users",
    "mine ← mine(id): opaque, masked whole by pins\n├─ public.users.id: no rule\n" +
      "└─ what cannot be followed",
  ],
  [
    "select ranked(0.5) within group (order by id) r from users",
    "r ← ranked(0.5) within group (order by id): opaque, masked whole by pins\n" +
      "├─ public.users.id: no rule\n└─ what cannot be followed",
  ],
  ["select pin from hr.staff", "pin ← hr.staff.pin: masked by pins (null)"],
  [
    "select ssn from users union all select name from users",
    `ssn: masked whole by pii\n├─ ${SSN}: pii (partial)\n└─ public.users.name: no rule`,
  ],
  ["update users set name = 'x' returning id as it", "it ← public.users.id: not masked"],
  ["copy (select id from users) to stdout", "id ← public.users.id: not masked"],
  ["select * from nobody_knows", "*: opaque, masked whole by pins\n└─ what cannot be followed"],
  ["select 1; select 2 as b", "?column? ← 1: not masked", "b ← 2: not masked"],
  ["selec"],
  ["create table t (a int)"],
];

const OPERATION = "an operation that fails for some values";
const WRITTEN = "where no rule masks it.";

const LEAKS: readonly (readonly [string, ...string[]])[] = [
  ["select id from users where ssn = 'x'"],
  ["select id from users order by id"],
  [
    "select id from users where ssn > 'x'",
    `${SSN} (pii) is asked about by a condition; only = may be asked.`,
  ],
  [
    "select id from users order by ssn",
    `${SSN} (pii) is asked about by an order; only = may be asked.`,
  ],
  [
    "select ssn::int from users",
    `${SSN} (pii) is asked about by ${OPERATION}; only = may be asked.`,
  ],
  [
    "select id from hr.staff where pin = '1'",
    "hr.staff.pin (pins) is asked about by equality; nothing may be asked.",
  ],
  [
    "select id from users where ssn = name",
    `${SSN} (pii) is asked about by equality with what is not masked; only = may be asked.`,
  ],
  [
    "create table t as select ssn as s from users",
    `${SSN} (pii) would be written into s, ${WRITTEN}`,
  ],
  ["update users set name = ssn", `${SSN} (pii) would be written into name, ${WRITTEN}`],
  [
    "update users set name = mine(id)",
    "A value that cannot be followed would be written into name.",
  ],
  [
    "select mine(email) from users",
    `public.users.email (pii) would be given to code that Sluice does not read, ${WRITTEN}`,
    `public.users.email (pii) is asked about by ${OPERATION}; only = may be asked.`,
  ],
  [
    "alter table users rename to people9",
    "Masked columns would be reached by other names or own code.",
  ],
];

describe("lineage in words", () => {
  it.each(TREES)("%s", (sql, ...wanted) => expect(trees(sql)).toEqual(wanted));
});

describe("why a statement is refused for masked data", () => {
  it.each(LEAKS)("%s", (sql, ...wanted) => expect(leaks(sql)).toEqual(wanted));

  it("names a few columns of very many, and each once", () => {
    const many = Array.from({ length: 50 }, () => "upper(ssn) = email").join(" or ");
    expect(leaks(`select id from users where ${many}`)).toHaveLength(2);
    const copies = Array.from({ length: 50 }, (_, i) => `ssn as s${i}`).join(", ");
    expect(leaks(`create table t as select ${copies} from users`)).toHaveLength(16);
  });
});
