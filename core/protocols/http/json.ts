import { strictText } from "../../bytes.ts";
import { jsonDepthMax } from "../../limits.ts";

/*
 * The JSON of a request, read for conditions. Services take the first or the last of two members
 * of one name, and some ignore case: such a document says different things to different readers,
 * and is refused.
 */

export type ReadJson = { readonly value: unknown } | { readonly wrong: string };

/** `wrong` says why, for people; it never quotes a value. */
export function readJson(body: Uint8Array): ReadJson {
  const json = strictText(body);
  if (json === null) return { wrong: "The body is not UTF-8." };
  const value = parsed(json);
  if (value === undefined) return { wrong: "The body is not JSON." };
  const wrong = ambiguous(json);
  return wrong === null ? { value } : { wrong };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gu;

/** Of a document that JSON.parse has read: what is ambiguous in it. */
function ambiguous(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  let text: string | null = null;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      if (open.push(token === "{" ? new Set() : null) > jsonDepthMax)
        return "The body is too deep.";
    } else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const name = JSON.parse(text as string) as string;
      const names = open.at(-1) as Set<string>;
      const plain = name.normalize("NFKC").toLowerCase();
      if (names.has(plain)) return `The body has ${JSON.stringify(name)} twice in one object.`;
      names.add(plain);
    }
    text = token;
  }
  return null;
}
