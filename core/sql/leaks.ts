import { COPIES_MASKED } from "../command.ts";
import type { AnalyseOptions } from "./analyse.ts";
import type { Findings } from "./findings.ts";
import type { Outputs } from "./outputs.ts";
import { asksTooMuch } from "./predicates.ts";
import type { Value } from "./scope.ts";
import type { Leak } from "./statement.ts";

/** A person reads them; any one is reason enough to refuse. */
const leaksMax = 16;

export type Leaking = {
  readonly findings: Findings;
  readonly copies: Outputs["copies"];
  /** It renames, breaks up or gives code to what holds masked columns. */
  readonly escapes: boolean;
  /** What is opaque may hold masked values. */
  readonly unsure: () => boolean;
};

/** Where masked values would go without their mask, and what is asked of them; each once. */
export const leaksOf = (leaking: Leaking, options: AnalyseOptions): readonly Leak[] => [
  ...distinct(copied(leaking, options)),
  ...distinct(asksTooMuch(leaking.findings, options)),
];

function distinct(leaks: Iterable<Leak>): Iterable<Leak> {
  const found = new Map<string, Leak>();
  for (const leak of leaks) {
    const { schema = "", table = "", column = "" } = leak.source ?? {};
    const into = leak.by.way === "into" ? leak.by.column : "";
    found.set([schema, table, column, leak.by.way, into].join("\0"), leak);
    if (found.size === leaksMax) break;
  }
  return found.values();
}

function* copied(
  { findings, copies, escapes, unsure }: Leaking,
  { isMasked }: AnalyseOptions,
): Generator<Leak> {
  const leak = (source: Leak["source"], by: Leak["by"]): Leak => ({
    risk: COPIES_MASKED,
    source,
    by,
  });
  if (escapes) yield leak(null, { way: "names" });
  for (const value of findings.handed) {
    for (const source of value.sources)
      if (isMasked(source)) yield leak(source, { way: "own code" });
  }
  const taken: Findings["stored"] = [...copies, ...findings.stored];
  for (const { name, value, into } of taken) {
    const by = { way: "into", column: name } as const;
    const hidden = [...value.sources].filter(isMasked);
    if (value.opaque && unsure()) yield leak(null, by);
    if (!stays(value, into)) for (const source of hidden) yield leak(source, by);
  }
}

/** Unchanged and into its own column it stays masked; another's rule may show more. */
const stays = (value: Value, into: Value | undefined): boolean =>
  value.exact && [...value.sources].every((source) => into?.sources.has(source));
