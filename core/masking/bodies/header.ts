import { text, utf8 } from "../../bytes.ts";
import type { Shown } from "../../masker.ts";
import type { BodyRules } from "./body.ts";

/** A header, or a parameter of a query: by its name as a field of a document, then by detectors. */
export function headerShown(name: string, value: string, { fields, detect }: BodyRules): Shown {
  const mask = fields.mask(fields.named(name), [name]);
  if (mask !== null) {
    const masked = mask.text(utf8(value));
    return { text: masked === null ? "" : text(masked), rule: mask.rule, findings: [] };
  }
  const scanned = detect?.scan(utf8(value), name) ?? null;
  if (scanned === null) return { text: value, rule: null, findings: [] };
  return { text: text(scanned.bytes), rule: null, findings: scanned.findings };
}
