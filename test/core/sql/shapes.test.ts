import { expect, it } from "vitest";
import { utf8 } from "../../../core/bytes.ts";
import { analyse } from "../../../core/sql/analyse.ts";
import { Names } from "../../../core/sql/names.ts";
import type { Output } from "../../../core/sql/statement.ts";
import { loadGrammar } from "../../support/grammar.ts";
import { SHOP, isMasked } from "./shop.ts";

/* What of a JSON document is known from the statement that builds it. */

const grammar = await loadGrammar();
const options = {
  isMasked,
  asks: () => "equality" as const,
  tells: () => false,
  detects: () => false,
};

/** `{a.}` an object, `(.=)` an array of just these, `[=]` of any number; letters as in lineage. */
function shown({ sources, exact, opaque, shape }: Output): string {
  if (shape !== undefined) {
    const around = shape.around.sources.some(isMasked) ? "~" : "";
    const parts = shape.parts.map((part) => part.name + shown(part)).join(" ");
    const [open, close] = { object: "{}", tuple: "()", each: "[]" }[shape.is];
    return `${around}${open}${parts}${close}`;
  }
  if (sources.some(isMasked)) return exact && sources.length === 1 ? "=" : "~";
  return opaque ? "?" : ".";
}

const of = (sql: string): string => {
  const [statement] = analyse(utf8(sql), grammar, new Names(SHOP), options).statements;
  return statement?.outputs?.map(shown).join(", ") ?? "*";
};

const USER = "{id. name. email= ssn=}";

it.each([
  ["select json_build_object('i', id, 's', ssn, 'u', upper(ssn)) from users", "{i. s= u~}"],
  [
    "select jsonb_build_object('i'::text, id, 'n', jsonb_build_array(1, ssn)) from users",
    "{i. n(. =)}",
  ],
  ["select json_build_array(id, ssn) as x from users", "(. =)"],
  [
    "select row_to_json(users), to_json(u), to_jsonb(u.*) from users, users u",
    `${USER}, ${USER}, ${USER}`,
  ],
  ["select row_to_json(x, true) from (select id, ssn as s from users) x", "{id. s=}"],
  ["select json_agg(u), jsonb_agg(ssn), json_agg(upper(ssn)) from users u", `[${USER}], [=], [~]`],
  ["select json_agg(u order by id) filter (where id > 1) from users u", `[${USER}]`],
  ["select coalesce(json_agg(json_build_array(id, ssn)), '[]'::json) from users", "[(. =)]"],
  ["select (select json_agg(u) from users u where u.id = o.user_id) from orders o", `[${USER}]`],
  [
    `select o.id, x.data from orders o left join lateral (select json_agg(u) as data from users u) x
    on true`,
    `., [${USER}]`,
  ],
  ["with t as (select to_jsonb(u) as d from users u) select d from t", USER],
  ["select to_jsonb(to_json(u)), to_json(u)::jsonb from users u", `${USER}, ${USER}`],
  ["select case when id = 1 then json_build_object('s', ssn) end from users", "{s=}"],
  [
    "select json_build_object('o', o, 'u', u) from orders o, users u",
    `{o{id. user_id. total. note.} u${USER}}`,
  ],
  ["select to_json(id) from users union all select json_agg(name) from users", "."],
  // Round by round what stands where may be something else.
  [
    "with recursive t(d) as (select to_json(u) from users u union all select d from t) table t",
    "~",
  ],
  // Made from it, or not certain: the whole.
  [
    "select to_json(u)::text, to_jsonb(u) ->> 'ssn', jsonb_pretty(to_jsonb(u)) from users u",
    "~, ~, ~",
  ],
  ["select json_build_object(name, ssn) from users", "~"],
  ["select json_build_object('a', ssn, variadic array['x']) from users", "~"],
  ["select json_agg(distinct ssn), json_agg(ssn) over (order by id) from users", "~, ~"],
  [
    "select json_agg(id order by ssn), json_agg(id) filter (where ssn = '1') from users",
    "~[.], ~[.]",
  ],
  ["select case when ssn = '1' then json_build_object('i', id) end from users", "~{i.}"],
  ["select coalesce(to_json(u), to_json(u.ssn)) from users u", "~"],
  ["select json_build_array(ssn) from users union all select json_build_array(1, 2)", "~"],
  [
    "select to_json(x) from (select u.*, * from users u) x",
    "{id. name. email= ssn= id. name. email= ssn=}",
  ],
  ["select to_json(u) from unknown_table u, users", "?"],
  ["select row_to_json(ssn) from users u(id, name, email, ssn)", "~"],
  ["select row_to_json(u) from users u(u, name, email, ssn)", "."],
  ["select own_function(to_json(u)) from users u", "~"],
])("%s", (sql, expected) => {
  expect(of(sql)).toBe(expected);
});
