import { concat, utf8 } from "../../bytes.ts";
import type { Masker, Unreadable } from "../../masker.ts";

export type Sent = {
  readonly body: Uint8Array;
  /** Rules and detectors that have changed something. */
  readonly rules: readonly string[];
};

export type Rules = NonNullable<Masker["sent"]>;

/** The same rules, which write down in `met` who masks something of a header or a parameter. */
export const noting = (rules: Rules, met: Set<string>): Rules => ({
  body: (type, unreadable) => rules.body(type, unreadable),
  header(name, value) {
    const shown = rules.header(name, value);
    if (shown.rule !== null) met.add(shown.rule);
    for (const { kind } of shown.findings) met.add(kind);
    return shown;
  },
});

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

/** `name=value`, encoded as in a query. */
export function sentParameter(part: string, rules: Pick<Rules, "header">): string {
  const at = part.indexOf("=");
  if (at < 0) return part;
  const value = decoded(part.slice(at + 1));
  const shown = rules.header(decoded(part.slice(0, at)), value).text;
  return shown === value ? part : `${part.slice(0, at)}=${encoded(shown)}`;
}

/** Where an escape is none, as it was written. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return part;
  }
}

const UNRESERVED = /^[\w.~-]$/;

/** RFC 3986 section 2.1. */
const encoded = (value: string): string =>
  Array.from(utf8(value), (byte) => {
    const character = String.fromCharCode(byte);
    return UNRESERVED.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
