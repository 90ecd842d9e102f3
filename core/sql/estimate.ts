import { utf8 } from "../bytes.ts";
import { FIRST_NORMAL_OID } from "../catalog.ts";
import { estimatedBytesMax } from "../limits.ts";
import { analyse, type AnalyseOptions } from "./analyse.ts";
import type { Grammar, Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { kindOf, last, strings, visit } from "./tree.ts";

/*
 * What the server's planner expects of a statement that waits for people: EXPLAIN, and never
 * ANALYZE. Planning is not harmless by itself: it reads literals by the input functions of their
 * types, folds calls of functions that call themselves immutable or stable, and tries operators on
 * the most common values. So a statement is explained only where all of that is the server's own
 * code: its text is judged here, what belongs to its tables by a query to the
 * server (guardText), in the same transaction.
 */

/** What the planner expects, in numbers and names of tables; or why nothing is known of it. */
export type Estimate =
  | {
      /** Of the statement's answer, or of all that it changes. */
      readonly rows: number;
      /** In the planner's own unit. */
      readonly cost: number;
      /** "Seq Scan on customers"; the first few. */
      readonly scans: readonly string[];
    }
  | { readonly none: string };

/** A statement whose planning runs no code but the server's own, as far as its text says. */
export type Explainable = {
  /** Oids of the relations that it names. */
  readonly relations: readonly number[];
  readonly hasParameters: boolean;
};

const none = (why: string): { readonly none: string } => ({ none: why });

const KINDS = new Set(["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);
const OPERATIONS = new Set(["select", "insert", "update", "delete", "merge"]);
/** Sampling methods are code; a cursor is its own session's. */
const FOREIGN_NODES = new Set(["RangeTableSample", "CurrentOfExpr"]);

const OWN_CODE = "It uses code that is not the server's own, which planning could run.";

/** `names` has the search path of the statement's session. */
export function explainable(
  text: string,
  grammar: Grammar,
  names: Names,
): Explainable | { readonly none: string } {
  const bytes = utf8(text);
  if (bytes.length > estimatedBytesMax) return none("It is too long.");
  const node = onlyStatement(grammar, bytes);
  if (node === null) return none("It is not one statement that can be read.");
  if (!KINDS.has(kindOf(node) ?? "")) return none("Only reading and changing rows is estimated.");
  const [statement] = analyse(bytes, grammar, names, NOTHING_MASKED).statements;
  if (statement === undefined || statement.unresolved.length > 0) {
    return none("It names what the catalog does not know.");
  }
  const plain = statement.operations.every((operation) => OPERATIONS.has(operation));
  if (!plain || !isServersOwn(node, names)) return none(OWN_CODE);
  const relations = [...statement.reads, ...statement.writes].map((name) => names.relation(name));
  if (!relations.every((each) => each !== null && "rvmp".includes(each.kind))) {
    return none("It touches more than tables and views of the database.");
  }
  let hasParameters = false;
  visit(node, (kind) => (hasParameters ||= kind === "ParamRef"));
  return { relations: relations.flatMap((each) => each?.oid ?? []), hasParameters };
}

/** Masks do not matter here: what is answered holds no value. */
const NOTHING_MASKED: AnalyseOptions = {
  isMasked: () => false,
  asks: () => "allow",
  tells: () => true,
  detects: () => false,
};

function onlyStatement(grammar: Grammar, text: Uint8Array): Node | null {
  const parsed = grammar.parse(text);
  if (parsed.is !== "tree" || parsed.tree.stmts.length !== 1) return null;
  return parsed.tree.stmts[0]?.stmt ?? null;
}

function isServersOwn(node: Node, names: Names): boolean {
  let own = true;
  visit(node, (kind, inner) => {
    if (FOREIGN_NODES.has(kind) || inner.intoClause !== undefined) own = false;
    if (kind === "typeName" || kind === "TypeName") own &&= isServersType(inner, names);
  });
  return own;
}

/**
 * Types whose input functions read their text alone. A composite type or an array of a domain would
 * run the domain's checks as soon as a literal is read.
 */
const TYPES = new Set(
  `bool int2 int4 int8 float4 float8 numeric money text varchar bpchar char name bytea date time
  timetz timestamp timestamptz interval uuid json jsonb xml inet cidr macaddr bit varbit oid point
  box circle tsvector tsquery int4range int8range numrange daterange tsrange tstzrange`.split(
    /\s+/,
  ),
);

function isServersType({ names: path }: Node, names: Names): boolean {
  const parts = strings(path);
  const name = last(parts) ?? "";
  const home = parts.length === 1 ? names.builtInsFirst : parts[0] === "pg_catalog";
  return parts.length <= 2 && home && TYPES.has(name) && names.plainType(name);
}

/** The text that is sent. */
export function explainText(
  text: string,
  { hasParameters }: Explainable,
  grammar: Grammar,
): string | { readonly none: string } {
  const explained = `EXPLAIN (FORMAT JSON${hasParameters ? ", GENERIC_PLAN" : ""}) ${text}`;
  const body = onlyStatement(grammar, utf8(explained))?.["ExplainStmt"] as Node | undefined;
  const options = (body?.options ?? []).map(({ DefElem: option }: Node) => option.defname);
  const asMeant =
    options.join() === (hasParameters ? "format,generic_plan" : "format") &&
    KINDS.has(kindOf(body?.query) ?? "");
  return asMeant ? explained : none("It cannot be explained as it is.");
}

export const BEGIN_READ_ONLY = "BEGIN TRANSACTION READ ONLY";

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** For the transaction that it stands in: names as in the statement's session, and two seconds. */
export function settingsText(searchPath: readonly string[]): string {
  const settings: readonly (readonly [string, string])[] = [
    ["statement_timeout", "2s"],
    ["lock_timeout", "500ms"],
    // As the grammar reads strings.
    ["standard_conforming_strings", "on"],
    ["search_path", searchPath.map(identifier).join(", ")],
  ];
  const calls = settings.map(
    ([name, value]) => `pg_catalog.set_config(${quoted(name)}, ${quoted(value)}, true)`,
  );
  return `select ${calls.join(", ")}`;
}

/**
 * Whether planning over these relations could run anything but the server's own code. It follows
 * what belongs to them (views' queries, indexes, checks, defaults, row policies, statistics,
 * partitions) and what that refers to (pg_depend names all but what is the server's own).
 */
export const guardText = (relations: readonly number[]): string => `with recursive
  part (kind, oid) as (
    select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, r.oid
    from pg_catalog.unnest('{${relations.map(Math.trunc).join()}}'::pg_catalog.oid[]) as r (oid)
  union
    select n.kind, n.oid from part p, lateral (
      select 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid as kind, r.oid
      from pg_catalog.pg_rewrite r
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and r.ev_class = p.oid
    union all
      select p.kind, i.indexrelid from pg_catalog.pg_index i
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and i.indrelid = p.oid
    union all
      select p.kind, i.inhrelid from pg_catalog.pg_inherits i
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and i.inhparent = p.oid
    union all
      select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid from pg_catalog.pg_attrdef d
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and d.adrelid = p.oid
    union all
      select 'pg_catalog.pg_policy'::pg_catalog.regclass, l.oid from pg_catalog.pg_policy l
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and l.polrelid = p.oid
    union all
      select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid
      from pg_catalog.pg_statistic_ext s
      where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and s.stxrelid = p.oid
    union all
      select 'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid from pg_catalog.pg_constraint c
      where c.contype <> 'f'
        and (p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and c.conrelid = p.oid
          or p.kind = 'pg_catalog.pg_type'::pg_catalog.regclass and c.contypid = p.oid)
    union all
      select d.refclassid, d.refobjid from pg_catalog.pg_depend d
      where d.classid = p.kind and d.objid = p.oid
    ) as n
  )
select
  exists (select 1 from part p join pg_catalog.pg_class c on c.oid = p.oid
    where p.kind = 'pg_catalog.pg_class'::pg_catalog.regclass and c.relkind = 'f') as elsewhere,
  exists (select 1 from part p where p.oid >= ${FIRST_NORMAL_OID} and p.kind in (
    'pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass,
    'pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass,
    'pg_catalog.pg_am'::pg_catalog.regclass, 'pg_catalog.pg_cast'::pg_catalog.regclass))
  or exists (select 1 from part p join pg_catalog.pg_type t on t.oid = p.oid
    where p.kind = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid >= ${FIRST_NORMAL_OID}
      and (t.typtype in ('r', 'm') or t.typtype = 'b' and t.typcategory <> 'A'))
  or exists (select 1 from pg_catalog.pg_cast c where c.castfunc >= ${FIRST_NORMAL_OID}
    and (c.castsource < ${FIRST_NORMAL_OID} or c.castsource in (select p.oid from part p))
    and (c.casttarget < ${FIRST_NORMAL_OID} or c.casttarget in (select p.oid from part p)))
    as code,
  pg_catalog.current_setting('server_version_num') as version`;

type Row = Readonly<Record<string, unknown>>;

/** Versions before cannot plan `$1` without its value. */
const GENERIC_PLAN_SINCE = 160_000;
const NO_VALUES = "It has parameters, which this server cannot plan without their values.";

/** What the guard's row says: why there is no estimate; null: it may be explained. */
export function readGuard(
  row: Row | undefined,
  { hasParameters }: Explainable,
): { readonly none: string } | null {
  const isTrue = (value: unknown): boolean => value === true || value === "t";
  if (isTrue(row?.["elsewhere"])) return none("Some of its tables lie on another server.");
  if (row === undefined || isTrue(row["code"])) return none(OWN_CODE);
  const values = hasParameters && Number(row["version"]) < GENERIC_PLAN_SINCE;
  return values ? none(NO_VALUES) : null;
}

const scansMax = 8;
const scanCharactersMax = 160;

type Plan = Readonly<Record<string, unknown>>;
const plansIn = (plan: Plan): readonly Plan[] =>
  Array.isArray(plan["Plans"]) ? (plan["Plans"] as readonly Plan[]) : [];
const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...plansIn(plan).flatMap(nodesOf)];
const rowsOf = (plan: Plan): number => Number(plan["Plan Rows"]);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** What a node that writes takes its rows from, and not what its expressions ask besides. */
const changed = (plan: Plan): number =>
  sum(
    plansIn(plan)
      .filter((each) => !/^(InitPlan|SubPlan)$/.test(String(each["Parent Relationship"])))
      .map(rowsOf),
  );

/**
 * Numbers and names of tables out of EXPLAIN's JSON, and nothing else: its conditions hold literals
 * of the statement.
 */
export function readPlan(explained: unknown): Estimate {
  const plans = (Array.isArray(explained) ? explained : []).flatMap((each: Row) =>
    typeof each["Plan"] === "object" && each["Plan"] !== null ? [each["Plan"] as Plan] : [],
  );
  const nodes = plans.flatMap(nodesOf);
  const writes = nodes.filter((node) => node["Node Type"] === "ModifyTable");
  const rows = writes.length > 0 ? sum(writes.map(changed)) : sum(plans.map(rowsOf));
  const cost = sum(plans.map((plan) => Number(plan["Total Cost"])));
  if (plans.length === 0 || !Number.isFinite(rows) || !Number.isFinite(cost)) {
    return none("The database's answer could not be read.");
  }
  const scans = nodes
    .filter((node) => node !== undefined && typeof node["Relation Name"] === "string")
    .filter((node) => node["Node Type"] !== "ModifyTable")
    .map((node) => `${String(node["Node Type"])} on ${String(node["Relation Name"])}`)
    .map((scan) => scan.slice(0, scanCharactersMax));
  return { rows, cost, scans: [...new Set(scans)].slice(0, scansMax) };
}

/** Why the server refused, by SQLSTATE: its own words may quote the statement. */
export function refusedPlan(sqlstate: string | null): { readonly none: string } {
  if (sqlstate === "57014") return none("Planning it took too long.");
  if (sqlstate === "55P03") return none("Its tables are locked at the moment.");
  if (sqlstate === null) return none("The database did not answer in time.");
  return none(`The database refuses to plan it (${sqlstate}).`);
}
