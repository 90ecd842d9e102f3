import { strictText, utf8 } from "../../bytes.ts";
import { jsonLinesMax } from "../../limits.ts";
import { isJson, isJsonLines, readContentType, type Unread } from "./content-type.ts";
import { type Field, gather, strangeName } from "./fields.ts";
import { readJson } from "./json.ts";
import { readMultipart } from "./multipart.ts";
import { pairsOf } from "./target.ts";

/*
 * The body of a request, as conditions see it (`http.body`). Services read bodies by their type, or
 * whatever the type says: what is a document for one reader and something else for another is
 * shown as the document, or refused where both readings have fields.
 */

export type Body = {
  readonly kind: "json" | "form" | "multipart" | "text" | "other" | "none";
  /**
   * JSON: the document. Lines of JSON: the list of their documents. Forms: names to texts, to lists
   * of them, to files (multipart.ts). Text: the text. Else null: conditions that ask for the body
   * must then err, for nobody knows what the service will find in it.
   */
  readonly value: unknown;
  /** Names of a form that came more than once: services take the first, the last or all. */
  readonly repeated: readonly string[];
};

/** `wrong` says why, for people; it never quotes a value. */
export type ReadBody = Body | Unread;

const bad = (wrong: string): Unread => ({ wrong, status: 400 });
const plain = (kind: Body["kind"], value: unknown): Body => ({ kind, value, repeated: [] });

/** The headers as they came, joined by commas where there were two; the body whole. */
export function readBody(
  contentType: string | null,
  contentEncoding: string | null,
  body: Uint8Array,
): ReadBody {
  if (!/^\s*(?:identity\s*)?$/iu.test(contentEncoding ?? "")) {
    return { wrong: "The body is compressed. Send it as it is.", status: 415 };
  }
  const type = (contentType ?? "").trim() === "" ? null : readContentType(contentType as string);
  if (type !== null && "wrong" in type) return type;
  if (body.length === 0) return plain("none", null);
  const name = type?.name ?? "";
  if (isJsonLines(name)) return readLines(body);
  if (isJson(name)) return document(body);
  if (type !== null && name === "multipart/form-data") {
    const fields = readMultipart(type, body);
    return "wrong" in fields ? fields : form("multipart", fields);
  }
  const text = strictText(body);
  const isForm = name === "application/x-www-form-urlencoded";
  if (!isForm && !name.startsWith("text/")) {
    return text !== null && isDocument(text) ? document(body) : plain("other", null);
  }
  if (text === null) return bad("The body is not UTF-8.");
  if (text.includes("\u0000")) return bad("The body holds NUL.");
  if (isDocument(text)) {
    return isForm && text.includes("&")
      ? bad("The body is JSON, and a form with several fields as well.")
      : document(body);
  }
  if (isForm) return readForm(text);
  return isNearlyDocument(text)
    ? bad("The body is JSON for some readers. Say application/json, or application/x-ndjson.")
    : plain("text", text);
}

/** Why a body cannot come with that method (RFC 9110 section 9.3.1); null: it can. */
export const strangeBody = (method: string, length: number): string | null =>
  length > 0 && (method === "GET" || method === "HEAD")
    ? `A body of ${method} has no meaning (RFC 9110), and stays.`
    : null;

function document(body: Uint8Array): ReadBody {
  const read = readJson(body);
  return "wrong" in read ? bad(read.wrong) : plain("json", read.value);
}

/** An object or a list, whatever its type says. */
function isDocument(text: string): boolean {
  if (!/^[ \t\r\n]*[{[]/u.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * It begins like an object for readers that forgive what JSON.parse does not: a byte order mark,
 * comments, single quotes, a last comma, more behind the first document.
 */
export function isNearlyDocument(text: string): boolean {
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  for (;;) {
    if (text.startsWith("/*", at)) at = after(text, "*/", at);
    else if (text.startsWith("//", at)) at = after(text, "\n", at);
    else if (/[\s[]/u.test(text[at] ?? "")) at++;
    else break;
  }
  return /^\{\s*["'}/]/u.test(text.slice(at));
}

function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from + 2);
  return at < 0 ? text.length : at + end.length;
}

/** One document a line; empty lines are none. */
function readLines(body: Uint8Array): ReadBody {
  const text = strictText(body);
  if (text === null) return bad("The body is not UTF-8.");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > jsonLinesMax) return bad("The body has too many lines.");
  const documents: unknown[] = [];
  for (const line of lines) {
    const read = readJson(utf8(line));
    if ("wrong" in read) return bad(`In a line: ${read.wrong}`);
    documents.push(read.value);
  }
  return plain("json", documents);
}

function readForm(text: string): ReadBody {
  // HTML 4 let servers take a semicolon for an ampersand, and some do.
  if (/;[^&;=]*=/u.test(text)) return bad("The form has a semicolon that could end a field.");
  const pairs = pairsOf(text);
  if (pairs === null) return bad("The form has an escape that is none, or is not UTF-8.");
  const strange = pairs.map(([name]) => strangeName(name)).find((wrong) => wrong !== null);
  return typeof strange === "string" ? bad(strange) : form("form", pairs);
}

function form(kind: "form" | "multipart", fields: readonly Field<unknown>[]): ReadBody {
  const gathered = gather(fields);
  return "wrong" in gathered ? bad(gathered.wrong) : { kind, ...gathered };
}
