import { escaped, UNSAFE } from "../../core/visible.ts";

/* What steers a terminal is shown, never obeyed. */

/** One line that is safe to print. */
export const visible = (text: string): string => text.replace(UNSAFE, escaped);

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
