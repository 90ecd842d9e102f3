/**
 * The startup parameter `options`, as `postgres` reads its command line: words parted by white
 * space, a backslash keeps the next character; `-c name=value`, `-cname=value`, `--name=value`.
 * Null: anything else.
 */
export function readOptions(options: string): [string, string][] | null {
  const words = split(options);
  const settings: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    let assignment: string | undefined;
    if (word === "-c") assignment = words[++i];
    else if (word.startsWith("-c") || word.startsWith("--")) assignment = word.slice(2);
    const equals = assignment?.indexOf("=") ?? -1;
    if (assignment === undefined || equals < 1) return null;
    const name = assignment.slice(0, equals).replaceAll("-", "_");
    settings.push([name, assignment.slice(equals + 1)]);
  }
  return settings;
}

/** `isspace` of the C locale. */
const SPACE = new Set([" ", "\t", "\n", "\v", "\f", "\r"]);

function split(options: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < options.length; i++) {
    const character = options[i] as string;
    if (SPACE.has(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? "") + (character === "\\" ? (options[++i] ?? "") : character);
    }
  }
  if (word !== null) words.push(word);
  return words;
}
