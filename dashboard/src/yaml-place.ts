/** Where somebody types in a YAML text, as far as what may stand there goes. */
export type Place = {
  /** Keys from the top; `*` is an item of a list. */
  readonly path: readonly string[];
  /** Of which key the value is being typed; null: a key itself, or an item. */
  readonly of: string | null;
  /** What stands there so far. */
  readonly typed: string;
  /** Keys that stand before it in the same mapping. */
  readonly present: readonly string[];
};

type Line = {
  /** Columns before the key, dashes counted. */
  readonly column: number;
  /** Column of the first dash; null: no item begins here. */
  readonly dash: number | null;
  readonly key: string;
  /** Null: no colon yet. */
  readonly value: string | null;
};

/** `before`: the text up to where she types. Block style, and flow style on one line. */
export function placeIn(before: string): Place {
  const lines = before.split("\n");
  const last = lines.pop() ?? "";
  const brace = openBrace(last);
  if (brace === null) return blockPlace(lines, last);
  const around = blockPlace(lines, last.slice(0, brace));
  const path = around.of === null ? around.path : [...around.path, around.of];
  const parts = last.slice(brace + 1).split(/,(?![^[]*\])/);
  const [, key = "", value] = /^\s*([^\s:]*)(?::\s*(.*))?$/.exec(parts.at(-1) ?? "") ?? [];
  const present = parts.slice(0, -1).map((part) => part.split(":")[0]?.trim() ?? "");
  if (value === undefined) return { path, of: null, typed: key, present };
  return { path, of: key, typed: lastOf(value), present };
}

function blockPlace(above: readonly string[], text: string): Place {
  const line = lineOf(text) ?? { column: text.length, dash: null, key: "", value: null };
  const { path, present } = parentsOf(above, line);
  if (line.value === null) return { path, of: null, typed: line.key, present };
  return { path, of: line.key, typed: lastOf(line.value), present };
}

/** Upwards, each line that stands further left is the key around what is below it. */
function parentsOf(above: readonly string[], from: Line) {
  const path: string[] = [];
  const present: string[] = [];
  let limit = from.column;
  // A list may begin in the very column of its key.
  let isItem = false;
  const enter = ({ dash }: Line) => {
    if (dash === null) return;
    path.unshift("*");
    limit = dash;
    isItem = true;
  };
  enter(from);
  for (const text of above.toReversed()) {
    const line = lineOf(text);
    if (line === null || line.value === null) continue;
    if (line.column < limit || (isItem && line.column === limit)) {
      path.unshift(line.key);
      limit = line.column;
      isItem = false;
    } else if (isItem || line.column > limit) continue;
    else if (path.length === 0) present.push(line.key);
    enter(line);
  }
  return { path, present };
}

/** Null: nothing to go by. */
function lineOf(text: string): Line | null {
  if (/^\s*(#|$)/.test(text)) return null;
  const [, lead = "", key = "", value] =
    /^(\s*(?:-\s+)*)([^\s:#]*)(?::(?:\s+(.*))?)?\s*$/.exec(text) ?? [];
  if (lead === "" && key === "") return null;
  const dash = lead.indexOf("-");
  const colon = text.includes(":", lead.length);
  return {
    column: lead.length,
    dash: dash < 0 ? null : dash,
    key,
    value: colon ? (value ?? "") : null,
  };
}

/** The last one that is not closed yet; null: none. */
function openBrace(text: string): number | null {
  const open: number[] = [];
  for (const [i, character] of [...text].entries()) {
    if (character === "{") open.push(i);
    if (character === "}") open.pop();
  }
  return open.at(-1) ?? null;
}

/** Of `[read, wr` the last. */
const lastOf = (value: string): string => /[^\s,[\]]*$/.exec(value)?.[0] ?? "";
