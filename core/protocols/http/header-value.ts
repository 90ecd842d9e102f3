import { text, utf8 } from "../../bytes.ts";
import type { Masker } from "../../masker.ts";
import { LINKS } from "./links.ts";
import { sentParameter } from "./sent.ts";

/**
 * What a header of an answer shows: by its name, by what detectors find, and by the names inside
 * it, where it is a link with parameters or a document (as `X-Pagination` often is).
 */
export function headerValue(name: string, value: string, masker: Masker): string {
  if (masker.idle) return value;
  const shown = name in LINKS ? linkShown(value, masker) : documentShown(value, masker);
  return masker.header(name, shown).text;
}

/** A name and a value behind `?`, `&`, `#` or `;`, wherever a link stands in the text. */
const PARAMETER = /(?<=[?&#;])[^=?&#;<>"'\s]+=[^&#;<>"'\s]*/gu;

export const linkShown = (value: string, masker: Pick<Masker, "header">): string =>
  value.replace(PARAMETER, (parameter) => sentParameter(parameter, masker));

/** What begins like a document and is none cannot be looked through. */
function documentShown(value: string, masker: Masker): string {
  if (!/^\s*(?:\{|\[\s*[{["])/.test(value)) return value;
  const body = masker.body("application/json", "refuse");
  if (body === "pass" || body === "refuse") return value;
  const [first, rest] = [body.push(utf8(value)), body.finish()];
  return first === null || rest === null ? "[redacted]" : `${text(first)}${text(rest)}`;
}
