/*
 * What was recorded or came over the network may hold bytes that steer a terminal: escape
 * sequences, direction overrides, characters of no width. They are shown, never obeyed.
 */

/**
 * C0 and C1 controls and DEL; separators that start lines; bidi marks and overrides; no width;
 * tags.
 */
const UNSAFE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5" +
    "\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f" +
    "\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}]|\\p{Cs}",
  "gu",
);

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function shown(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const point = character.codePointAt(0) as number;
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, "0")}`;
  return `\\u{${point.toString(16)}}`;
}

/** One line that is safe to print. */
export const visible = (text: string): string => text.replace(UNSAFE, shown);

/** As `visible`, and lines stay lines: for statements and messages. Tabs become two spaces. */
export const visibleLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => visible(line.replaceAll("\t", "  ")))
    .join("\n");

/** A terminal must not be steered by JSON either: what JSON leaves bare beyond ASCII is escaped. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
