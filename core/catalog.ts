import type { UnixMs } from "./decision.ts";

/** Oids below belong to the server itself (FirstNormalObjectId). */
export const FIRST_NORMAL_OID = 16_384;

/**
 * What the target's own catalog says, kept per resource by the CatalogObject. Plain data: it
 * crosses RPC as JSON text; `core/sql/names.ts` indexes it for lookups.
 */
export type Catalog = {
  /** Changes when anything below changes. */
  readonly version: string;
  readonly relations: readonly Relation[];
  /**
   * Relations that were there until a while ago, as they were: a session whose catalog is older
   * still takes their names for them.
   */
  readonly gone?: readonly Gone[];
  /** Functions of pg_catalog that depend on their arguments alone, by name, every overload. */
  readonly pureFunctions: readonly string[];
  /** Operators outside pg_catalog, by name. */
  readonly userOperators: readonly string[];
  /** Types with code of their own: user casts, user base types, domains. */
  readonly userTypes: readonly string[];
  /** Columns of the server's own relations in their order, by `schema.name`. */
  readonly systemColumns: Readonly<Record<string, readonly string[]>>;
  /**
   * The login's search path with "$user" replaced; the catalog schema comes first by the server's
   * rule.
   */
  readonly searchPath: readonly string[];
};

export type Relation = {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: r table, v view, m materialised, p partitioned, f foreign, S sequence. */
  readonly kind: "r" | "v" | "m" | "p" | "f" | "S";
  readonly columns: readonly CatalogColumn[];
  /** pg_get_viewdef's text; empty: it could not be read, and the columns may hold anything. */
  readonly definition: string | null;
  /** Oids of the parents (inheritance and partitions). */
  readonly parents: readonly number[];
  /** A trigger or a rule of the owner's may change what happens. */
  readonly hasTriggers: boolean;
};

export type Gone = Relation & { readonly goneAt: UnixMs };

export type CatalogColumn = {
  /** pg_attribute.attnum */
  readonly number: number;
  readonly name: string;
  readonly type: number;
  /** numeric with a precision, so that no sum of them is too large. */
  readonly sized?: boolean;
  /** Columns of the same table that a generated column is made from. */
  readonly generatedFrom: readonly string[];
};
