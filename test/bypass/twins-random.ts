import fc from "fast-check";

/*
 * Statements over the zoo that are almost always valid, of which many are refused: what runs is
 * then often enough something that shows masked values under expressions.
 */

const pick = (list: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...list);

const TEXTS = ["p.secret", "p.ssn", "p.email", "p.card", "p.name", "p.city", "p.echo", "q.secret"];
const OTHERS =
  "p.id p.born p.seen_at p.salary p.pin p.big p.ratio p.photo p.badge p.tags p.profile p.doc p";
const LITERALS = ["'x'", "'Quokkaton'", "''", "'%'", "'Q%'", "'zz\\'", "null", "name"];

/** Of type text. */
const { textual, truth } = fc.letrec<{ textual: string; truth: string }>((tie) => ({
  textual: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    pick(TEXTS),
    pick(LITERALS.map((each) => (each === "name" ? "p.name" : `${each}::text`))),
    fc.tuple(pick(OTHERS.split(" ")), pick(["::text", ""])).map(([a, b]) => `(${a}${b})`),
    fc
      .tuple(
        pick(["lower", "upper", "md5", "initcap", "reverse", "btrim", "quote_literal"]),
        tie("textual"),
      )
      .map(([name, of]) => `${name}((${of})::text)`),
    fc.tuple(tie("textual"), tie("textual")).map(([a, b]) => `((${a})::text || (${b})::text)`),
    fc.tuple(tie("truth"), tie("textual")).map(([a, b]) => `case when ${a} then (${b})::text end`),
    fc
      .tuple(tie("textual"), tie("textual"))
      .map(([a, b]) => `coalesce((${a})::text, (${b})::text)`),
    fc.tuple(tie("textual"), tie("textual")).map(([a, b]) => `nullif((${a})::text, (${b})::text)`),
    tie("textual").map((a) => `(select max((${a})::text) from friends f)`),
    tie("textual").map((a) => `(select (${a})::text from friends f where f.id = p.id)`),
    tie("textual").map((a) => `substr((${a})::text, 1, 2)`),
    tie("textual").map((a) => `left((${a})::text, -1)`),
    tie("textual").map((a) => `replace((${a})::text, 'Q', 'x')`),
  ),
  truth: fc.oneof(
    { maxDepth: 2 },
    fc
      .tuple(
        tie("textual"),
        pick(["=", "<>", "<", "~~", "~", "is distinct from"]),
        pick(LITERALS.slice(0, 6)),
      )
      .map(([a, by, b]) => `(${a})::text ${by} ${b}`),
    tie("textual").map((a) => `(${a})::text is null`),
    pick([
      "p.id = 1",
      "p.id > 2",
      "p.name like 'A%'",
      "exists (select from friends f where f.id = p.id)",
    ]),
    fc.tuple(tie("truth"), tie("truth")).map(([a, b]) => `(${a} or ${b})`),
  ),
}));

const VALUES = [
  "length(p.secret)",
  "p.pin",
  "p.salary",
  "p.ratio",
  "ceil(p.salary)",
  "floor(p.ratio)",
  "p.big + 1",
  "p.pin * 2",
  "1 / p.id",
  "p.salary::int",
  "p.born + 1",
  "extract(year from p.born)",
  "to_json(p.doc)",
  "to_json(p.born)",
  "to_json(p.seen_at)",
  "to_json(p)",
  "row_to_json(p)",
  "to_jsonb(p.doc)",
  "p.profile -> 'a'",
  "p.profile ->> 'a'",
  "p.doc -> 'n'",
  "p.doc ->> 'n'",
  "p.tags[1]",
  "p.tags || p.tags",
  "p.tags || 'x'::text",
  "p.profile || p.profile",
  "array_length(p.tags, 1)",
  "cardinality(p.tags)",
  "array_to_string(p.tags, ',')",
  "p.tags @> array['x']",
  "p.profile @> '{}'",
  "p.profile ? 'a'",
  "jsonb_pretty(p.profile)",
  "jsonb_strip_nulls(p.profile)",
  "jsonb_typeof(p.profile)",
  "(p.relative).word",
  "p.relative",
  "sign(p.ratio)",
  "greatest(p.secret, 'x')",
  "p.secret between 'a' and 'b'",
  "p.pin > 3",
  "concat(p.secret, p.tags, p.born)",
  "concat_ws(',', p.ssn, p.card)",
  "json_build_array(p.doc, p.ssn)",
  "array[p.secret, p.ssn]",
  "row(p.secret, 1)",
  "p.photo || p.photo",
  "sha256(p.photo)",
  "length(p.photo)",
  "first_value(p.secret) over ()",
  "lag(p.secret, p.pin) over (order by p.id)",
  "count(*) over ()",
  "max(p.secret) over (partition by p.city)",
  "p.born::text",
  "p.seen_at::text",
  "p.badge::text::uuid",
  "translate(p.secret, 'Q', 'x')",
  "strpos(p.secret, 'Q')",
  "starts_with(p.secret, 'Q')",
  "unnest(p.tags)",
  "to_char(p.born, 'YYYY')",
  "p.secret like 'Q\\'",
  "octet_length(p.secret)",
  "left(p.name, p.pin)",
];

