import type { Catalog, Relation } from "../catalog.ts";

/** A catalog, ready to be asked. */
export type CatalogIndex = {
  /** By `schema.name`. */
  readonly byName: ReadonlyMap<string, Relation>;
  readonly byOid: ReadonlyMap<number, Relation>;
  /** Parents and children, near and far, by the oid of the relation: they share rows. */
  readonly relatives: ReadonlyMap<number, readonly Relation[]>;
  readonly pure: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
};

export const NOTHING: CatalogIndex = {
  byName: new Map(),
  byOid: new Map(),
  relatives: new Map(),
  pure: new Set(),
  operators: new Set(),
  types: new Set(),
};

/** By what never changes in a catalog whose search path a session replaces. */
const made = new WeakMap<readonly Relation[], CatalogIndex>();

/** Made once for each catalog: the sessions that share one share its index. */
export function indexOf(catalog: Catalog): CatalogIndex {
  const { relations } = catalog;
  const known = made.get(relations);
  if (known !== undefined) return known;
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const index: CatalogIndex = {
    byName: new Map(relations.map((relation) => [`${relation.schema}.${relation.name}`, relation])),
    byOid,
    relatives: relativesOf(relations, byOid),
    pure: new Set(catalog.pureFunctions),
    operators: new Set(catalog.userOperators),
    types: new Set(catalog.userTypes),
  };
  made.set(relations, index);
  return index;
}

function relativesOf(relations: readonly Relation[], byOid: ReadonlyMap<number, Relation>) {
  const relatives = new Map<number, Relation[]>();
  const add = (oid: number, relative: Relation): void => {
    const known = relatives.get(oid) ?? [];
    if (!known.includes(relative)) relatives.set(oid, [...known, relative]);
  };
  for (const child of relations) {
    const queue = [...child.parents];
    for (let i = 0; i < queue.length; i++) {
      const parent = byOid.get(queue[i] as number);
      if (parent === undefined || parent === child) continue;
      add(child.oid, parent);
      add(parent.oid, child);
      for (const oid of parent.parents) if (!queue.includes(oid)) queue.push(oid);
    }
  }
  return relatives;
}
