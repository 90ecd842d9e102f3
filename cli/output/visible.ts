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
