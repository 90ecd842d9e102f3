import { strictText, text, utf8 } from "../../bytes.ts";
import { shownBytesMax } from "../../limits.ts";
import type { RequestShown } from "../../command.ts";
import type { Masker } from "../../masker.ts";
import { readBody } from "./body.ts";
import type { Target } from "./target.ts";

/*
 * A request as lists, inboxes and the search index show it (CONTRACTS §6): what meets a masked
 * field or a detector is replaced.
 */

/** `/customers/7?page=2`: read as a target, it has the parameters that were sent, but for masks. */
export function shownTarget({ path, query }: Target, masker: Masker): string {
  const pairs = query.map(
    ([name, value]) =>
      `${escaped(name, IN_NAME)}=${escaped(masker.header(name, value).text, ENDS)}`,
  );
  const scanned = masker.detects ? masker.scan(utf8(path), "") : null;
  const shown = scanned === null ? path : text(scanned.bytes);
  return pairs.length === 0 ? shown : `${shown}?${pairs.join("&")}`;
}

/** What would end a parameter, begin another, or mean something else than it says. */
const ENDS = /[\s\p{Cc}%&+#]/gu;
const IN_NAME = /[\s\p{Cc}%&+#=]/gu;

const escaped = (part: string, which: RegExp): string => part.replaceAll(which, encodeURIComponent);

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

/** What of a request is shown as it was sent. `said`: what shownBody has made of the body. */
export function exactlyShown(
  { path, query }: Target,
  { type, body, value }: SentBody,
  said: string,
  masker: Masker,
): RequestShown {
  const hidden = hiddenFields(type, body, value, said, masker);
  return {
    path: shownTarget({ path, search: "", query: [] }, masker) === path,
    query: query.every(([name, value]) => masker.header(name, value).text === value),
    body: hidden !== null,
    hidden: hidden ?? [],
    type: hidden !== null && body?.length !== 0 ? type : null,
  };
}

type SentBody = {
  readonly type: string | null;
  readonly body: Uint8Array | null;
  /** As conditions see it. */
  readonly value: unknown;
};

/** Null: what is shown is not the body, or nobody can tell which parts of it are. */
function hiddenFields(
  type: string | null,
  body: Uint8Array | null,
  value: unknown,
  said: string,
  masker: Masker,
): readonly string[] | null {
  if (body?.length === 0) return [];
  const plain = body === null ? null : strictText(body);
  if (plain === null || (type !== null && masker.header(TYPE, type).text !== type)) return null;
  if (said === `\n${plain}`) return [];
  const shown = readBody(type, null, utf8(said.slice(1)));
  if ("wrong" in shown || !hasFields(value) || !hasFields(shown.value)) return null;
  const [sent, left] = [Object.entries(value), new Map(Object.entries(shown.value))];
  if (left.size !== sent.length || !sent.every(([name]) => left.has(name))) return null;
  return sent
    .filter(([name, part]) => JSON.stringify(part) !== JSON.stringify(left.get(name)))
    .map(([name]) => name);
}

const hasFields = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const TYPE = "content-type";
