/*
 * What was recorded or came over the network may hold characters that steer a terminal or a
 * reader's eye: escape sequences, direction overrides, characters of no width.
 */

/**
 * C0 and C1 controls and DEL; separators that start lines; bidi marks and overrides; no width;
 * tags.
 */
export const UNSAFE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5" +
    "\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f" +
    "\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}]|\\p{Cs}",
  "gu",
);

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The character as programs write it: `\n`, `\x1b`, `\u{202e}`. */
export function escaped(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const point = character.codePointAt(0) as number;
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, "0")}`;
  return `\\u{${point.toString(16)}}`;
}

/** JSON that steers no terminal either: what JSON leaves bare beyond ASCII is escaped. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
