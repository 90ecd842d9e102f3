export type TokenKind = "comment" | "string" | "name" | "number" | "keyword" | "text";
export type Token = { readonly kind: TokenKind; readonly text: string };

const KEYWORDS = new Set(
  (
    "all alter analyze and any as asc begin between by call cascade case cast check collate " +
    "column commit conflict constraint copy create cross current database default delete " +
    "desc distinct do drop else end except exists explain false fetch for foreign from full " +
    "function grant group having if ilike in index inner insert intersect into is join key " +
    "lateral left like limit lock materialized merge natural not null offset on only or " +
    "order outer over partition primary privileges recursive references refresh returning " +
    "revoke right role rollback row rows schema select set show similar some table temp " +
    "temporary then to transaction trigger true truncate union unique unlogged update using " +
    "values view when where window with"
  ).split(" "),
);

/** In their order: what a token may begin with, and how it goes on (PostgreSQL manual, 4.1). */
const SHAPES: readonly (readonly [TokenKind, RegExp])[] = [
  ["comment", /--[^\n]*/y],
  ["string", /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y],
  ["string", /(?:[bBnNxX]|[uU]&)?'(?:[^']|'')*(?:'|$)/y],
  ["string", /(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?(?:\1|$)/y],
  ["name", /(?:[uU]&)?"(?:[^"]|"")*(?:"|$)/y],
  ["number", /\$\d+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+/y],
  ["text", /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|[^\w\s]/y],
];

/**
 * Colours for a statement. The tokens' texts together are the text, whatever it is: this paints and
 * judges nothing.
 */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    found.push(token);
    at += token.text.length;
  }
  return found;
}

function tokenAt(text: string, at: number): Token {
  if (text.startsWith("/*", at)) return { kind: "comment", text: blockComment(text, at) };
  for (const [kind, shape] of SHAPES) {
    shape.lastIndex = at;
    const found = shape.exec(text)?.[0];
    if (found === undefined || found === "") continue;
    const isKeyword = kind === "text" && KEYWORDS.has(found.toLowerCase());
    return { kind: isKeyword ? "keyword" : kind, text: found };
  }
  return { kind: "text", text: text.charAt(at) };
}

/** They nest. */
function blockComment(text: string, from: number): string {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return text.slice(from, mark.lastIndex);
  }
  return text.slice(from);
}
