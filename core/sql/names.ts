import { utf8 } from "../bytes.ts";
import { type Catalog, type CatalogColumn, FIRST_NORMAL_OID, type Relation } from "../catalog.ts";
import type { SourceColumn } from "../masker.ts";
import { type CatalogIndex, indexOf, NOTHING } from "./catalog-index.ts";
import type { Grammar, Node } from "./grammar.ts";
import { FRESH, forget, only, type Cursor, type Meaning, type Resolved } from "./meaning.ts";
import { redefine, type Definition } from "./overlay.ts";
import { standardHelper } from "./purity.ts";
import type { Output, SessionEffect, Statement } from "./statement.ts";
import { SYSTEM_SCHEMAS, isSystemName, revealing } from "./system.ts";

/** bigint, smallint, integer */
const INTEGERS = new Set([20, 21, 23]);

/**
 * The catalog's index and the names that one session keeps. With no catalog everything is
 * unknown.
 */
export class Names {
  #catalog: Catalog | null = null;
  #index: CatalogIndex = NOTHING;
  #sources = new Map<string, SourceColumn>();
  /** Of the columns of the catalog at hand. */
  #sourcesOf = new WeakMap<Relation, Map<CatalogColumn, readonly SourceColumn[]>>();
  /** Views already parsed. */
  #queries = new WeakMap<Relation, Node>();
  #meaning: Meaning = FRESH;
  #stamps = 0;
  /** The outermost snapshot is the transaction's start, the others are savepoints. */
  #snapshots: { readonly name: string | null; readonly meaning: Meaning }[] = [];
  #prepared = new Map<string, { readonly statement: Statement; readonly at: string }>();
  #cursors = new Map<string, Cursor>();
  #stale = false;

  constructor(catalog: Catalog | null) {
    if (catalog !== null) this.learn(catalog);
  }

  /** A copy to try effects on: later statements of one string see what the earlier ones do. */
  fork(): Names {
    const copy = new Names(null);
    copy.#catalog = this.#catalog;
    copy.#index = this.#index;
    copy.#sources = this.#sources;
    copy.#sourcesOf = this.#sourcesOf;
    copy.#queries = this.#queries;
    copy.#meaning = this.#meaning;
    copy.#stamps = this.#stamps;
    copy.#snapshots = [...this.#snapshots];
    copy.#prepared = new Map(this.#prepared);
    copy.#cursors = new Map(this.#cursors);
    return copy;
  }

  /**
   * Changes whenever the same text could mean something else. Prepared statements and cursors are
   * not in it.
   */
  get version(): string {
    return `${this.#catalog?.version ?? ""}/${this.#meaning.stamp}`;
  }

  /** The session has changed, for good, what the catalog says: read it again. */
  get stale(): boolean {
    return this.#stale;
  }

  /** Functions, operators and triggers may mean what the catalog does not show yet. */
  get ownCode(): boolean {
    return this.#meaning.ownCode;
  }

  /** Some relations are this session's own, so that their oids are in no catalog. */
  get hasOverlay(): boolean {
    return this.#meaning.overlay.size > 0;
  }

