import { text, utf8 } from "../../bytes.ts";
import { shownBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import type { Target } from "./target.ts";

/*
 * A request as lists, inboxes and the search index show it (CONTRACTS §6): what meets a masked
 * field or a detector is replaced.
 */

/** `GET /customers/7?page=2`. */
export function shownTarget({ path, query }: Target, masker: Masker): string {
  const pairs = query.map(([name, value]) => `${name}=${masker.header(name, value).text}`);
  const scanned = masker.detects ? masker.scan(utf8(path), "") : null;
  const shown = scanned === null ? path : text(scanned.bytes);
  return pairs.length === 0 ? shown : `${shown}?${pairs.join("&")}`;
}

/** The body behind it, on a line of its own; of what is not read, how long it is. */
export function shownBody(type: string | null, body: Uint8Array | null, masker: Masker): string {
  if (body === null) return "\n(a body that streams)";
  if (body.length === 0) return "";
  const long = `\n(${body.length} bytes)`;
  if (body.length > shownBytesMax || !isText(type)) return long;
  const chosen = masker.body(type, "scan");
  if (chosen === "refuse") return long;
  if (chosen === "pass") return `\n${text(body)}`;
  const [first, rest] = [chosen.push(body), chosen.finish()];
  return first === null || rest === null ? long : `\n${text(first)}${text(rest)}`;
}

const isText = (type: string | null): boolean =>
  type !== null && /^(text\/|application\/(?:[\w.+-]*json|x-www-form-urlencoded|xml))/i.test(type);
