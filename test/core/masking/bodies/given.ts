import { expect } from "vitest";
import { concat, text, utf8 } from "../../../../core/bytes.ts";
import type { CellMask } from "../../../../core/masker.ts";
import type { BodyMasker } from "../../../../core/masking/bodies/body.ts";
import { FieldRules, parseFieldPattern } from "../../../../core/masking/fields.ts";

type Technique = CellMask["technique"];

/** A mask that shows how long the value was, unless it redacts. */
const mask = (rule: string, technique: Technique): CellMask => ({
  rule,
  technique,
  text: (value) => {
    if (technique === "redact") return utf8("[redacted]");
    return technique === "null" ? null : utf8("*".repeat([...text(value)].length));
  },
  isPlaceholder: () => false,
});

export const fields = (rules: Readonly<Record<string, Technique>>): FieldRules =>
  new FieldRules(
    Object.entries(rules).map(([pattern, technique]) => ({
      pattern: parseFieldPattern(pattern) ?? expect.fail(pattern),
      mask: mask("pii", technique),
    })),
  );

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Null stays; what is not UTF-8 throws. */
export const shown = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : decoder.decode(bytes);

/** What leaves of a body that is cut there. */
export function passed(
  make: () => BodyMasker,
  content: Uint8Array,
  cuts: readonly number[],
): Uint8Array | null {
  const body = make();
  const parts: (Uint8Array | null)[] = [];
  let from = 0;
  for (const to of [...cuts, content.length]) {
    parts.push(body.push(content.slice(from, to)));
    from = to;
  }
  parts.push(body.finish());
  return parts.includes(null) ? null : concat(parts as Uint8Array[]);
}

/** Whole, in two parts at every byte, and byte by byte: the same. */
export function cutEverywhere(make: () => BodyMasker, content: string): string | null {
  const bytes = utf8(content);
  const whole = shown(passed(make, bytes, []));
  const places = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
  for (const at of places) expect(shown(passed(make, bytes, [at])), `cut at ${at}`).toBe(whole);
  expect(shown(passed(make, bytes, places)), "byte by byte").toBe(whole);
  return whole;
}
