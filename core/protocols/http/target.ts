/*
 * A request's target (RFC 9112 section 3.2.1, origin form) as text. What is authorised is what is
 * forwarded: a form that two readers may understand differently is refused, never put right.
 */

/** Forms that a resource may list, for services that need them. */
export const TARGET_FORMS = [
  "encoded-slash",
  "backslash",
  "dot-segment",
  "parameters",
  "empty-segment",
] as const;
export type TargetForm = (typeof TARGET_FORMS)[number];

export type Target = {
  /** As it was sent, without the query: `/customers/7`. */
  readonly path: string;
  /** As it was sent, with its question mark; empty where there is none. */
  readonly search: string;
  /** Names and values, decoded as forms are (WHATWG URL, "urlencoded parsing"). */
  readonly query: readonly (readonly [name: string, value: string])[];
};

/** `wrong` says why, for people. */
export type ReadTarget = Target | { readonly wrong: string };

/** `target` begins at the resource's own root. */
export function readTarget(target: string, allowed: readonly TargetForm[]): ReadTarget {
  const wrong = strange(target) ?? unreadable(target);
  if (wrong !== null) return { wrong };
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  const search = at < 0 ? "" : target.slice(at);
  const form = TARGET_FORMS.find((one) => !allowed.includes(one) && HAS[one](path));
  if (form !== undefined) return { wrong: `${WORDS[form]} This resource does not list ${form}.` };
  const plain = allowed.includes("dot-segment") ? path.replaceAll(/%2e/giu, ".") : path;
  if (HIDDEN.test(plain)) return { wrong: "The path escapes a letter that needs no escape." };
  if (SEPARATES.test(search) && !allowed.includes("parameters")) {
    return { wrong: "The query has a semicolon that could end a field; write it as %3B." };
  }
  const query = pairsOf(search.slice(1));
  return query === null ? { wrong: "The query is not UTF-8." } : { path, search, query };
}

/** Characters that never stand in a target, whatever a resource lists. */
function strange(target: string): string | null {
  if (!target.startsWith("/")) return "The path does not begin with a slash.";
  if (target.includes("#")) return "The address has a fragment.";
  if (!/^[\u0021-\u007e]*$/u.test(target)) return "The address has characters that are not ASCII.";
  if (/["<>^`{|}]/u.test(target.split("?", 1)[0] as string)) {
    return "The path has a character that has to be percent-encoded.";
  }
  return null;
}

function unreadable(target: string): string | null {
  if (/%(?![0-9a-f]{2})/iu.test(target)) return "A percent sign begins no escape.";
  if (/%00/u.test(target)) return "The address holds NUL.";
  if (/%(?:0[0-9a-f]|1[0-9a-f]|7f)/iu.test(target.split("?", 1)[0] as string)) {
    return "The path holds a control character.";
  }
  if (decoded(target.split("?", 1)[0] as string) === null) return "The path is not UTF-8.";
  return null;
}

/** RFC 3986 section 2.3: a rule that compares texts would not see it, and the service does. */
const HIDDEN = /%(?:2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/iu;

/** HTML 4 let servers take a semicolon for an ampersand, and some do. */
const SEPARATES = /;[^&;=]*=/u;

const DOTS = /(?:^|\/)(?:\.|%2e){1,2}(?:;[^/]*)?(?=\/|$)/iu;

const HAS: Readonly<Record<TargetForm, (path: string) => boolean>> = {
  // A doubly encoded one is another service's encoded slash.
  "encoded-slash": (path) => /%(?:25)*2f/iu.test(path),
  backslash: (path) => /\\|%(?:25)*5c/iu.test(path),
  "dot-segment": (path) => DOTS.test(path) || /%(?:25)+2e/iu.test(path),
  parameters: (path) => /;|%(?:25)*3b/iu.test(path),
  "empty-segment": (path) => path.includes("//"),
};

const WORDS: Readonly<Record<TargetForm, string>> = {
  "encoded-slash": "The path holds an encoded slash.",
  backslash: "The path holds a backslash.",
  "dot-segment": "The path holds a segment of dots.",
  parameters: "The path holds a semicolon.",
  "empty-segment": "The path holds an empty segment.",
};

/** How a path that was read is written otherwise: `%3A` is `%3a`, and a colon for most services. */
export function pathsOf(path: string): readonly string[] {
  if (!path.includes("%")) return [];
  const capitals = path.replaceAll(/%[0-9a-f]{2}/giu, (escape) => escape.toUpperCase());
  return [capitals, decoded(path) ?? path].filter((one) => one !== path);
}

/** Null: an escape is none, or is not UTF-8. */
export function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Null: an escape is not UTF-8. Names that repeat stay, in their order. */
export function pairsOf(query: string): [string, string][] | null {
  const pairs = query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const name = at < 0 ? part : part.slice(0, at);
      return [name, at < 0 ? "" : part.slice(at + 1)].map((one) =>
        decoded(one.replaceAll("+", " ")),
      );
    });
  return pairs.flat().includes(null) ? null : (pairs as [string, string][]);
}
