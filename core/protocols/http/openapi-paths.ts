import { decoded } from "./target.ts";

/*
 * Path templates of OpenAPI (3.1.1, "Path Templating"): `/customers/{id}`. A path is matched as it
 * was sent; where a service that decodes it, or that does not tell capitals from small letters,
 * would find another template, none is found here.
 */

export type Found<Value> = {
  readonly value: Value;
  /** What stands in the template's braces, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** Texts, and names of parameters between them. */
type Piece = { readonly text: string } | { readonly name: string };

type Template<Value> = {
  readonly segments: readonly (readonly Piece[])[];
  readonly value: Value;
};

export class Paths<Value> {
  /** By number of segments; those that say more come first. */
  readonly #templates = new Map<number, Template<Value>[]>();
  readonly #known = new Set<string>();

  /** Why not; null: it was added. */
  add(path: string, value: Value): string | null {
    if (!/^\/[^?#]*$/u.test(path)) return "is no path";
    const segments = path.slice(1).split("/").map(piecesOf);
    if (segments.includes(null))
      return "has braces that are no parameter's, or no text between two";
    const template = { segments: segments as (readonly Piece[])[], value };
    const names = template.segments.flat().flatMap((piece) => ("name" in piece ? piece.name : []));
    if (new Set(names).size < names.length) return "has a parameter twice";
    const plain = path.replaceAll(/\{[^}]*\}/gu, "{}");
    if (this.#known.has(plain)) return "is there twice, with other names of parameters";
    this.#known.add(plain);
    const alike = [...(this.#templates.get(segments.length) ?? []), template];
    this.#templates.set(segments.length, alike.toSorted(saysMore));
    return null;
  }

  /** `path` as it was sent, without the query. */
  find(path: string): Found<Value> | null {
    const found = this.#match(path.slice(1).split("/"), (text) => text);
    if (found === null) return null;
    const lenient = decoded(path)?.toLowerCase().slice(1).split("/");
    const parameters = new Map<string, string>();
    for (const [name, value] of found.values) {
      const text = decoded(value);
      if (text === null || lenient === undefined) return null;
      parameters.set(name, text);
    }
    const other = this.#match(lenient ?? [], leniently);
    if (other !== null && other.template !== found.template) return null;
    return { value: found.template.value, parameters };
  }

  /** Where `find` finds none: what services find that are more lenient, or less. */
  mayBe(path: string): readonly Value[] {
    const lenient = decoded(path)?.toLowerCase().split("/") ?? [];
    const bare = lenient.filter((segment) => segment !== "");
    const found = [
      this.#match(path.slice(1).split("/"), (text) => text),
      ...[lenient.slice(1), bare, [...bare, ""]].map((one) => this.#match(one, leniently)),
    ];
    return [...new Set(found.flatMap((one) => one?.template.value ?? []))];
  }

  #match(sent: readonly string[], read: (text: string) => string) {
    for (const template of this.#templates.get(sent.length) ?? []) {
      const values = new Map<string, string>();
      const fits = template.segments.every((pieces, i) =>
        fill(pieces, sent[i] as string, read, values),
      );
      if (fits) return { template, values };
    }
    return null;
  }
}

const leniently = (text: string): string => (decoded(text) ?? text).toLowerCase();

/** Null: braces that are no parameter's, or two parameters with nothing between them. */
function piecesOf(segment: string): readonly Piece[] | null {
  // What the expression captures stands between what it does not.
  const pieces = segment
    .split(/\{([^{}]+)\}/u)
    .map((part, i): Piece => (i % 2 === 1 ? { name: part } : { text: part }))
    .filter((piece) => "name" in piece || piece.text !== "");
  const strange = pieces.some((piece, i) => {
    const before = pieces[i - 1];
    if ("text" in piece) return /[{}]/u.test(piece.text);
    return before !== undefined && "name" in before;
  });
  return strange ? null : pieces;
}

/** A parameter takes one character at least, and ends where the text behind it first stands. */
function fill(
  pieces: readonly Piece[],
  segment: string,
  read: (text: string) => string,
  values: Map<string, string>,
): boolean {
  let at = 0;
  let open: string | null = null;
  for (const [i, piece] of pieces.entries()) {
    if ("name" in piece) {
      open = piece.name;
      continue;
    }
    const text = read(piece.text);
    const last = i === pieces.length - 1;
    const from = open === null ? at : at + 1;
    const found = last ? segment.length - text.length : segment.indexOf(text, from);
    const misplaced = open === null ? found !== at : found < from;
    if (misplaced || !segment.startsWith(text, found)) return false;
    if (open !== null) values.set(open, segment.slice(at, found));
    open = null;
    at = found + text.length;
  }
  if (open === null) return at === segment.length;
  values.set(open, segment.slice(at));
  return at < segment.length;
}

/** Texts before what is partly text before parameters alone, from the left. */
function saysMore<Value>(a: Template<Value>, b: Template<Value>): number {
  for (const [i, pieces] of a.segments.entries()) {
    const [own, other] = [weight(pieces), weight(b.segments[i] as readonly Piece[])];
    if (own !== other) return own > other ? -1 : 1;
  }
  return 0;
}

function weight(pieces: readonly Piece[]): number {
  if (pieces.every((piece) => "text" in piece)) return Infinity;
  return pieces.reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0);
}
