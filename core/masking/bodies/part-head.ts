import { strictText } from "../../bytes.ts";
import { parseParameters } from "./media-type.ts";

/** What stands before a part (RFC 2046, section 5.1; RFC 7578, section 4). */
export type PartHead = {
  /** As the form calls it; null: it has no name. */
  readonly name: string | null;
  readonly isFile: boolean;
  /** As `Content-Type` says it. */
  readonly type: string | null;
};

const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/u;
const DISPOSITION = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?=;|$)/u;
/** Others say that the part is written in another way than it reads. */
const AS_IT_IS = /^(?:7bit|8bit|binary)$/iu;
/** Escapes and encoded words, which some readers decode and some do not. */
const AMBIGUOUS = /\\|%(?:22|0d|0a)|=\?/iu;

/**
 * Reads the lines, without the empty one behind them. Null: they are not as the standards say, or
 * readers may differ about the part's name or content.
 */
export function readPartHead(bytes: Uint8Array, isForm: boolean): PartHead | null {
  const head = strictText(bytes);
  if (head === null) return null;
  const fields = new Map<string, string>();
  for (const line of head === "" ? [] : head.split("\r\n")) {
    const [, name, value = ""] = LINE.exec(line) ?? [];
    if (name === undefined || /[\r\n\0]/u.test(value)) return null;
    if (fields.has(name.toLowerCase())) return null;
    fields.set(name.toLowerCase(), value.trim());
  }
  if (!AS_IT_IS.test(fields.get("content-transfer-encoding") ?? "binary")) return null;
  const type = fields.get("content-type") ?? null;
  const disposition = fields.get("content-disposition");
  if (disposition === undefined) return isForm ? null : { name: null, isFile: false, type };
  const named = readDisposition(disposition, isForm);
  return named && { ...named, type };
}

function readDisposition(value: string, isForm: boolean): Omit<PartHead, "type"> | null {
  const found = DISPOSITION.exec(value);
  const parameters = found && parseParameters(value.slice(found[0].length));
  if (parameters === null || parameters.has("name*")) return null;
  const name = parameters.get("name") ?? null;
  const isFormData = found?.[1]?.toLowerCase() === "form-data";
  if (isForm && (name === null || !isFormData)) return null;
  // What is unescaped here is read otherwise elsewhere.
  if (name !== null && (AMBIGUOUS.test(name) || /name="[^"]*\\/iu.test(value))) return null;
  return { name, isFile: parameters.has("filename") || parameters.has("filename*") };
}
