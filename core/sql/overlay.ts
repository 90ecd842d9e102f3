import type { Overlay } from "./meaning.ts";
import type { Output, SessionEffect } from "./statement.ts";

export type Definition = Extract<
  SessionEffect,
  { do: "createTable" | "alterTable" | "dropTable" | "renameTable" | "ddl" }
>;

/** How a definition finds what it speaks of. */
export type Surroundings = {
  /** `schema.name` of a table as the session sees it now. */
  fullName(schema: string | null, name: string): string;
  readonly creationSchema: string | null;
  /** The columns that the catalog has for a table; null: none, or not a table. */
  cataloged(full: string): readonly Output[] | null;
};

/** The overlay after a definition, and whether only this session will ever see it. */
export function redefine(
  overlay: ReadonlyMap<string, Overlay>,
  effect: Definition,
  around: Surroundings,
): { readonly overlay: ReadonlyMap<string, Overlay>; readonly temporary: boolean } {
  if (effect.do === "ddl") return { overlay, temporary: false };
  const next = new Map(overlay);
  if (effect.do === "createTable") {
    const { temporary, columns } = effect;
    const schema = temporary ? "pg_temp" : (effect.schema ?? around.creationSchema ?? "");
    next.set(`${schema}.${effect.name}`, { temporary, columns });
    return { overlay: next, temporary };
  }
  const full = around.fullName(effect.schema, effect.name);
  const known = overlay.get(full) ?? { temporary: false, columns: around.cataloged(full) };
  const { temporary } = known;
  if (effect.do === "alterTable") {
    next.set(full, { temporary, columns: altered(known.columns, effect.change) });
    return { overlay: next, temporary };
  }
  // A name that is gone shadows nothing, but the catalog still has it until it is read again.
  if (overlay.has(full)) next.delete(full);
  else next.set(full, { temporary: false, columns: null });
  if (effect.do === "renameTable") {
    next.set(`${full.slice(0, full.indexOf("."))}.${effect.to}`, known);
  }
  return { overlay: next, temporary };
}

function altered(
  columns: readonly Output[] | null,
  change: { readonly add: readonly Output[]; readonly drop: readonly string[] } | null,
): readonly Output[] | null {
  if (columns === null || change === null) return null;
  return [...columns.filter(({ name }) => !change.drop.includes(name)), ...change.add];
}
