import { LINE_END, RECORD_MARK } from "./json-words.ts";

/**
 * How documents follow each other: just one; each on a line of its own (newline-delimited JSON);
 * each behind a mark (RFC 7464); or `loose`, one behind the other in any way.
 */
export type Several = "one" | "lines" | "sequence" | "loose";

/** What may come next, a bit each; behind `[` and `{` their end as well. */
export const [VALUE, FIRST_ITEM, FIRST_NAME, NAME] = [1, 2, 4, 8];
export const [AFTER_NAME, AFTER_VALUE, SEPARATOR, END] = [16, 32, 64, 128];
export const VALUES = VALUE | FIRST_ITEM;
export const NAMES = FIRST_NAME | NAME;

export const AFTER_DOCUMENT = { one: END, lines: SEPARATOR, sequence: SEPARATOR, loose: VALUE };
/** What stands between documents, and never in one; -1: nothing of the kind. */
export const SEPARATORS = { one: -1, lines: LINE_END, sequence: RECORD_MARK, loose: -1 };

/**
 * What breaks a text. JSON has no control characters in texts; they pass where nobody takes them
 * for anything else.
 */
export const BREAKS = { one: -1, lines: LINE_END, sequence: RECORD_MARK, loose: LINE_END };
