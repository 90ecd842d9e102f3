/*
 * The Content-Type of a request (RFC 9110 section 8.3). Services read it with parsers of many
 * kinds, some by searching it for a word: a header in which such a search finds something else
 * than a parser does is refused.
 */

export type MediaType = {
  /** In lower case: `application/json`. */
  readonly name: string;
  /** Names in lower case, values as they were sent, without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** 415 says that the type is clear and that the gate does not read it. */
export type Unread = { readonly wrong: string; readonly status: 400 | 415 };

/** Without the star of RFC 2231 (`boundary*0=`), which few readers know. */
const TOKEN = "[!#$%&'+.^`|~\\w-]+";
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(?=[ \\t]*(?:;|$))`, "u");
/** A parameter with the semicolon before it; RFC 9110 allows that none follows. */
const PARAMETER = new RegExp(`^[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"([^"]*)"))?`, "u");
/** What would end a parameter, a header or a text for a reader that does not know quotes. */
const MISREAD = /[;"\\<>\t]/u;

const CHARSETS = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

export function readContentType(header: string): MediaType | Unread {
  const wrong = (wrong: string): Unread => ({ wrong, status: 400 });
  if (/[^\t\u0020-\u007e]/u.test(header)) return wrong("The Content-Type is not ASCII.");
  if (header.includes(",")) return wrong("The Content-Type has a comma, as two headers have.");
  const name = TYPE.exec(header.trim())?.[1];
  if (name === undefined) return wrong("The Content-Type is not type/subtype.");
  const parameters = new Map<string, string>();
  let rest = header.trim().slice(name.length).trimEnd();
  while (rest !== "") {
    const found = PARAMETER.exec(rest);
    if (found === null) return wrong("The Content-Type has something that is no parameter.");
    const [all, key, plain, quoted] = found;
    rest = rest.slice(all.length);
    if (key === undefined) continue;
    const value = plain ?? quoted ?? "";
    const low = key.toLowerCase();
    if (parameters.has(low)) return wrong(`The Content-Type has ${low} twice.`);
    if (MISREAD.test(value)) {
      return wrong("The Content-Type has a parameter that readers take in different ways.");
    }
    parameters.set(low, value);
  }
  const twice = ["boundary", "charset"].find((word) => timesSet(header, word) > 1);
  if (twice !== undefined) return wrong(`The Content-Type has ${twice} twice.`);
  const charset = parameters.get("charset")?.toLowerCase() ?? "utf-8";
  if (CHARSETS.has(charset)) return { name: name.toLowerCase(), parameters };
  return { wrong: "Bodies are read in UTF-8 only; the Content-Type says otherwise.", status: 415 };
}

const timesSet = (header: string, word: string): number =>
  header.match(new RegExp(`${word}\\s*=`, "giu"))?.length ?? 0;

/** What its documents are, by name alone (RFC 6839 for the suffix). */
export const isJson = (name: string): boolean =>
  /^(?:application|text)\/(?:x-)?json$|\+json$/u.test(name);

export const isJsonLines = (name: string): boolean =>
  /^(?:application|text)\/(?:(?:x-)?ndjson|(?:x-)?jsonl(?:ines)?|stream\+json)$/u.test(name);