  learn(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#stale = false;
    this.#index = indexOf(catalog);
    this.#sourcesOf = new WeakMap();
    if (this.#snapshots.length === 0) this.#settle();
  }

  /** A fresh catalog leaves temporary tables in the overlay: it never shows those. */
  #settle(): void {
    const overlay = only(this.#meaning.overlay, true);
    this.#change({ ...this.#meaning, overlay, pendingDdl: false, ownCode: false });
  }

  /** One object per column, so that sets of them work by identity. */
  source(schema: string, table: string, column: string): SourceColumn {
    const key = `${schema}\0${table}\0${column}`;
    const known = this.#sources.get(key) ?? { schema, table, column };
    this.#sources.set(key, known);
    return known;
  }

  /**
   * The column's own source, then those of the same name in parents and children: rows are
   * shared.
   */
  sourcesOf(relation: Relation, column: CatalogColumn): readonly SourceColumn[] {
    let columns = this.#sourcesOf.get(relation);
    if (columns === undefined) {
      columns = new Map();
      this.#sourcesOf.set(relation, columns);
    }
    const known = columns.get(column) ?? this.#findSources(relation, column);
    columns.set(column, known);
    return known;
  }

  #findSources(relation: Relation, column: CatalogColumn): readonly SourceColumn[] {
    const own = this.source(relation.schema, relation.name, column.name);
    const shared = (this.#index.relatives.get(relation.oid) ?? [])
      .filter((relative) => relative.columns.some(({ name }) => name === column.name))
      .map((relative) => this.source(relative.schema, relative.name, column.name));
    const made = column.generatedFrom.flatMap((name) => {
      const from = relation.columns.find((other) => other.name === name);
      return from === undefined || from === column ? [] : this.sourcesOf(relation, from);
    });
    return [own, ...shared, ...made];
  }

  /** A view's query, parsed once; null: its text cannot be read at the moment. */
  queryOf(relation: Relation, grammar: Grammar): Node | null {
    const known = this.#queries.get(relation);
    if (known !== undefined) return known;
    const parsed = grammar.parse(utf8(relation.definition ?? ""));
    const query = parsed.is === "tree" ? parsed.tree.stmts[0]?.stmt : undefined;
    if (query !== undefined) this.#queries.set(relation, query);
    return query ?? null;
  }

  /** Triggers or rules of the table, or of one that shares its rows, may change what is written. */
  triggered(relation: Relation): boolean {
    const relatives = this.#index.relatives.get(relation.oid) ?? [];
    return relation.hasTriggers || relatives.some(({ hasTriggers }) => hasTriggers);
  }

  /**
   * The column behind a RowDescription's oid and attribute number; null: the catalog does not
   * know it.
   */
  column(oid: number, number: number): SourceColumn | "system" | null {
    if (oid < FIRST_NORMAL_OID || number < 0) return "system";
    const relation = this.#index.byOid.get(oid);
    const column = relation?.columns.find((candidate) => candidate.number === number);
    if (relation === undefined || column === undefined) return null;
    return this.source(relation.schema, relation.name, column.name);
  }

  /** The column's type by oid; 0: not known. */
  typeOf(source: SourceColumn): number {
    const relation = this.#index.byName.get(`${source.schema}.${source.table}`);
    return relation?.columns.find(({ name }) => name === source.column)?.type ?? 0;
  }

  /** No sum of the column's values is too large for its type. */
  isSummable(source: SourceColumn): boolean {
    const relation = this.#index.byName.get(`${source.schema}.${source.table}`);
    const column = relation?.columns.find(({ name }) => name === source.column);
    return column !== undefined && (column.sized === true || INTEGERS.has(column.type));
  }

  /** The columns of a relation of the server's own; null: not listed. */
  readonly systemColumns = (name: string): readonly string[] | null =>
    this.#catalog?.systemColumns[name] ?? null;

  /** All that the catalog knows. */
  get relations(): readonly Relation[] {
    return this.#catalog?.relations ?? [];
  }

  /** Every relation of this name, whatever its schema, that a catalog has had of late. */
  everKnown(name: string): readonly Relation[] {
    const { relations = [], gone = [] } = this.#catalog ?? {};
    return [...relations, ...gone].filter((relation) => relation.name === name);
  }

  /** A name in one of the server's own schemas. */
  isSystem(name: string): boolean {
    const known = [...SYSTEM_SCHEMAS].some((schema) => this.systemColumns(`${schema}.${name}`));
    return isSystemName(name) || known;
  }

  /** A relation by its full name, `schema.name`. */
  relation(name: string): Relation | null {
    return this.#index.byName.get(name) ?? null;
  }

  /** Manual 5.10.3: temporary tables, then pg_catalog unless the path names it, then the path. */
  resolve(schema: string | null, name: string): Resolved {
    if (schema !== null)
      return this.#lookup(schema, name) ?? { is: "unknown", name: `${schema}.${name}` };
    const path = this.#path();
    const implicit = path.includes("pg_catalog") ? ["pg_temp"] : ["pg_temp", "pg_catalog"];
    for (const candidate of [...implicit, ...path]) {
      const found = this.#lookup(candidate, name);
      if (found !== null) return found;
    }
    return { is: "unknown", name };
  }

  #lookup(schema: string, name: string): Resolved | null {
    const full = `${schema}.${name}`;
    const { overlay } = this.#meaning;
    const own = overlay.get(full);
    if (own !== undefined) return { is: "overlay", name: full, columns: own.columns };
    const relation = this.#index.byName.get(full);
    if (relation !== undefined) return { is: "relation", name: full, relation };
    if (this.#catalog === null || !SYSTEM_SCHEMAS.has(schema)) return null;
    if (schema === "pg_catalog" && !isSystemName(name)) return null;
    return { is: "system", name: full, safe: !revealing(name) };
  }

  #path(): readonly string[] {
    const login = this.#catalog?.searchPath ?? [];
    const { path } = this.#meaning;
    // The login's own path already holds what "$user" stands for.
    return path?.flatMap((schema) => (schema === "$user" ? login : [schema])) ?? login;
  }

  /** The schema in which an unqualified CREATE makes its object; null: not known. */
  get creationSchema(): string | null {
    return this.#path()[0] ?? null;
  }

