import type { CellMask, Masker } from "../masker.ts";
import type { Output, OutputShape } from "./statement.ts";

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

/** A document whose parts are judged one by one. */
export type JudgedDocument = {
  readonly is: OutputShape["is"];
  readonly parts: readonly JudgedPart[];
};

/** `below`: it is a document itself, judged by its own parts; `mask` is then null. */
export type JudgedPart = {
  readonly output: Output;
  readonly mask: CellMask | null;
  readonly below: JudgedDocument | null;
};

/** Null: no document, or what decides its parts is masked, so that nothing of it may show. */
export function judgeDocument(output: Output | null, masker: Masker): JudgedDocument | null {
  if (output?.shape === undefined) return null;
  const { is, parts, around } = output.shape;
  if (judgeOutput(around, masker) !== "clear") return null;
  return { is, parts: parts.map((part) => judgePart(part, masker)) };
}

/** A member's name is an output's name: rules speak of it as well. */
function judgePart(output: Output, masker: Masker): JudgedPart {
  const named = output.name === "" ? null : masker.output(output.name);
  const below = named === null ? judgeDocument(output, masker) : null;
  const mask = below === null ? maskOfOutput(output, output.name, masker) : null;
  return { output, mask, below };
}

/** Every part in a document that is masked, however deep. */
export const maskedParts = ({ parts }: JudgedDocument): readonly JudgedPart[] =>
  parts.flatMap((part) =>
    part.below !== null ? maskedParts(part.below) : part.mask === null ? [] : [part],
  );
