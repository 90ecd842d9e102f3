import { text, utf8 } from "../../bytes.ts";
import { noticeBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import { readFields, writeFields } from "./messages.ts";
import { isServersOwn } from "./sqlstates.ts";

/*
 * What of an error's or notice's text is safe where columns are masked. A function can raise any
 * text under any SQLSTATE, and a cast can quote a value, so a text is believed only when the
 * SQLSTATE is one of these and the error has no context (W) and no internal query (q): whatever
 * runs inside a function, or as dynamic SQL, has one or the other.
 */

type Trust =
  /**
   * Quotes names and pieces of the statement when it has a position; without one, it may quote a
   * value.
   */
  | "with position"
  /** Names objects of the catalog, or nothing at all. */
  | "always";

const TRUSTED: ReadonlyMap<string, Trust> = new Map([
  ["42601", "with position"], // syntax_error; without a position also tsquery's and jsonpath's
  ["42702", "with position"], // ambiguous_column
  ["42703", "with position"], // undefined_column
  ["42704", "with position"], // undefined_object; a cast to regtype quotes a value
  ["42725", "with position"], // ambiguous_function
  ["42803", "with position"], // grouping_error
  ["42804", "with position"], // datatype_mismatch
  ["42883", "with position"], // undefined_function; a cast to regproc quotes a value
  ["42P01", "with position"], // undefined_table; a cast to regclass quotes a value
  ["22012", "always"], // division_by_zero: no text but its own
  ["23502", "always"], // not_null_violation: names; the row is in the detail
  ["23503", "always"], // foreign_key_violation: names; the key is in the detail
  ["23505", "always"], // unique_violation: names; the key is in the detail
  ["23514", "always"], // check_violation: names; the row is in the detail
  ["25001", "always"], // active_sql_transaction: the command's name
  ["25006", "always"], // read_only_sql_transaction: the command's name
  ["25P01", "always"], // no_active_sql_transaction
  ["25P02", "always"], // in_failed_sql_transaction
  ["40001", "always"], // serialization_failure
  ["40P01", "always"], // deadlock_detected
  ["42501", "always"], // insufficient_privilege: an object that exists
  ["53300", "always"], // too_many_connections
  ["55P03", "always"], // lock_not_available: a relation's name
  ["57014", "always"], // query_canceled
  ["57P01", "always"], // admin_shutdown
  ["57P02", "always"], // crash_shutdown
  ["57P03", "always"], // cannot_connect_now
]);

/** What stands in, by the first two characters of the SQLSTATE. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["00", "The server sent a notice"],
  ["01", "The server sent a warning"],
  ["22", "A value does not fit what was done with it"],
  ["23", "A constraint was violated"],
  ["40", "The transaction was rolled back by the server"],
  ["42", "The statement is not valid, or not permitted"],
  ["53", "The server lacks resources"],
  ["54", "A limit of the server was exceeded"],
  ["57", "An operator or a time-out intervened"],
  ["P0", "A function raised an error"],
]);

const HIDDEN = "; its text is not shown because it could hold a masked value";

const SEVERITIES = new Set([
  "ERROR",
  "FATAL",
  "PANIC",
  "WARNING",
  "NOTICE",
  "DEBUG",
  "INFO",
  "LOG",
]);

/** Longest text of one field when all of them together are over the bound. */
const CUT_BYTES = noticeBytesMax / 32;

/** Free texts, and names that a function may choose. */
const TEXTS = new Set("MDHWqstcdn");

/** The body of an ErrorResponse or NoticeResponse in which nothing shows that a mask would hide. */
export function safeError(
  body: Uint8Array,
  masker: Pick<Masker, "hidesColumns" | "scan">,
): Uint8Array {
  const fields = readFields(body) ?? new Map<string, string>();
  const shown = masker.hidesColumns ? reduced(fields) : fields;
  const scanned = new Map<string, string>();
  for (const [letter, value] of shown) {
    const found = TEXTS.has(letter) ? masker.scan(utf8(value), "message") : null;
    scanned.set(letter, found === null ? value : text(found.bytes));
  }
  const whole = writeFields(scanned);
  if (whole.length <= noticeBytesMax) return whole;
  return writeFields(new Map([...scanned].map(([letter, value]) => [letter, cut(value)])));
}

/**
 * data_exception: in the place of a code that somebody chose, which could be five of a value's
 * digits.
 */
const CHOSEN = "22000";

/** The SQLSTATE as it may be shown and recorded where columns are masked. */
export function safeSqlstate(given: string | undefined): string {
  if (given === undefined) return "XX000";
  return isServersOwn(given) ? given : CHOSEN;
}

/** Severity, SQLSTATE and position always; message and hint only when they can be trusted. */
function reduced(fields: ReadonlyMap<string, string>): Map<string, string> {
  const code = safeSqlstate(fields.get("C"));
  const severity = [fields.get("V"), fields.get("S")].find((s) => SEVERITIES.has(s ?? ""));
  const position = /^[0-9]{1,10}$/.exec(fields.get("P") ?? "")?.[0];
  const out = new Map([
    ["S", severity ?? "ERROR"],
    ["V", severity ?? "ERROR"],
    ["C", code],
  ]);
  const trust = TRUSTED.get(code);
  const inside = fields.has("W") || fields.has("q");
  const message = fields.get("M");
  const hint = fields.get("H");
  if (message !== undefined && !inside && (trust === "always" || (trust && position))) {
    out.set("M", message);
    if (hint !== undefined && trust === "with position") out.set("H", hint);
  } else {
    out.set("M", (SENTENCES.get(code.slice(0, 2)) ?? "The server reported an error") + HIDDEN);
  }
  if (position !== undefined) out.set("P", position);
  return out;
}

/** At a character's border. */
function cut(value: string): string {
  const bytes = utf8(value);
  if (bytes.length <= CUT_BYTES) return value;
  let end = CUT_BYTES - 3;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `${text(bytes.subarray(0, end))}…`;
}
