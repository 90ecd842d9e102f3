import type { Relation } from "../catalog.ts";
import type { Grammar, Node } from "./grammar.ts";
import type { Lineage } from "./lineage.ts";
import type { Output } from "./statement.ts";
import { revealingColumns } from "./system.ts";
import {
  NOTHING,
  OPAQUE,
  ROOT,
  mix,
  within,
  unknownColumns,
  type Column,
  type Environment,
  type Value,
} from "./scope.ts";

export type RelationColumns = { readonly columns: readonly Column[]; readonly system: boolean };

const listed = (columns: readonly Column[]): RelationColumns => ({ columns, system: false });

export const fromOutputs = (outputs: readonly Output[]): readonly Column[] =>
  outputs.map(({ name, sources, exact, opaque }) => ({
    name,
    value: { sources: new Set(sources), exact, opaque },
  }));

/** What a name in FROM stands for, and what its columns hold. */
export class Relations {
  readonly #lineage: Lineage;
  readonly #grammar: Grammar;
  readonly #views = new Map<number, readonly Column[]>();
  readonly #open = new Set<number>();

  constructor(lineage: Lineage, grammar: Grammar) {
    this.#lineage = lineage;
    this.#grammar = grammar;
  }

  /** The columns of a RangeVar. `write`: it is a statement's target. */
  columns(variable: Node, env: Environment, write = false): RelationColumns {
    const { names, findings } = this.#lineage;
    const schema: string | null = variable.schemaname ?? null;
    const name: string = variable.relname;
    if (schema === null && !write) {
      const cte = env.ctes.get(name);
      if (cte !== undefined) return listed(cte);
    }
    const found = names.resolve(schema, name);
    (write ? findings.writes : findings.reads).add(found.name);
    switch (found.is) {
      case "system":
        return found.safe ? this.#system(found.name) : listed(this.#revealing(found.name));
      case "overlay":
        findings.strange.add(found.name);
        return listed(found.columns === null ? unknownColumns("*") : fromOutputs(found.columns));
      case "unknown":
        findings.unresolved.add(found.name);
        findings.strange.add(found.name);
        return listed(unknownColumns("*"));
      case "relation":
        return listed(this.#known(found.relation, write));
    }
  }

  /** The columns of a relation of the catalog's, also of one that a name does not mean any more. */
  of(relation: Relation): readonly Column[] {
    return this.#known(relation, false);
  }

  /** The server's own relations hold nobody's data. */
  #system(name: string): RelationColumns {
    const columns = this.#lineage.names.systemColumns(name);
    if (columns === null) return { columns: [], system: true };
    return listed(columns.map((column) => ({ name: column, value: NOTHING })));
  }

  #revealing(name: string): readonly Column[] {
    const columns = this.#lineage.names.systemColumns(name);
    const hidden = revealingColumns(name.slice(name.indexOf(".") + 1));
    if (columns === null || hidden === null) return unknownColumns("*");
    return columns.map((column) => ({
      name: column,
      value: hidden.includes(column) ? OPAQUE : NOTHING,
    }));
  }

  #known(relation: Relation, write: boolean): readonly Column[] {
    const { names, findings } = this.#lineage;
    if (relation.kind === "f") findings.strange.add(`${relation.schema}.${relation.name}`);
    const foreign = relation.kind === "f";
    const below = relation.definition === null ? null : this.#view(relation);
    return relation.columns.map((column, i) => {
      const sources = names.sourcesOf(relation, column);
      const exact = column.generatedFrom.length === 0;
      const own: Value = { sources: new Set(sources), exact, opaque: foreign };
      const opaque = write && names.triggered(relation);
      if (below === null) return { name: column.name, value: opaque ? mix([own, OPAQUE]) : own };
      const inner = below.length === relation.columns.length ? (below[i] as Column).value : OPAQUE;
      const both = mix([inner, own, opaque ? OPAQUE : inner]);
      const value = { ...both, exact: inner.exact && !both.opaque };
      if (inner.shape === undefined || both.opaque) return { name: column.name, value };
      return { name: column.name, value: { ...value, shape: within(inner.shape, own) } };
    });
  }

  /** A view's own query, in a scope of its own. What it names is read as well. */
  #view(relation: Relation): readonly Column[] {
    const known = this.#views.get(relation.oid);
    if (known !== undefined) return known;
    if (this.#open.has(relation.oid)) return unknownColumns("*");
    this.#open.add(relation.oid);
    const query = this.#lineage.names.queryOf(relation, this.#grammar);
    const met = new Map(this.#lineage.findings.met);
    const columns = query === null ? unknownColumns("*") : this.#lineage.statement(query, ROOT);
    // The view's literals are not this statement's.
    this.#lineage.findings.met.clear();
    for (const [at, value] of met) this.#lineage.findings.met.set(at, value);
    this.#open.delete(relation.oid);
    const whole = columns.some(({ spread }) => spread) ? unknownColumns("*") : columns;
    this.#views.set(relation.oid, whole);
    return whole;
  }

  /** The rows of EXECUTE and FETCH: those of the statement that they name. */
  named(kind: "ExecuteStmt" | "FetchStmt", body: Node): readonly Column[] {
    const { names, findings } = this.#lineage;
    const prepared = kind === "ExecuteStmt" ? names.prepared(body.name) : null;
    const statement = kind === "ExecuteStmt" ? prepared?.statement : names.cursor(body.portalname);
    if (statement === undefined || statement === null) return unknownColumns("?");
    for (const name of statement.reads) findings.reads.add(name);
    for (const name of statement.writes) findings.writes.add(name);
    for (const { schema, table, column } of statement.columns) {
      findings.columns.add(names.source(schema, table, column));
    }
    const fresh = kind === "FetchStmt" || prepared?.fresh === true;
    return fresh && statement.outputs !== null
      ? fromOutputs(statement.outputs)
      : unknownColumns("?");
  }
}