  /** The function is one of the server's own and depends on its arguments alone. */
  pure(name: readonly string[]): boolean {
    const [first = "", second = ""] = name;
    if (name.length === 2) {
      return (
        standardHelper(first, second) || (first === "pg_catalog" && this.#index.pure.has(second))
      );
    }
    if (name.length !== 1 || this.#meaning.ownCode) return false;
    return this.builtInsFirst && this.#index.pure.has(first);
  }

  /** The operator is the server's own. */
  ownOperator(name: string): boolean {
    const known = this.#catalog !== null && !this.#meaning.ownCode;
    return known && this.builtInsFirst && !this.#index.operators.has(name);
  }

  /** Casting to it runs no code of a user's. */
  plainType(name: string): boolean {
    return this.#catalog !== null && !this.#meaning.ownCode && !this.#index.types.has(name);
  }

  /** The server's own schema comes before all others. */
  get builtInsFirst(): boolean {
    return this.#path().indexOf("pg_catalog") <= 0;
  }

  /** Where another session finds the same; null: some tables or code are this one's alone. */
  get sharedPath(): readonly string[] | null {
    const { overlay, pendingDdl, ownCode } = this.#meaning;
    return overlay.size > 0 || pendingDdl || ownCode ? null : this.#path();
  }

  /** What EXECUTE runs. `fresh`: names still mean what they meant when it was read. */
  prepared(name: string): { readonly statement: Statement; readonly fresh: boolean } | null {
    const found = this.#prepared.get(name);
    return found === undefined
      ? null
      : { statement: found.statement, fresh: found.at === this.version };
  }

  /** What FETCH reads from: a cursor keeps the meaning that names had when it was declared. */
  cursor(name: string): Statement | null {
    return this.#cursors.get(name)?.statement ?? null;
  }

  /** After the server said that the statement with these effects succeeded. */
  apply(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#apply(effect);
  }

  #apply(effect: SessionEffect): void {
    switch (effect.do) {
      case "prepare":
        this.#prepared.set(effect.name, { statement: effect.statement, at: this.version });
        return;
      case "deallocate":
        return forget(this.#prepared, effect.name);
      case "declare": {
        const { statement, hold } = effect;
        this.#cursors.set(effect.name, { statement, hold, at: this.version });
        return;
      }
      case "closeCursor":
        return forget(this.#cursors, effect.name);
      case "searchPath":
        return this.#setPath(effect.path, effect.local);
      case "discardAll":
        this.#prepared.clear();
        this.#cursors.clear();
        return this.#change({
          ...this.#meaning,
          path: null,
          overlay: only(this.#meaning.overlay, false),
        });
      case "begin":
      case "commit":
      case "rollback":
      case "savepoint":
      case "rollbackTo":
        return this.#transact(effect);
      default:
        return this.#define(effect);
    }
  }

  #setPath(path: readonly string[] | null, local: boolean): void {
    // SET LOCAL outside a transaction does nothing (a warning).
    if (local && this.#snapshots.length === 0) return;
    const { outerPath: _, ...rest } = this.#meaning;
    const outer = "outerPath" in this.#meaning ? this.#meaning.outerPath : this.#meaning.path;
    this.#change(local ? { ...rest, path, outerPath: outer ?? null } : { ...rest, path });
  }

  #transact(
    effect: Extract<
      SessionEffect,
      { do: "begin" | "commit" | "rollback" | "savepoint" | "rollbackTo" }
    >,
  ): void {
    const [start] = this.#snapshots;
    switch (effect.do) {
      case "begin":
        if (start === undefined) this.#snapshots = [{ name: null, meaning: this.#meaning }];
        return;
      case "savepoint":
        if (start !== undefined)
          this.#snapshots.push({ name: effect.name, meaning: this.#meaning });
        return;
      case "rollbackTo": {
        const at = this.#snapshots.findLastIndex(({ name }) => name === effect.name);
        if (at < 0) return;
        this.#meaning = (this.#snapshots[at] as { meaning: Meaning }).meaning;
        this.#snapshots.length = at + 1;
        return;
      }
      case "commit":
        this.#snapshots = [];
        if ("outerPath" in this.#meaning) {
          const { outerPath, ...rest } = this.#meaning;
          this.#change({ ...rest, path: outerPath ?? null });
        }
        if (this.#meaning.pendingDdl) this.#stale = true;
        return this.#endCursors();
      case "rollback":
        this.#snapshots = [];
        if (start !== undefined) this.#meaning = start.meaning;
        return this.#endCursors();
    }
  }

  #endCursors(): void {
    for (const [name, { hold }] of this.#cursors) if (!hold) this.#cursors.delete(name);
  }

  #define(effect: Definition): void {
    const { overlay, temporary } = redefine(this.#meaning.overlay, effect, {
      fullName: (schema, name) => this.#ownName(schema, name),
      creationSchema: this.creationSchema,
      cataloged: (full) => this.#cataloged(full),
    });
    const pendingDdl = this.#meaning.pendingDdl || !temporary;
    const ownCode = this.#meaning.ownCode || (effect.do === "ddl" && effect.code);
    this.#change({ ...this.#meaning, overlay, pendingDdl, ownCode });
    if (pendingDdl && this.#snapshots.length === 0) this.#stale = true;
  }

  #cataloged(full: string): readonly Output[] | null {
    const relation = this.#index.byName.get(full);
    if (relation === undefined || !["r", "p"].includes(relation.kind)) return null;
    return relation.columns.map((column) => {
      const exact = column.generatedFrom.length === 0;
      return { name: column.name, sources: this.sourcesOf(relation, column), exact, opaque: false };
    });
  }

  #ownName(schema: string | null, name: string): string {
    const found = this.resolve(schema, name);
    return found.is === "unknown" && schema === null
      ? `${this.creationSchema ?? ""}.${name}`
      : found.name;
  }

  #change(meaning: Omit<Meaning, "stamp">): void {
    this.#stamps++;
    this.#meaning = { ...meaning, stamp: this.#stamps };
  }
}
