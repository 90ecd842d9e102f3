import type { Node } from "./grammar.ts";
import type { CopyShape } from "./statement.ts";

/**
 * COPY's options with the server's defaults (manual, "COPY"); null: an option that we do not
 * know.
 */
export function copyShape(body: Node): CopyShape | null {
  const options = new Map<string, Node | undefined>();
  for (const { DefElem: option } of body.options ?? []) options.set(option.defname, option.arg);
  const word = (name: string): string | undefined => {
    const arg = options.get(name);
    return arg?.String?.sval ?? arg?.A_Const?.sval?.sval ?? arg?.Boolean?.boolval?.toString();
  };
  for (const name of options.keys()) if (!KNOWN.has(name)) return null;
  const encoding = word("encoding");
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) return null;
  const format = (word("format") ?? "text").toLowerCase();
  if (format !== "text" && format !== "csv" && format !== "binary") return null;
  const quote = word("quote") ?? '"';
  return {
    direction: body.is_from === true ? "in" : "out",
    format,
    delimiter: word("delimiter") ?? (format === "csv" ? "," : "\t"),
    quote,
    escape: word("escape") ?? quote,
    nullText: word("null") ?? (format === "csv" ? "" : "\\N"),
    header: options.has("header") && !OFF.test(headerWord(options.get("header"))),
    forceQuoteAll: options.get("force_quote")?.A_Star !== undefined,
  };
}

const OFF = /^(false|off|0|no)$/i;

/** HEADER alone means on; also `on`, `true`, `1`, `match`. */
function headerWord(arg: Node | undefined): string {
  if (arg === undefined) return "on";
  const value = arg.String?.sval ?? arg.Boolean?.boolval ?? arg.Integer?.ival;
  return value === undefined ? "0" : String(value);
}

const KNOWN = new Set([
  "format",
  "delimiter",
  "null",
  "default",
  "header",
  "quote",
  "escape",
  "force_quote",
  "force_not_null",
  "force_null",
  "encoding",
  "freeze",
  "on_error",
  "log_verbosity",
  "reject_limit",
]);
