import type { CellMask, Masker } from "../masker.ts";
import type { Output } from "./statement.ts";

/**
 * What lineage alone says of an output column. Null: it could not tell. Whatever is masked but is
 * not the column's own value shows nothing at all: the kept characters of a `partial` would be
 * those of another value.
 */
export function judgeOutput(output: Output | null, masker: Masker): CellMask | "clear" {
  if (output === null) return masker.whole(masker.opaqueRule);
  const masks = output.sources
    .map((source) => masker.source(source))
    .filter((mask): mask is CellMask => mask !== null);
  const [first] = masks;
  if (first !== undefined) return isItself(output) ? first : masker.whole(first.rule);
  return output.opaque && masker.hidesColumns ? masker.whole(masker.opaqueRule) : "clear";
}

/** The very value of one column, so that its rule's own technique applies. */
export const isItself = ({ exact, sources }: Output): boolean => exact && sources.length === 1;

/** The same with rules that speak of an output's name; null: it passes as it is. */
export function maskOfOutput(output: Output | null, name: string, masker: Masker): CellMask | null {
  const verdict = masker.hidesColumns ? judgeOutput(output, masker) : "clear";
  return verdict === "clear" ? masker.output(name) : verdict;
}
