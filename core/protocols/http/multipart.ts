import { strictText, utf8 } from "../../bytes.ts";
import { partHeaderBytesMax } from "../../limits.ts";
import { type MediaType, readContentType, type Unread } from "./content-type.ts";
import { type Field, strangeName } from "./fields.ts";

/*
 * A form with files (RFC 7578, in the framing of RFC 2046 section 5.1.1). Its readers forgive
 * different mistakes, and so see different fields: here nothing is forgiven.
 */

/** What rules see of a file. */
export type File = { readonly name: string; readonly type: string; readonly bytes: number };

/** One that all readers find alike. */
export const BOUNDARY = /^(?=.*\w)[\w'()+./:=?-]{1,70}$/u;

const CRLF = "\r\n";

const wrong = (wrong: string, status: 400 | 415 = 400): Unread => ({ wrong, status });

export function readMultipart(
  type: MediaType,
  body: Uint8Array,
): readonly Field<string | File>[] | Unread {
  const boundary = type.parameters.get("boundary") ?? "";
  if (!BOUNDARY.test(boundary)) {
    return wrong("The Content-Type has no boundary that all readers take alike.");
  }
  const parts = split(body, utf8(`--${boundary}`));
  if (!Array.isArray(parts)) return parts;
  const fields: Field<string | File>[] = [];
  for (const part of parts) {
    const field = readPart(part);
    if ("wrong" in field) return field;
    fields.push(field);
  }
  return fields;
}

/** The parts, each with its headers. The delimiter stands nowhere but between them. */
function split(body: Uint8Array, delimiter: Uint8Array): Uint8Array[] | Unread {
  const parts: Uint8Array[] = [];
  if (find(body, delimiter, 0) !== 0) return wrong("The form does not begin with its boundary.");
  for (let at = delimiter.length; ;) {
    if (has(body, "--", at)) {
      const end = at + 2;
      const whole = end === body.length || (has(body, CRLF, end) && end + 2 === body.length);
      return whole ? parts : wrong("Something follows the end of the form.");
    }
    if (!has(body, CRLF, at)) return wrong("A boundary of the form is not alone in its line.");
    const next = find(body, delimiter, at + 2);
    if (next < 0) return wrong("The form has no end.");
    if (next < at + 4 || !has(body, CRLF, next - 2)) {
      return wrong("A boundary of the form is not alone in its line.");
    }
    parts.push(body.subarray(at + 2, next - 2));
    at = next + delimiter.length;
  }
}

function readPart(part: Uint8Array): Field<string | File> | Unread {
  const blank = find(part, utf8(CRLF + CRLF), 0);
  if (blank < 0 || blank > partHeaderBytesMax) return wrong("A part of the form has no headers.");
  const headers = headersOf(part.subarray(0, blank));
  if (!(headers instanceof Map)) return headers;
  const content = part.subarray(blank + 4);
  const named = readDisposition(headers.get("content-disposition") ?? "");
  if ("wrong" in named) return named;
  if (!/^(?:7bit|8bit|binary)?$/iu.test(headers.get("content-transfer-encoding") ?? "")) {
    return wrong("A part of the form is encoded.", 415);
  }
  if (headers.has("content-encoding")) return wrong("A part of the form is encoded.", 415);
  const length = headers.get("content-length");
  if (length !== undefined && length !== String(content.length)) {
    return wrong("A part of the form has another length than it says.");
  }
  const type = readContentType(headers.get("content-type") ?? "text/plain");
  if ("wrong" in type) return type;
  if (/^(?:multipart|message)\//u.test(type.name)) return wrong("A part of the form has parts.");
  if (named.file !== null) {
    return [named.name, { name: named.file, type: type.name, bytes: content.length }];
  }
  const text = strictText(content);
  return text === null ? wrong("A field of the form is not UTF-8.") : [named.name, text];
}

const HEADER = /^([!#$%&'*+.^`|~\w-]+):(.*)$/u;

function headersOf(bytes: Uint8Array): Map<string, string> | Unread {
  const headers = new Map<string, string>();
  for (const line of strictText(bytes)?.split(CRLF) ?? [""]) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined || CONTROL.test(line)) {
      return wrong("A part of the form has a line that is no header.");
    }
    const low = name.toLowerCase();
    if (headers.has(low)) return wrong("A part of the form has a header twice.");
    headers.set(low, value.trim());
  }
  return headers;
}

const CONTROL = /(?!\t)\p{Cc}/u;

const DISPOSITION = /^form-data((?:[ \t]*;[ \t]*(?:name|filename)=(?:"[^"\\]*"|[\w.-]+))+)$/iu;
const SAID = /(filename|name)=(?:"([^"]*)"|([\w.-]+))/giu;

/**
 * Browsers write a quote in a name as `%22` (HTML, "multipart form data"). Other escapes, RFC
 * 2047's words, RFC 5987's `filename*` and backslashes are read by some services and not by others.
 */
function readDisposition(
  header: string,
): { readonly name: string; readonly file: string | null } | Unread {
  const [, said] = DISPOSITION.exec(header) ?? [];
  if (said === undefined) return wrong("A part of the form does not say plainly what it is.");
  const values = new Map<string, string>();
  for (const [, key = "", quoted, plain] of said.matchAll(SAID)) {
    const low = key.toLowerCase();
    if (values.has(low)) return wrong(`A part of the form has ${low} twice.`);
    values.set(low, quoted ?? plain ?? "");
  }
  const name = values.get("name");
  if (name === undefined) return wrong("A part of the form has no name.");
  const strange = strangeName(name);
  if (strange !== null) return wrong(strange);
  if (/%(?!22|0[ad])[0-9a-f]{2}|=\?/iu.test(name) || /;\s*(?:file)?name\s*\*?=/iu.test(name)) {
    return wrong("A part of the form has a name that readers take in different ways.");
  }
  const file = values.get("filename") ?? null;
  if (file !== null && /=\?|;\s*(?:file)?name\s*\*?=/iu.test(file)) {
    return wrong("A part of the form has a file name that readers take in different ways.");
  }
  return { name, file };
}

const has = (bytes: Uint8Array, ascii: string, at: number): boolean =>
  [...ascii].every((character, i) => bytes[at + i] === character.charCodeAt(0));

/** -1: it is not there. */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0] as number;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
