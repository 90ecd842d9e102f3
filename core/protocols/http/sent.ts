import { concat, utf8 } from "../../bytes.ts";
import type { Masker, Unreadable } from "../../masker.ts";

export type Sent = {
  readonly body: Uint8Array;
  /** Rules and detectors that have changed something. */
  readonly rules: readonly string[];
};

type Rules = NonNullable<Masker["sent"]>;

/** What of a request is masked before anybody judges it: what is judged is what leaves. */
export function sentBody(
  type: string | null,
  body: Uint8Array,
  rules: Rules | null,
  unreadable: Unreadable,
): Sent | { readonly wrong: string } {
  const masker = rules === null || body.length === 0 ? "pass" : rules.body(type, unreadable);
  if (masker === "pass") return { body, rules: [] };
  if (masker === "refuse") return { wrong: "Something may have to be masked in a body like this." };
  const [first, rest] = [masker.push(body), masker.finish()];
  if (first === null || rest === null) return { wrong: "The body is not what its type says." };
  const { masked, findings } = masker.tally.take();
  const found = [...masked.map(({ rule }) => rule), ...findings.map(({ kind }) => kind)];
  return { body: concat([first, rest]), rules: [...new Set(found)] };
}

/** The parameters that rules say nothing of stay as they were written. */
export function sentSearch(search: string, rules: Rules | null): string {
  if (rules === null || search.length < 2) return search;
  const parts = search.slice(1).split("&");
  return `?${parts.map((part) => sentParameter(part, rules)).join("&")}`;
}

function sentParameter(part: string, rules: Rules): string {
  const at = part.indexOf("=");
  if (at < 0) return part;
  const value = decoded(part.slice(at + 1));
  const shown = rules.header(decoded(part.slice(0, at)), value).text;
  return shown === value ? part : `${part.slice(0, at)}=${encoded(shown)}`;
}

/** Of a query that has been read already. */
const decoded = (part: string): string => decodeURIComponent(part.replaceAll("+", " "));

const UNRESERVED = /^[\w.~-]$/;

/** RFC 3986 section 2.1. */
const encoded = (value: string): string =>
  Array.from(utf8(value), (byte) => {
    const character = String.fromCharCode(byte);
    return UNRESERVED.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
