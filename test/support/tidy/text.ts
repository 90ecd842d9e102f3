import { posix } from "node:path";

/** Rules about one file's text. Each gives sentences that say where, what, and what to do. */

export const lineColumnsMax = 100;
export const fileLinesMax = 400;

export const longLines = (path: string, text: string): string[] =>
  text.split("\n").flatMap((line, index) => {
    const columns = [...line].length;
    if (columns <= lineColumnsMax) return [];
    return [`${path}:${index + 1} has ${columns} columns; break it at ${lineColumnsMax}.`];
  });

export function longFile(path: string, text: string): string[] {
  const lines = text.trimEnd().split("\n").length;
  if (lines <= fileLinesMax) return [];
  return [`${path} has ${lines} lines; ${fileLinesMax} are the most. Find the seam and cut there.`];
}

/** Words that promise instead of doing, or that say something else than DESIGN's vocabulary. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "do it now, or leave it out"],
  [/\bfor now\b/i, "say what it does; until when, nobody knows"],
  [/\bwhitelist/i, 'say "allow list", or what is allowed'],
  [/\bblacklist/i, 'say "deny list", or what is refused'],
  [/\bapprover list\b/i, 'say "reviewers"'],
  [/\b(obviously|of course)\b/i, "if it is, leave it out; if it is not, explain it"],
  [/\b(issue|pull request) #?\d+/i, "say what it was about; numbers mean nothing here"],
];

export const words = (path: string, text: string): string[] => finds(path, text, WORDS);

const REVEALING: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.~-])\/(work|root|home|Users)\/[\w.]/, "a path of somebody's machine; make it relative"],
  [/\bregistry\.[a-z0-9-]+\.[a-z]+/i, "a package registry; the reader's npm knows its own"],
  [/"resolved":/, "the lock names hosts; .npmrc should keep them out"],
];

export const revealing = (path: string, text: string): string[] => finds(path, text, REVEALING);

const finds = (path: string, text: string, rules: readonly (readonly [RegExp, string])[]) =>
  text
    .split("\n")
    .flatMap((line, index) =>
      rules.flatMap(([pattern, advice]) =>
        pattern.test(line)
          ? [`${path}:${index + 1} says "${pattern.exec(line)?.[0]}": ${advice}.`]
          : [],
      ),
    );

const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, "core reads no clock; take `now` as an argument"],
  [/\bperformance\./, "core reads no clock; take `now` as an argument"],
  [/\bMath\.random\b/, "core rolls no dice; take `Crypto` and ask it"],
];

export const impure = (path: string, text: string): string[] => finds(path, text, IMPURE);

/** Markdown without its code blocks. */
const prose = (text: string): string => text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, "");

export function titles(path: string, text: string): string[] {
  const count = prose(text).match(/^# /gm)?.length ?? 0;
  return count === 1 ? [] : [`${path} has ${count} titles ("# …"); a page has exactly one.`];
}

/** Links to files of this repository. */
export function links(path: string, text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^([a-z]+:|#)/.test(target)) return [];
    return [posix.join(posix.dirname(path), target.replace(/#.*$/, ""))];
  });
}
