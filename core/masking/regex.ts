import { RE2JS } from "re2js";

/** Half-open byte ranges. */
export type Range = { readonly start: number; readonly end: number };

export type Regex = {
  /** Fast: one pass of an automaton, no captures. Invalid UTF-8 reads as U+FFFD. */
  test(bytes: Uint8Array): boolean;
  /** Slow (3 MB/s): only after `test`, and on bounded input. Empty matches are left out. */
  ranges(bytes: Uint8Array): Range[];
};

/** A very rough measure of cost by RE2's own count; beyond it a pattern is refused. */
const programSizeMax = 1_000;

/**
 * Compiles a user's regex in RE2 syntax: linear time, no look-around, no back-references. The one
 * file that names `re2js`. Throws an Error that says why for a pattern that is refused.
 */
export function compileRegex(pattern: string): Regex {
  const compiled = RE2JS.compile(pattern);
  if (compiled.programSize() > programSizeMax) throw new Error("the pattern is too large");
  if (compiled.test("")) throw new Error("the pattern matches the empty text");
  return {
    test: (bytes) => compiled.test(bytes),
    ranges(bytes) {
      const found: Range[] = [];
      const matcher = compiled.matcher(bytes);
      while (matcher.find()) {
        const [start, end] = [matcher.start(), matcher.end()];
        if (end > start) found.push({ start, end });
      }
      return found;
    },
  };
}

/**
 * What finds a JSON Schema's `pattern` anywhere in a text; null: RE2 does not take it. Unlike
 * ECMAScript's, its `\s` and `\S` know the white space of ASCII alone.
 */
export function textMatches(pattern: string): ((text: string) => boolean) | null {
  // ECMAScript's way to write a character by its number.
  const source = pattern.replaceAll(/\\(?:u([0-9a-f]{4})|.)/gisu, (escape, digits?: string) =>
    digits === undefined ? escape : `\\x{${digits}}`,
  );
  try {
    const compiled = RE2JS.compile(source);
    return compiled.programSize() > programSizeMax ? null : (text) => compiled.test(text);
  } catch {
    return null;
  }
}

/** Null when RE2 takes the pattern, else why not. */
export function regexError(pattern: string): string | null {
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
