import { markOf } from "../store/search.ts";

export type Line = {
  readonly name: string;
  /** Of the route, behind `/api`. */
  readonly path: string;
  readonly as: "ida" | "ada";
  /** The same page as a store without the index would find it. */
  readonly without: { readonly sql: string; readonly values: readonly Value[] } | null;
};
type Value = string | number;

const pageLength = 50;
const dayMs = 86_400_000;
const newest = `order by id desc limit ${pageLength + 1}`;

const line = (name: string, path: string, without: Line["without"] = null): Line => ({
  name,
  path,
  as: "ida",
  without,
});

/** What a list asks for, as its address says it. */
const list = (query: Record<string, string>): string =>
  `/sessions?${new URLSearchParams(query).toString()}`;

/** "+" keeps SQLite from an index. */
const where = (condition: string, ...values: Value[]): Line["without"] => ({
  sql: `select * from sessions where ${condition} ${newest}`,
  values,
});
const isPerson = "(+principal = ? or +principal_name = ?)";

/** Rows of the plain table with all of these patterns. */
const like = (...patterns: readonly (readonly [column: string, part: string])[]) => ({
  sql: `select * from sessions where id in (select session from bench_plain
    where ${patterns.map(([column]) => `${column} like ?`).join(" and ")}
    order by session desc limit ${pageLength + 1}) order by id desc`,
  values: patterns.map(([, part]) => `%${part}%`),
});
const says = (words: string) => ["shown", words] as const;
const met = (...mark: Parameters<typeof markOf>) => ["marks", markOf(...mark)] as const;

/** `ids` are those of the store, oldest first. */
export function linesFor(ids: readonly string[]): readonly Line[] {
  const [from, to] = [180, 179].map((days) => Date.now() - days * dayMs) as [number, number];
  const day = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return [...paging(ids), ...columns(day, from, to), ...marks(), ...together(day)];
}

function paging(ids: readonly string[]): readonly Line[] {
  const skipped = Math.min(999 * pageLength, ids.length - pageLength);
  const middle = ids[Math.floor(ids.length / 2)] as string;
  const after = ids.at(-skipped) as string;
  return [
    line("no list: /api/me", "/me"),
    line("first page", list({})),
    line("page 1,000", list({ after }), where(`true ${newest} offset ${skipped} --`)),
    line("one session", `/sessions/${middle}`, where("+id = ?", middle)),
  ];
}

function columns(day: Record<string, string>, from: number, to: number): readonly Line[] {
  const person = (name: string) =>
    [list({ principal: name }), where(isPerson, name, name)] as const;
  const resource = (name: string) =>
    [list({ resource: name }), where("+resource_name = ?", name)] as const;
  return [
    { ...line("own, 1 in 100", list({}), where("+principal = ?", "ada")), as: "ada" },
    line("person, 1 in 3", ...person("ci")),
    line("person, rare", ...person("retired")),
    line("resource, 1 in 2", ...resource("shop-db")),
    line("resource, rare", ...resource("zoo-db")),
    line("live", list({ state: "live" }), where("+ended_at is null")),
    line("ended", list({ state: "ended" })),
    line("one day", list(day), where("+opened_at >= ? and +opened_at < ?", from, to)),
  ];
}

function marks(): readonly Line[] {
  const one = (kind: "verdict" | "rule" | "object", value: string) =>
    [list({ [kind]: value }), like(met(kind, value))] as const;
  const text = (words: string) => [list({ text: `"${words}"` }), like(says(words))] as const;
  return [
    line("verdict, 3 in 5", ...one("verdict", "masked")),
    line("verdict, rare", ...one("verdict", "expired")),
    line("rule, every session", ...one("rule", "engineers")),
    line("rule, rare", ...one("rule", "no-zoo")),
    line("object, 2 in 5", ...one("object", "public.orders")),
    line("object, rare", ...one("object", "public.zoo")),
    line("word, every session", ...text("select")),
    line("word, rare", ...text("pangolin")),
    line("phrase, 2 in 5", ...text("from public.orders")),
  ];
}

function together(day: Record<string, string>): readonly Line[] {
  const inZoo = where(`${isPerson} and +resource_name = ?`, "ci", "ci", "zoo-db");
  const rare = like(says("select"), met("object", "public.zoo"));
  const never = like(says("timezone"), met("object", "public.even"));
  const ruled = { verdict: "blocked", rule: "no-drop", ...day };
  return [
    line("person and resource: none", list({ principal: "ci", resource: "zoo-db" }), inZoo),
    line("live and blocked", list({ state: "live", verdict: "blocked" })),
    line("blocked, by a rule, on a day", list(ruled)),
    line("common word, rare object", list({ text: "select", object: "public.zoo" }), rare),
    { ...line("own, common word", list({ text: "select" })), as: "ada" },
    line("two halves: none", list({ text: "timezone", object: "public.even" }), never),
  ];
}
