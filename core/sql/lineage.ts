import type { AnalyseOptions } from "./analyse.ts";
import type { Findings } from "./findings.ts";
import type { Grammar, Node } from "./grammar.ts";
import type { Names } from "./names.ts";
import { changes } from "./lineage-write.ts";
import { called, cast, toldNull } from "./lineage-call.ts";
import { constant } from "./assigned.ts";
import { columnName } from "./column-name.ts";
import { FIXED_SETTING, asksFixedSetting } from "./fixed-setting.ts";
import { addRange } from "./lineage-from.ts";
import { withTables } from "./lineage-with.ts";
import { Relations } from "./relations.ts";
import {
  NOTHING,
  CODE,
  OPAQUE,
  all,
  either,
  mix,
  oneOf,
  outward,
  rangeNamed,
  surrounded,
  unknownColumns,
  type Column,
  type Environment,
  type Scope,
  type Value,
} from "./scope.ts";
import { arranged, combined, condition } from "./predicates.ts";
import type { Question } from "./statement.ts";
import { ROW_COLUMNS } from "./system.ts";
import { atMostOneRow, parses, totalOperation } from "./total.ts";
import { TooDeep, kindOf, last, strings } from "./tree.ts";

const depthMax = 700;
/** Nested recursive CTEs multiply; no statement that people write comes near. */
const stepsMax = 2_000_000;

const CONDITIONAL = new Set(["CaseExpr", "CoalesceExpr", "BoolExpr"]);
/** What comes of them is one of their parts, unchanged. */
const CHOOSING = new Set(["CaseExpr", "CaseWhen", "CoalesceExpr"]);
/** Parts that only decide which. */
const DECIDING = new Set(["arg", "expr"]);

/**
 * Which columns may flow into which output. An expression holds every column named anywhere below
 * it, so nodes that we do not know are safe; docs/lineage.md states the rules.
 */
export class Lineage {
  readonly names: Names;
  readonly findings: Findings;
  readonly relations: Relations;
  readonly tells: AnalyseOptions["tells"];
  #depth = 0;
  #steps = 0;
  /** Operations met so far that fail for some values. */
  #mayFail = 0;

  constructor(names: Names, grammar: Grammar, findings: Findings, tells: AnalyseOptions["tells"]) {
    this.names = names;
    this.findings = findings;
    this.tells = tells;
    this.relations = new Relations(this, grammar);
  }

  /** The columns that a statement returns; none for those that return no rows. */
  statement(node: Node | undefined, env: Environment): readonly Column[] {
    return this.deeper(() => {
      const kind = kindOf(node);
      const body = kind === null ? null : (node as Node)[kind];
      switch (kind) {
        case "SelectStmt":
          return this.#select(body, env);
        case "InsertStmt":
        case "UpdateStmt":
        case "DeleteStmt":
        case "MergeStmt":
          return changes(this, kind, body, env);
        case "ExecuteStmt":
        case "FetchStmt":
          return this.relations.named(kind, body);
        default:
          return kind === null ? [] : unknownColumns(kind);
      }
    });
  }

  deeper<T>(then: () => T): T {
    this.#steps++;
    if (this.#depth >= depthMax || this.#steps > stepsMax) throw new TooDeep("too deep to follow");
    this.#depth++;
    try {
      return then();
    } finally {
      this.#depth--;
    }
  }

  #select(select: Node, outer: Environment): readonly Column[] {
    const env = withTables(this, select.withClause, outer);
    if (select.op !== undefined && select.op !== "SETOP_NONE")
      return this.#setOperation(select, env);
    if (select.valuesLists !== undefined) return this.#values(select.valuesLists, env);
    const scope: Scope = [];
    const inner: Environment = { ctes: env.ctes, scopes: [scope, ...env.scopes] };
    if (asksFixedSetting(select, env, this.names)) scope.push(FIXED_SETTING);
    else for (const item of select.fromClause ?? []) addRange(this, item, inner, scope);
    const windows = new Map<string, Value>();
    for (const { WindowDef: window } of select.windowClause ?? []) {
      windows.set(window.name, this.window(window, { ...inner, windows }));
    }
    const outputs = this.targets(select.targetList, { ...inner, windows });
    const named = { ...inner, windows, outputs };
    this.decides(select.whereClause, inner);
    this.decides(select.havingClause, inner);
    arranged(this, select.groupClause, named, "equality");
    arranged(this, select.distinctClause, named, "equality");
    this.#orders(select, named);
    return outputs;
  }

