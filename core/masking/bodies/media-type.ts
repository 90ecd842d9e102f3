/** A media type (RFC 9110, section 8.3.1). */
export type MediaType = {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
};

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const ESSENCE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})[ \\t]*(?=;|$)`, "u");
/** No control character but a tab, and escapes. */
const QUOTED = '"((?:[^"\\\\\\u0000-\\u0008\\u000a-\\u001f]|\\\\.)*)"';
/** Between semicolons there may be none. */
const PARAMETER = new RegExp(
  `^;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|${QUOTED}))?[ \\t]*(?=;|$)`,
  "u",
);

/**
 * Null: it is none, or it says something twice, which readers take for different things. Two
 * fields joined by a comma are none either.
 */
export function parseMediaType(value: string): MediaType | null {
  const found = ESSENCE.exec(value);
  if (found === null) return null;
  const rest = value.slice(found[0].length);
  const parameters = parseParameters(rest);
  return parameters && { essence: (found[1] as string).toLowerCase(), parameters };
}

/** `; name=value` and so on, as other fields have them too. Null as above. */
export function parseParameters(value: string): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>();
  let rest = value;
  while (rest !== "") {
    const found = PARAMETER.exec(rest);
    if (found === null) return null;
    rest = rest.slice(found[0].length);
    const [, name, token, quoted] = found;
    if (name === undefined) continue;
    if (parameters.has(name.toLowerCase())) return null;
    parameters.set(name.toLowerCase(), token ?? (quoted ?? "").replace(/\\(.)/gu, "$1"));
  }
  return parameters;
}
