import type { Outgoing } from "../../exchange.ts";
import { partHeaderBytesMax } from "../../limits.ts";
import { isJson, type MediaType, readContentType, type Unread } from "./content-type.ts";
import { BOUNDARY } from "./multipart.ts";

/*
 * Fields that ask for another method (request-headers.ts, `overridesMethod`), in a body that is too
 * large to be read: it is looked through as it passes. Frameworks look for them in a POST alone.
 */

/** For people. */
export const OVERRIDDEN = "A field asks for another method than the request's own.";

/** Takes the next piece of the body; true: such a field begins in it, and it must not pass. */
export type Watch = (bytes: Uint8Array) => boolean;

type Head = Pick<Outgoing, "method" | "headers">;

/** Why a body that streams cannot be watched; null: it can, or need not be. */
export function unwatchable({ method, headers }: Head): Unread | null {
  if (method !== "POST") return null;
  const type = readContentType(valueOf(headers, "content-type") ?? FORM);
  if ("wrong" in type) return type;
  if (kindOf(type) === null) return null;
  if (!/^\s*(?:identity\s*)?$/iu.test(valueOf(headers, "content-encoding") ?? "")) {
    return { wrong: "The body is compressed. Send it as it is.", status: 415 };
  }
  if (kindOf(type) !== "multipart" || BOUNDARY.test(type.parameters.get("boundary") ?? "")) {
    return null;
  }
  return { wrong: "The Content-Type has no boundary that all readers take alike.", status: 400 };
}

/** Null: there is nothing to look for. */
export function watchOf({ method, headers }: Head): Watch | null {
  const type = readContentType(valueOf(headers, "content-type") ?? FORM);
  if (method !== "POST" || "wrong" in type) return null;
  switch (kindOf(type)) {
    case "form":
      return namesIn(FORM_FIELD, "&");
    case "json":
      return namesIn(MEMBER, "");
    case "multipart":
      return partsOf(`--${type.parameters.get("boundary") ?? ""}`);
    case null:
      return null;
  }
}

/** Rack takes a POST of no type for a form. */
const FORM = "application/x-www-form-urlencoded";

function kindOf({ name }: MediaType): "form" | "json" | "multipart" | null {
  if (name === FORM) return "form";
  if (name.startsWith("multipart/")) return "multipart";
  return isJson(name) ? "json" : null;
}

const valueOf = (headers: Outgoing["headers"], name: string): string | null =>
  headers.find(([known]) => known === name)?.[1] ?? null;

/** A letter as it is, and as forms and JSON escape it, small or capital. */
const letter = (one: string): string => {
  const code = (of: string): string => of.charCodeAt(0).toString(16);
  const [small, capital] = [code(one), code(one.toUpperCase())];
  return `(?:${one}|(?:%|\\\\u00)(?:${small}|${capital}))`;
};
const word = (letters: string): string => Array.from(letters, letter).join("");
/** What services take for an underscore, or drop. */
const JOINT = "(?:[_[.-]|(?:%|\\\\u00)(?:5f|5b|2e|2d))";
const [METHOD, HTTP, X] = [word("method"), word("http"), letter("x")];
const ASKS =
  `(?:${JOINT}(?:${HTTP}${JOINT}?)?${METHOD}|${X}${JOINT}${HTTP}${JOINT}${METHOD}` +
  `|(?:${X}|${HTTP})${JOINT}${METHOD}${JOINT}${word("override")})(?=[^a-z0-9])`;

const FORM_FIELD = new RegExp(`[&;](?:\\+|%20|\\s)*${ASKS}`, "iu");
const MEMBER = new RegExp(`"\\s*${ASKS}[^"]{0,64}"\\s*:`, "iu");
const PART_NAME = new RegExp(`(?<![a-z0-9])${ASKS}|=\\?`, "iu");

/** As long as the longest of them is, escaped. */
const nameLengthMax = 256;

function namesIn(field: RegExp, before: string): Watch {
  const read = reader();
  let kept = before;
  return (bytes) => {
    const text = kept + read(bytes);
    kept = text.slice(-nameLengthMax);
    return field.test(text);
  };
}

/** The headers of each part; not what is in it, for a file may hold anything. */
function partsOf(delimiter: string): Watch {
  const read = reader();
  let kept = "";
  return (bytes) => {
    let text = kept + read(bytes);
    for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter)) {
      text = text.slice(at);
      const end = /\r?\n\r?\n/u.exec(text)?.index ?? -1;
      if ((end < 0 ? text.length : end) > partHeaderBytesMax) return true;
      if (end < 0) break;
      if (asks(text.slice(0, end))) return true;
      text = text.slice(end);
    }
    kept = text.startsWith(delimiter) ? text : text.slice(-delimiter.length);
    return false;
  };
}

const asks = (headers: string): boolean => PART_NAME.test(`${headers.replaceAll("\\", "")}\n`);

/** Each byte a character: all that is looked for is ASCII. */
function reader(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder("latin1");
  return (bytes) => decoder.decode(bytes);
}