  /** Columns that decide which rows come back: they are named, but do not show. */
  decides(node: Node | undefined, env: Environment): void {
    if (node !== undefined) this.findings.filter.add(condition(this, node, env));
  }

  #orders(select: Node, env: Environment): void {
    arranged(this, select.sortClause, env, "order");
    for (const part of ["limitCount", "limitOffset"]) this.decides(select[part], env);
  }

  #setOperation(select: Node, env: Environment): readonly Column[] {
    const left = this.statement({ SelectStmt: select.larg }, env);
    const right = this.statement({ SelectStmt: select.rarg }, env);
    combined(this, select, left, right);
    const both = either(left, right);
    this.#orders(select, { ...env, outputs: both });
    return both;
  }

  #values(lists: readonly Node[], env: Environment): readonly Column[] {
    const columns: Value[][] = [];
    for (const { List: list } of lists) {
      for (const [i, item] of list.items.entries()) (columns[i] ??= []).push(this.value(item, env));
    }
    return columns.map((values, i) => ({ name: `column${i + 1}`, value: oneOf(values) }));
  }

  targets(list: readonly Node[] | undefined, env: Environment): readonly Column[] {
    return (list ?? []).flatMap(({ ResTarget: target }) => {
      const star = this.#starred(target.val, env);
      if (star !== null) return star;
      const value = this.value(target.val, env);
      if (target.name !== undefined) return [{ name: target.name, value }];
      const { name, certain } = columnName(target.val);
      return [{ name, value, anyName: !certain }];
    });
  }

  /** `*`, `t.*`, `(t).*`; null: no star. */
  #starred(value: Node, env: Environment): readonly Column[] | null {
    const fields: readonly Node[] | undefined = value?.ColumnRef?.fields;
    if (fields !== undefined && last(fields)?.A_Star !== undefined) {
      return this.star(strings(fields.slice(0, -1)), env);
    }
    const indirection = value?.A_Indirection;
    if (indirection === undefined || last<Node>(indirection.indirection)?.A_Star === undefined)
      return null;
    const reference = indirection.arg?.ColumnRef;
    if (indirection.indirection.length === 1 && reference !== undefined) {
      const range = rangeNamed(strings(reference.fields), env);
      if (range !== null) return this.star(strings(reference.fields), env);
    }
    return [{ name: "*", value: this.value(indirection.arg, env), spread: true }];
  }

  star(qualifier: readonly string[], env: Environment): readonly Column[] {
    const range = rangeNamed(qualifier, env);
    if (qualifier.length > 0 && range === null) return unknownColumns("*");
    const ranges = range === null ? (env.scopes[0] ?? []).filter(({ hidden }) => !hidden) : [range];
    const columns = ranges.flatMap((each) =>
      each.system ? [{ name: "*", value: NOTHING, spread: true }] : each.columns,
    );
    for (const column of columns) this.#mention(column.value);
    return columns;
  }

  #mention(value: Value): Value {
    for (const source of value.sources) this.findings.columns.add(source);
    return value;
  }

  /**
   * Resolves a column reference as PostgreSQL does; where it is not certain, everything it could
   * be.
   */
  #column(path: readonly string[], env: Environment): Value {
    const name = last(path) as string;
    if (path.length > 1) return this.#qualified(path, name, env);
    let unlisted = false;
    for (const [depth, scope] of env.scopes.entries()) {
      // Hidden ranges lie below a join that lists their columns again.
      const columns = scope.filter(({ hidden }) => !hidden).flatMap((range) => range.columns);
      const named = columns.filter((column) => column.name === name && column.anyName !== true);
      const [only] = named;
      if (only !== undefined) return named.length === 1 ? only.value : all(named);
      const maybe = columns.filter((column) => column.spread === true || column.anyName === true);
      const row = scope.filter(({ alias }) => alias === name).flatMap((range) => range.columns);
      const certain = maybe.length === 0 && scope.some(({ alias }) => alias === name);
      if (certain) return all(row);
      const onlySystem = scope.length > 0 && scope.every(({ system }) => system);
      if (maybe.length > 0 || onlySystem) {
        return mix([all(maybe), all(row), outward(name, env.scopes.slice(depth + 1))]);
      }
      unlisted ||= scope.some(({ system }) => system);
    }
    const output = env.outputs?.find((column) => column.name === name);
    if (output !== undefined) return output.value;
    if (ROW_COLUMNS.has(name)) return NOTHING;
    if (!unlisted) this.findings.unresolved.add(name);
    return OPAQUE;
  }

  #qualified(path: readonly string[], name: string, env: Environment): Value {
    const qualifier = path.slice(0, -1);
    const range = rangeNamed(qualifier, env);
    if (range === null) {
      // `a.b` may be field b of the composite column a, or the function b on it.
      if (qualifier.length > 2) return OPAQUE;
      return mix([OPAQUE, this.#mention(this.#column(qualifier, env))]);
    }
    const named = range.columns.filter((column) => column.name === name);
    const [only] = named;
    if (only !== undefined) return named.length === 1 ? only.value : all(named);
    if (range.system || ROW_COLUMNS.has(name)) return NOTHING;
    if (range.columns.some(({ spread, anyName }) => spread || anyName)) {
      return all(range.columns);
    }
    // `t.f` is f(t).
    this.findings.hiddenFunctions.add(name);
    this.findings.unresolved.add(path.join("."));
    return this.made(this.names.pure([name]), all(range.columns));
  }

  /** Everything that may flow into an expression. */
  value(node: unknown, env: Environment): Value {
    if (node === null || typeof node !== "object") return NOTHING;
    return this.deeper(() => {
      if (Array.isArray(node)) return oneOf(node.map((item) => this.value(item, env)));
      const kind = kindOf(node);
      const body = kind === null ? null : (node as Node)[kind];
      switch (kind) {
        case "ColumnRef":
          return this.#reference(body, env);
        case "A_Const":
        case "ParamRef":
          return constant(node);
        case "SelectStmt":
          return all(this.statement(node, env));
        case "SubLink":
          return this.#sublink(body, env);
        case "FuncCall":
          return called(this, body, env);
        case "A_Expr":
          return this.#operator(body, env);
        case "TypeCast":
          return cast(this, body, env);
        case "NullTest":
          return toldNull(this, body, env) ?? this.#other(kind, node, env);
        case "A_Indirection":
          return this.#indirection(body, env);
        default:
          return this.#other(kind, node, env);
      }
    });
  }

  #other(kind: string | null, node: object, env: Environment): Value {
    const before = this.#mayFail;
    const parts: Value[] = [];
    const deciding: Value[] = [];
    for (const [key, child] of Object.entries(node)) {
      const decides = kind === null && DECIDING.has(key);
      (decides ? deciding : parts).push(this.value(child, env));
    }
    const chosen = kind === null || CHOOSING.has(kind) ? oneOf(parts) : mix(parts);
    const below = surrounded(chosen, mix(deciding));
    if (kind !== null && parses(kind)) return this.fails(below);
    // Which branch is taken decides whether there is an error.
    if (CONDITIONAL.has(kind ?? "") && this.#mayFail > before) {
      return this.judges(below, "branch that may fail");
    }
    return below;
  }

  #sublink(body: Node, env: Environment): Value {
    // More than one row is an error.
    const single = /^(EXPR|ROWCOMPARE)_/.test(body.subLinkType);
    if (single && !atMostOneRow(body.subselect)) this.#mayFail++;
    const tested = this.value(body.testexpr, env);
    const rows = this.statement(body.subselect, env).map(({ value }) => value);
    const plain = body.subLinkType === "EXPR_SUBLINK";
    return plain ? oneOf([tested, ...rows]) : mix([tested, ...rows]);
  }

  /** Operations met so far that fail for some values. */
  get mayFail(): number {
    return this.#mayFail;
  }

  /** It answers a question about what went in, by the order of rows, or by failing. */
  judges(value: Value, how: Question): Value {
    if (value.sources.size > 0 || value.code === true) this.findings.judged.push({ value, how });
    return value;
  }

  /** The operation fails for some values. */
  fails(value: Value): Value {
    this.#mayFail++;
    return this.judges(value, "may fail");
  }

  /** The rows come back in the order in which the window wanted them. */
  window(window: Node | undefined, env: Environment): Value {
    return this.judges(this.value(window, env), "order");
  }

  #reference(body: Node, env: Environment): Value {
    const fields: readonly Node[] = body.fields;
    if (last(fields)?.A_Star !== undefined)
      return all(this.star(strings(fields.slice(0, -1)), env));
    return this.#mention(this.#column(strings(fields), env));
  }

  /** A result of the server's own code holds what went in; a user's may also have kept it. */
  made(plain: boolean, from: Value, made = CODE): Value {
    if (plain) return from;
    this.findings.handed.push(from);
    return mix([from, made]);
  }

  typesOf({ sources }: Value): readonly number[] {
    return [...sources].map((source) => this.names.typeOf(source));
  }

  #operator(expression: Node, env: Environment): Value {
    const left = this.value(expression.lexpr, env);
    const right = this.value(expression.rexpr, env);
    this.meets(expression.rexpr, left);
    this.meets(expression.lexpr, right);
    const name = strings(expression.name);
    const both = mix([left, right]);
    if (!totalOperation(expression, this.typesOf(both))) this.fails(both);
    const own = name.every((part) => part === "pg_catalog" || this.names.ownOperator(part));
    return this.made(own, both);
  }

  /** Notes what the literals and parameters directly in `node` are compared with or assigned to. */
  meets(node: Node | undefined, value: Value): void {
    const kind = kindOf(node);
    const body = kind === null ? null : (node as Node)[kind];
    if (kind === "A_Const" || kind === "ParamRef") this.findings.met.set(body.location ?? 0, value);
    if (kind === "TypeCast") this.meets(body.arg, value);
    if (kind === "List") for (const item of body.items) this.meets(item, value);
    if (kind === "A_ArrayExpr") for (const item of body.elements ?? []) this.meets(item, value);
  }

  /** Subscripts keep what is below; `(x).f` may also be the function f on x. */
  #indirection(body: Node, env: Environment): Value {
    const below = mix([this.value(body.arg, env), this.value(body.indirection, env)]);
    const field = (body.indirection as Node[]).find((step) => step.String !== undefined);
    if (field === undefined || expandedField(body.arg?.FuncCall, field)) return below;
    const path = [...strings(body.arg?.ColumnRef?.fields), ...strings([field])];
    if (path.length > 1 && body.indirection.length === 1) {
      const range = rangeNamed(path.slice(0, -1), env);
      const known = range?.columns.some(({ name }) => name === last(path));
      if (known === true) return mix([this.#column(path, env)]);
    }
    return this.made(false, below, OPAQUE);
  }
}

/** `(information_schema._pg_expandarray(a)).n`: no function of a user's can be meant. */
const expandedField = (call: Node | undefined, field: Node): boolean =>
  strings(call?.funcname).join(".") === "information_schema._pg_expandarray" &&
  ["x", "n"].includes(field.String.sval);
