import type { BodyMasker, BodyRules } from "./body.ts";
import { CsvBody } from "./csv.ts";
import { Declared } from "./declared.ts";
import { EventsBody } from "./events.ts";
import { FormBody } from "./form.ts";
import { JsonBody } from "./json.ts";
import { type MediaType, parseMediaType } from "./media-type.ts";
import { MixedBody } from "./mixed.ts";
import { isBoundary, MultipartBody } from "./multipart.ts";
import { TextBody } from "./text.ts";

/** What becomes of a body of a type that no masker knows, or of none. */
export type UnknownBodies = "pass" | "scan" | "refuse";

type Chosen = BodyMasker | "pass" | "refuse";

/*
 * UTF-8 and what is a part of it. All else is refused: in UTF-16 or UTF-7 no mask would find its
 * field, and even in ISO-8859-1, where most bytes are the same, names and texts beyond ASCII would
 * be others than those that the rules speak of. To transcode both ways would change what is not
 * masked.
 */
const CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

const JSON_TYPES =
  /^(?:(?:application|text)\/(?:x-)?json|application\/x-amz-json-\d\.\d)$|\+json$/u;
const LINES = /^application\/(?:(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)|stream\+json)$/u;
const SEQUENCE = /^application\/json-seq$|\+json-seq$/u;
const TABLES = /^(?:text\/(?:x-)?csv|application\/csv|text\/tab-separated-values)$/u;
const MARKUP = /^application\/(?:xml|(?:x-)?javascript|ecmascript|sql|graphql)$|\+xml$/u;
/** Their fields have names, which none of the maskers knows. */
const OTHERS = /^text\/(?:(?:x-|vnd\.)?yaml|json5|hjson)$/u;

/**
 * The masker of a body by its `Content-Type` (RFC 9110, section 8.3), null where there is none:
 * nothing is guessed from what it holds. `refuse` where nobody can say what it is. A type of text
 * may hold JSON all the same, for servers that set none say `text/html` or `text/plain`.
 */
export function bodyMaskerFor(
  type: string | null,
  rules: BodyRules,
  unknown: UnknownBodies,
): Chosen {
  return maskerWithin(type, rules, unknown, 0);
}

/** `depth`: so many multipart bodies are around it. */
function maskerWithin(
  type: string | null,
  rules: BodyRules,
  unknown: UnknownBodies,
  depth: number,
): Chosen {
  if (rules.fields.empty && rules.detect === null) return "pass";
  if (type === null || type.trim() === "") return byRule(rules, unknown);
  const media = parseMediaType(type);
  if (media === null) return "refuse";
  const { essence, parameters } = media;
  if (essence.startsWith("multipart/")) {
    return depth < depthMax ? multipart(media, rules, unknown, depth) : "refuse";
  }
  const isText = isTextual(essence);
  if (!isText && unknown !== "scan") return unknown;
  if (!CHARSETS.has(parameters.get("charset")?.toLowerCase() ?? "utf-8")) return "refuse";
  return isText ? new Declared(textMasker(media, rules)) : byRule(rules, unknown);
}

/** Parts in parts in a part: what is deeper is no form. */
const depthMax = 2;

const isTextual = (essence: string): boolean =>
  (essence.startsWith("text/") && !OTHERS.test(essence)) ||
  essence === "application/x-www-form-urlencoded" ||
  [JSON_TYPES, LINES, SEQUENCE, TABLES, MARKUP].some((types) => types.test(essence));

function textMasker({ essence, parameters }: MediaType, rules: BodyRules): BodyMasker {
  if (LINES.test(essence)) return new JsonBody(rules, { several: "lines" });
  if (SEQUENCE.test(essence)) return new JsonBody(rules, { several: "sequence" });
  if (JSON_TYPES.test(essence)) return new JsonBody(rules);
  if (essence === "text/event-stream") return new EventsBody(rules);
  if (essence === "application/x-www-form-urlencoded") return new FormBody(rules);
  // A table without a header has no names (RFC 4180, section 3).
  const isTable = TABLES.test(essence) && parameters.get("header")?.toLowerCase() !== "absent";
  if (isTable) return new CsvBody(rules);
  return mixed(rules, essence === "text/plain");
}

const mixed = (rules: BodyRules, everyLine: boolean): BodyMasker =>
  rules.fields.empty ? new TextBody(rules) : new MixedBody(rules, everyLine);

function byRule(rules: BodyRules, unknown: UnknownBodies): Chosen {
  return unknown === "scan" ? new Declared(mixed(rules, true), false) : unknown;
}

function multipart(
  { essence, parameters }: MediaType,
  rules: BodyRules,
  unknown: UnknownBodies,
  depth: number,
): Chosen {
  const boundary = parameters.get("boundary");
  // Ranges of what is masked are of no use, and a field may be cut by them.
  if (essence === "multipart/byteranges" || !isBoundary(boundary)) return "refuse";
  const within = (type: string) => maskerWithin(type, rules, unknown, depth + 1);
  return new MultipartBody(boundary, essence === "multipart/form-data", rules, within);
}