const GROUPED = [
  "count(p.secret)",
  "max(p.secret)",
  "min(p.ratio)",
  "sum(p.ratio)",
  "avg(p.salary)",
  "sum(p.pin)",
  "string_agg(p.secret, ',')",
  "json_agg(p.doc)",
  "array_agg(p.tags)",
  "bool_or(p.secret > 'a')",
  "any_value(p.secret)",
  "count(distinct p.secret)",
  "max(p.big)",
  "json_agg(p)",
  "max(p.tags)",
  "count(*) filter (where p.secret = 'x')",
  "string_agg(p.name, ',' order by p.secret)",
];

const PARTS =
  "p.id p.name p.city p.secret p.ssn p.doc p.profile p.pin p.born p.tags p.salary p p.* null 1 'x'";

/** JSON that is built from columns, nested, chosen and gathered. */
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(pick(["to_json", "to_jsonb"]), pick(PARTS.split(" "))).map(([f, a]) => `${f}(${a})`),
    fc
      .tuple(pick(["json", "jsonb"]), pick(PARTS.split(" ")), tie("document"))
      .map(([type, a, b]) => `${type}_build_array(${a === "p.*" ? "p" : a}, ${b})`),
    fc
      .tuple(pick(["json", "jsonb"]), pick(["'a'", "'b'", "'city'"]), textual, tie("document"))
      .map(([type, key, a, b]) => `${type}_build_object(${key}, ${a}, 'b', ${b})`),
    fc.tuple(truth, tie("document")).map(([a, b]) => `case when ${a} then ${b} end`),
    fc
      .tuple(tie("document"), pick(["[]", "{}", "null", "7"]))
      .map(([a, b]) => `coalesce((${a})::jsonb, '${b}'::jsonb)`),
    tie("document").map((a) => `(select json_agg(${a}) from friends f where f.id <= p.id)`),
    tie("document").map((a) => `(select d from (select ${a} as d) x)`),
  ),
}));
const gathered = fc
  .tuple(
    pick(["json_agg", "jsonb_agg"]),
    pick(["", "", "distinct "]),
    document,
    pick(["", " order by p.id", " order by p.name desc", " order by p.secret"]),
    fc.option(truth, { nil: null }),
    pick(["", ", string_agg(p.name, ',')", ", count(p.ssn)", ", count(distinct p.city)"]),
  )
  .map(([by, distinct, of, order, filter, beside]) => {
    const only = filter === null ? "" : ` filter (where ${filter})`;
    return `select ${by}(${distinct}${of}${order})${only}${beside} from people p`;
  });

const item = fc.oneof(textual, textual, pick(VALUES), document);
const list = (of: fc.Arbitrary<string>) =>
  fc.array(of, { minLength: 1, maxLength: 3 }).map((each) => each.join(", "));
const FROM = pick([
  "people p cross join (select secret from people where id = 1) q",
  "people p join people q on q.id = p.id",
  "people p left join (select id, secret from people where id > 1) q using (id)",
  "people p, lateral (select p.secret) q",
  "people p natural join (select secret from people where id = 1) q",
  "people p natural join (select p.id, p.secret from people p) q",
]);
const WHERE = pick([
  "",
  "",
  " where p.id < 3",
  " where p.name = 'Ann'",
  " where p.secret = 'Quokkaton'",
]);
/** Names of outputs: some hide a column's. */
const OUT = ["out", "out", "name", "id", "city"];
const TAIL = pick([
  "",
  " order by p.id",
  " order by 1",
  " order by out",
  " order by name",
  " order by city desc limit 1",
  " order by secret",
  " limit 2",
  " order by p.name limit 1 offset 1",
]);

/** What shows in which order the rows come. */
const BESIDE = pick(["", "p.id, ", "p.id, "]);

const select = fc
  .tuple(pick(["", "", "", "distinct "]), BESIDE, list(item), pick(OUT), FROM, WHERE, TAIL)
  .map(
    ([distinct, beside, what, out, from, where, tail]) =>
      `select ${distinct}${beside}${what} as ${out} from ${from}${where}${tail}`,
  );
const grouped = fc
  .tuple(
    list(pick(GROUPED)),
    pick(["", " group by p.city", " group by p.name", " group by p.secret"]),
  )
  .map(([what, by]) => `select ${what} from people p${by}`);
const joined = fc
  .tuple(textual, textual, FROM, pick(["union", "union all", "except", "intersect all"]))
  .map(
    ([a, b, from, op]) => `select (${a})::text from ${from} ${op} select (${b})::text from ${from}`,
  );
/** Columns that come with others, unlisted. */
const spread = fc
  .tuple(
    textual,
    FROM,
    pick(["union", "union all", "except", "intersect"]),
    pick(["", " order by 1", " order by 2", " order by out", " limit 2"]),
  )
  .map(([a, from, op, tail]) => {
    const t = `(select p.name, (${a})::text as out from ${from}) t`;
    return `select t.* from ${t} ${op} select * from ${t}${tail}`;
  });
const nested = fc
  .tuple(textual, FROM, pick(["x", "upper(x)", "coalesce(x, 'y')", "count(x)", "x is null"]))
  .map(
    ([a, from, shown]) => `with t(x) as (select (${a})::text from ${from}) select ${shown} from t`,
  );
const written = fc.tuple(textual, item).map(
  ([a, b]) => `update people p set secret = (${a.replaceAll("q.", "p.")})::text where p.id = 1
    returning ${b.replaceAll("q.", "p.")}`,
);

/** A write is `update`, and all that begins with that word is one. */
export const randomStatement = fc.oneof(
  { arbitrary: select, weight: 6 },
  { arbitrary: grouped, weight: 2 },
  gathered,
  joined,
  spread,
  nested,
  written,
);
